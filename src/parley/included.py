"""What a reply was sent of which file → sentences in the reader's language."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

MAX_NAMED = 20
"""Files that a sentence names."""
PAGES = _(
    "“{name}”: pages {first}–{last} of {all} were sent ({sent} of {of} characters). The rest does not fit the {window} "
    "tokens of this model."
)
CHARACTERS = _(
    "“{name}”: {sent} of {of} characters were sent. The rest does not fit the {window} tokens of this model."
)
SHARE = _("{name} (about {share}% of the window)")
OF_SEVERAL = {
    "room": _("Not sent, because the {window} tokens of this model have no room left: {names}"),
    "many": _("Not sent, because a request takes at most 20 pictures with 20 MB: {names}"),
    "pictures": _("Not sent, because the model takes no pictures, or was asked without them: {names}"),
    "failed": _("Not sent, because reading failed: {names}"),
    "unread": _("Not sent, because reading has not ended: {names}"),
    "gone": _("Not sent, because deleted: {names}"),
    "missing": _("Not sent, because missing in the storage: {names}"),
    "older": _("Not sent, because a request names at most so many files: {names}"),
}
"""Code → the sentence about the files of which nothing was sent."""
NOTES = {
    "cut": _("It is too long to be kept whole: only its beginning was read."),
    "deletions": _("Places where text was deleted with changes tracked, which is left out: %(detail)s."),
    "embedded": _("There are files in it, which are not read. Send those that matter on their own."),
    "empty": _("Pages, slides, sheets or chapters without text: %(detail)s."),
    "encoded": _("Parts that are encoded, as pictures in a notebook or a mail are, and left out: %(detail)s."),
    "equations": _("Its equations stand in one line each, and may have lost their form."),
    "first_frame": _("It moves; only its first picture is kept."),
    "formulas": _(
        "Cells that are empty, because the file has no results of their formulas: %(detail)s. Open it in a spreadsheet "
        "program, save it, and send it again."
    ),
    "guessed": _("Its encoding was guessed: %(detail)s. If letters are wrong, save it as UTF-8, and send it again."),
    "cut_off": _("Its file is cut off: the last part of the picture may be missing."),
    "hidden": _("Letters and digits in parts that the page hides, which are left out: %(detail)s."),
    "hidden_sheets": _("Hidden sheets, which were read like the others: %(detail)s."),
    "missing": _("Letters and digits in it that were not read: %(detail)s. If they matter, send it as PDF."),
    "no_text": _("Some of its pages have no text, and look like a scan. Send these pages as pictures."),
    "number_formats": _(
        "Numbers whose format is not followed, and that stand as they are stored: %(detail)s. A half may stand as 0.5."
    ),
    "pages_with_pictures": _(
        "Pages with pictures, which are left out: %(detail)s. Send those that matter as pictures of their own."
    ),
    "pictures": _("Pictures in it, which are left out: %(detail)s. Send those that matter on their own."),
    "plain_numbers": _(
        "Its numbers stand as they are stored: 25%% may stand as 0.25. If their formats matter, save it as XLSX, and "
        "send it again."
    ),
    "other_type": _("Its name promises another kind of file; it was read as what it is."),
    "replaced": _("Characters that are damaged in the file, and stand as “�”: %(detail)s."),
    "unread": _("Pages, slides, sheets or chapters that cannot be read: %(detail)s. The file is damaged in part."),
    "xfa": _("It is a form that few programs can show: what is filled in is not read. Print it as PDF, and send that."),
}
"""Code → what a reader should know of how a file was read: its page says it, and the first answer that was sent it."""
IN_SHORT = {
    "cut": _("Only its beginning was read"),
    "cut_off": _("Its end may be missing"),
    "deletions": _("Deleted text is left out"),
    "embedded": _("Files in it are not read"),
    "encoded": _("Encoded parts are left out"),
    "equations": _("Equations may have lost their form"),
    "first_frame": _("Only its first picture is kept"),
    "formulas": _("Cells without results: %(detail)s"),
    "guessed": _("Encoding guessed: %(detail)s"),
    "hidden": _("Hidden parts are left out"),
    "hidden_sheets": _("Hidden sheets are read: %(detail)s"),
    "missing": _("Letters not read: %(detail)s"),
    "no_text": _("Pages without text: %(detail)s"),
    "number_formats": _("Numbers without their format: %(detail)s"),
    "other_type": _("Its name promises another kind of file"),
    "pages_with_pictures": _("Pages with pictures left out: %(detail)s"),
    "pictures": _("Pictures left out: %(detail)s"),
    "plain_numbers": _("Numbers without their formats"),
    "replaced": _("Damaged characters: %(detail)s"),
    "unread": _("Parts not read: %(detail)s"),
    "xfa": _("What is filled in is not read"),
}
"""Code → the same in a few words, for the composer."""
OF_PAGES = {"no_text": _("%(count)s of %(pages)s"), "pages_with_pictures": _("%(count)s of %(pages)s")}
"""Codes whose number is that of pages."""
ON_ITS_PAGE = {"empty"}
"""Codes that no answer names, for every second e-book has a cover without text; the page of the file does."""


def sentences(included: Iterable[Mapping[str, Any]] | None, window: int = 0) -> list[str]:
    """Return a sentence for each file that was cut, for each note of how files were read, and why others were not sent.

    Of files that were read and sent whole nothing is said. ``included``: see Message.note_included; ``window``: the
    tokens of the model where an entry does not say them.
    """
    parts = [*(included or ())]
    cut = [_of_part(part, window) for part in parts if part["why"] and part["upto"]]
    missing, noted = (defaultdict[str, list[Mapping[str, Any]]](list) for _again in range(2))
    for part in parts:
        if part["why"] in OF_SEVERAL and not part["upto"]:
            missing[part["why"]].append(part)
        for sentence in reasons(_weighty(part.get("notes") or ["cut"] * bool(part.get("cut")))):
            noted[str(sentence)].append(part)
    said = [gettext("“%(name)s”: %(why)s") % {"name": _names(of), "why": why} for why, of in noted.items()]
    return [*cut, *said, *(_of_missing(why, of, window) for why, of in missing.items())]


def _weighty(notes: Iterable[str]) -> Iterator[str]:
    """Yield the notes that an answer names; the page of a file has all of them."""
    return (note for note in notes if note.partition(":")[0] not in ON_ITS_PAGE)


def reasons(notes: Iterable[str]) -> list[str]:
    """Return the sentences of notes: codes, or ``code:detail``."""
    split = (note.partition(":") for note in notes)
    return [gettext(NOTES[code]) % {"detail": detail} for code, _colon, detail in split if code in NOTES]


def in_short(notes: Iterable[str], pages: int | None = None) -> str:
    """Return the notes of a file in a few words each; "" if there is none that matters before it is sent.

    ``pages``: how many it has, if that is known.
    """
    split = (note.partition(":") for note in notes)
    said = [
        gettext(IN_SHORT[code]) % {"detail": _of(code, detail, pages)}
        for code, _colon, detail in split
        if code in IN_SHORT
    ]
    return " · ".join(each.rstrip(": ") for each in said)


def _of(code: str, count: str, pages: int | None) -> str:
    return gettext(OF_PAGES[code]) % {"count": count, "pages": pages} if pages and count and code in OF_PAGES else count


def named_in(included: Iterable[Mapping[str, Any]] | None) -> str:
    """Return the names of the files of which something was sent, the largest first, each with its share of the window.

    A reply of before the shares were recorded has the names alone.
    """
    sent = [part for part in included or () if part["upto"] or not part["why"]]
    return _names([{"name": _with_share(part)} for part in sorted(sent, key=_percent, reverse=True)])


def _percent(part: Mapping[str, Any]) -> int:
    """Return the share of the window that was sent of a file; 0 where it is not known."""
    used, window = part.get("tokens"), part.get("window")
    return max(1, round(100 * used / window)) if used and window else 0


def _with_share(part: Mapping[str, Any]) -> str:
    name, share = str(part["name"]), _percent(part)
    return gettext(SHARE).format(name=name, share=share) if share else name


def _of_part(part: Mapping[str, Any], window: int) -> str:
    numbers = {"sent": part["upto"], "of": part["of"], "window": part.get("window") or window}
    words = {name: _grouped(number) for name, number in numbers.items()}
    if not part["pages"]:
        return gettext(CHARACTERS).format(name=part["name"], **words)
    first, last, every = part["pages"]
    return gettext(PAGES).format(name=part["name"], first=first, last=last, all=every, **words)


def _of_missing(why: str, parts: list[Mapping[str, Any]], window: int) -> str:
    return gettext(OF_SEVERAL[why]).format(names=_names(parts), window=_grouped(parts[0].get("window") or window))


def _names(parts: list[Mapping[str, Any]]) -> str:
    """Name the first files, and count the others; an entry without a name stands for as many as it says."""
    named = [str(part["name"]) for part in parts if part["name"]][:MAX_NAMED]
    more = sum(part.get("count", 1) for part in parts) - len(named)
    if not named:
        return ngettext("%(count)s older file", "%(count)s older files", more) % {"count": _grouped(more)}
    listed = ", ".join(named)
    return gettext("%(names)s and %(count)s more") % {"names": listed, "count": _grouped(more)} if more else listed


def _grouped(number: int) -> str:
    return number_format(number, 0, force_grouping=True)

"""The texts of the product: those its sources have translated, and those of its catalogues."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polib
from django.utils.translation.template import templatize

from tests.support.processes import ROOT

ROOMS = (ROOT / "src" / "parley", ROOT / "src" / "parley_server")
SINGLE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    **dict.fromkeys(SINGLE, (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
}
"""Where each has (context, text, plural) among its arguments."""
CALL = re.compile(rf"(?<!\w)(?:{'|'.join(FUNCTIONS)})\(")
BLOCK = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%d|{\w+}|</?\w+>")
READ_ALOUD = ("title", "alt", "placeholder", "aria-label", "aria-description", "data-alt")
SAID_BY_SCRIPTS = ("data-announcer-", "data-connection-", "data-image-")
Text = tuple[str | None, str, str | None]


def catalogue(room: Path, suffix: str = "po") -> "polib._BaseFile":
    read = polib.pofile if suffix == "po" else polib.mofile
    return read(str(room / "locale" / "de" / "LC_MESSAGES" / f"django.{suffix}"))


def entries(catalogue: "polib._BaseFile") -> dict[Text, list[str]]:
    """(context, text, plural) → its translations."""
    return {
        (entry.msgctxt, entry.msgid, entry.msgid_plural or None): list(entry.msgstr_plural.values()) or [entry.msgstr]
        for entry in catalogue
        if not entry.obsolete
    }


def translated(room: Path) -> set[Text]:
    """What the sources of a room ask a translation of."""
    python = (text for path in room.rglob("*.py") for text in _of_calls(ast.parse(path.read_text())))
    return {*python, *(text for path in _templates(room) for text in _of_template(path.read_text()))}


def untranslated(room: Path) -> Iterator[tuple[str, str]]:
    """(template, words) that a person sees and that no translation is asked of."""
    for path in _templates(room):
        source = TAG.sub("", BLOCK.sub("", path.read_text()))
        for words in words_of(source):
            yield path.name, words


def words_of(html: str) -> list[str]:
    """What a person reads or hears of some HTML: its text, and the attributes that are shown."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return reader.words


def _templates(room: Path) -> list[Path]:
    return sorted((room / "templates").rglob("*.html"))


def _of_template(source: str) -> Iterator[Text]:
    python = templatize(source)
    for call in CALL.finditer(python):
        yield from _of_calls(_parsed(python[call.start() :]))


def _parsed(python: str) -> ast.AST:
    """A call that more text follows."""
    ends = (place.end() for place in re.finditer(r"\)", python))
    for end in ends:
        try:
            return ast.parse(python[:end])
        except SyntaxError:
            continue
    raise AssertionError(python[:80])


def _of_calls(tree: ast.AST) -> Iterator[Text]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FUNCTIONS and node.args:
            context, text, plural = (at if at is None else node.args[at] for at in FUNCTIONS[node.func.id])
            if isinstance(text, ast.Constant):
                yield context and context.value, text.value, plural and plural.value


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("script", "style")
        for name, value in attrs:
            if name in READ_ALOUD or name.startswith(SAID_BY_SCRIPTS):
                self.note(value)

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.note(data)

    def note(self, words: str | None) -> None:
        if words and re.search(r"[^\W\d_]", words):
            self.words.append(" ".join(words.split()))

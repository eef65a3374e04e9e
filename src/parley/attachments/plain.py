"""Read text in any usual encoding. Pure."""

import codecs
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from .results import Read, Refused, whole
from .sniffing import HEAD, encoding_told

try:
    from charset_normalizer import from_bytes
except ImportError:
    from_bytes = None  # type: ignore[assignment]

MOST_BYTES = 16_000_000
"""Bytes that are read; ``LONGEST_TEXT`` characters have fewer in any encoding."""
LOST = "\ufffd"
SLIPS = 0.1
"""The share of characters beyond ASCII that may be damaged in what is UTF-8 all the same."""
LABELS = {
    "ascii": "cp1252",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "tis-620": "cp874",
}
"""Encoding → the larger one that pages mean by its name, as the standard of the web has it."""
_OF_TEXTS = re.compile("iso|cp\\d|koi|mac|big5|gb|euc|hz|johab|shift|tis|ptcp|kz")
"""How the names of those begin that are not of Python alone."""
_JIS = re.compile(rb"\x1b\$[@B](?:[\x21-\x7e]{2})*\x1b\([BJ]")
SAMPLE = 500
"""Lines that tell of an encoding."""
LONGEST_SAMPLE = 100_000
MOST_BEYOND = 0.6
"""The share of letters beyond ASCII in the words that have some: others are of Cyrillic, Greek, Hebrew or Chinese."""
_FRENCH = "äöüßéèêëàâîïôùûçñáíóúåœ"  # And German, Spanish, Dutch, Swedish.
_PORTUGUESE, _NORDIC, _ITALIAN, _ICELANDIC = "ãõáéíóúâêôàçü", "æøåéäöüß", "àèéìòùî", "áðéíóúýþæö"
_CENTRAL = ("áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "čšžćđ")
_ESTONIAN, _ANYWHERE = "äõöüšž", str.maketrans("õÕ", "oO")
_BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", _ESTONIAN)
_FINNISH = "äöåšž"
LETTERS = {
    "cp1252": (_FRENCH, _PORTUGUESE, _NORDIC, _ITALIAN, _ICELANDIC),
    "iso8859_15": (_FRENCH + "ÿ", _PORTUGUESE, _NORDIC, _ITALIAN, _FINNISH),
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1254": ("çğıöşüâîİ",),
    "cp1257": _BALTIC,
    "cp850": (_FRENCH,),
    "mac_roman": (_FRENCH, _PORTUGUESE, _ITALIAN),
}
"""Encoding → the letters beyond ASCII of languages that are written in it; the more usual first."""
LEAST_ENCODED = 4000
"""Characters of Base64 that are left out: a key or a certificate has fewer, a picture in a notebook or a mail more."""
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{60,}+(?:\r?\n[A-Za-z0-9+/=]{20,}+)*+")
_ANY_BYTES = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))
"""What bytes of all kinds have when they are encoded; a genome or a digest has not each of them."""
_RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфіїъєёґ"  # And Bulgarian, Ukrainian.
_GREEK = "αοιετσνίηυάρπκμλόςέωδγήχθύφβώξζψϊϋΐΰ"
_IN_HEBREW = "יוהלארתמבשנעכםדקחפגטצסזןךףץ"
BY_FREQUENCY = {
    **dict.fromkeys(("cp1251", "koi8_u", "mac_cyrillic", "cp866", "iso8859_5"), _RUSSIAN),
    "cp1253": _GREEK,
    "cp1255": _IN_HEBREW,
}
"""Encoding → the letters of a language that is written in it alone, the most frequent first."""
MOST_MEAN = 11
"""The place in that order that the letters of a text have on the average; any letters by chance have 17."""
FEWEST, FEWEST_CAPITALS = 4, 8
"""Letters that tell; the capitals of Cyrillic are also what Chinese is made of."""
SIGNS = frozenset("€£¥§°±×÷²³¹½¼¾µ©®™ºª¿¡«»‹›„“”‚‘’–—…·•№\xa0")
_LETTER = "[^\\W\\d_µªº¹²³¼½¾]"
_WORD = re.compile(f"(?:{_LETTER})+")
_MISPLACED = re.compile(
    f"(?<={_LETTER})[£¥€§±×÷¿¡¹½¼¾µ]|[£¥€§±×÷¹²³½¼¾©®™ºª](?={_LETTER})|(?<={_LETTER})[«»“”„‚](?={_LETTER})"
    f"|(?<=[^\\W\\d_n])[ºª]|(?<=[^\\W\\d_m])[²³]|õ(?!e)|ã(?![oes]|\\b)|[ìò](?={_LETTER})|\\b[ðğ]|þ\\b",
    re.IGNORECASE,
)
"""Signs and letters where nobody writes them: they are letters in another encoding."""
_HEBREW, _OTHERS = bytes(range(0xE0, 0xFB)), bytes([*range(0xC0, 0xE0), *range(0xFB, 0x100)])
_NOT_HEBREW = re.compile(b"[A-Za-z\xea\xed\xef\xf3\xf5][\xe0-\xfa]")
"""A letter of Hebrew after a Latin one, or after one that only ends words."""
UNUSUAL = ["utf_16_be", "utf_16_le", "utf_32_be", "utf_32_le"]
"""Encodings that have NULs in nearly every text, and that statistics find in few words of others."""


def read(path: str, media_type: str) -> Read:
    """Return a text file as it is, without what is encoded in it. Raises Refused."""
    with Path(path).open("rb") as file:
        text, notes = decoded(file.read(MOST_BYTES))
        notes += ["cut"] * bool(file.read(1))
    if not text.strip("\0 \t\r\n"):
        raise Refused("empty")
    encoded = [found for found in _BASE64.finditer(text) if _is_of_any_bytes(found[0])]
    read = whole(_without(text, encoded))
    return read._replace(notes=[*dict.fromkeys([*read.notes, *notes]), *[f"encoded:{len(encoded)}"] * bool(encoded)])


def _is_of_any_bytes(text: str) -> bool:
    return len(text) >= LEAST_ENCODED and all(sign.search(text) for sign in _ANY_BYTES)


def _without(text: str, encoded: Sequence[re.Match[str]]) -> str:
    """Return a text with how long each of these parts is in its place."""
    parts, end = [], 0
    for found in encoded:
        parts += [text[end : found.start()], f"[{len(found[0])} characters of Base64]"]
        end = found.end()
    return "".join([*parts, text[end:]])


def decoded(data: bytes, declared: str = "") -> tuple[str, list[str]]:
    """Return bytes as text: by their mark, as UTF-8, as they declare, or as they look, with a note. Raises Refused.

    >>> decoded("Größe".encode("utf-16")), decoded("Größe".encode("cp1252"), "cp1252")
    (('Größe', []), ('Größe', []))
    >>> decoded("Größe".encode("cp1252"))
    ('Größe', ['guessed:cp1252'])
    """
    told = encoding_told(data[:HEAD]) or ("iso2022_jp_2" if _JIS.search(data) else "")
    text, bad = _replacing(data, told or "utf-8")
    if told or bad <= _slips(text, bad):
        return text, _replaced(bad)
    if encoding := _labelled(declared):
        text, bad = _replacing(data, encoding)
        return text, _replaced(bad)
    encoding = _guessed(data)
    text, bad = _replacing(data, encoding)
    return text, [f"guessed:{encoding}", *_replaced(bad)]


def _replacing(data: bytes, encoding: str) -> tuple[str, int]:
    """Return bytes as text, and how many characters of it stand for bytes that are none."""
    text = data.decode(encoding, "replace")
    return text, text.count(LOST) - (data.count(LOST.encode()) if encoding.startswith("utf-8") else 0)


def _replaced(bad: int) -> list[str]:
    return [f"replaced:{bad}"] * bool(bad)


def _slips(text: str, bad: int) -> float:
    """Return how many characters may be damaged in what is UTF-8: one, if there are others that are not."""
    beyond = len(text.encode()) - len(text) - 2 * bad
    return max(beyond * SLIPS, float(beyond > 0))


def _labelled(label: str) -> str:
    """Return the encoding that pages mean by a label, which is mostly larger than what it names; "" for unknown ones.

    >>> _labelled("ISO-8859-1"), _labelled("x-sjis"), _labelled("KOI8-R"), _labelled("klingon")
    ('cp1252', 'cp932', 'koi8-r', '')
    """
    with suppress(LookupError):
        name = codecs.lookup(label.lower().removeprefix("x-")).name
        return LABELS.get(name, name if _OF_TEXTS.match(name) else "")
    return ""


def _is_of(text: str, languages: Sequence[str]) -> bool:
    """Tell whether a text can be of a language, by its letters and signs: a few words are too little for statistics.

    >>> _is_of("Größe;Preis", [_FRENCH]), _is_of("она".encode("cp1251").decode("cp1252"), [_FRENCH])
    (True, False)
    """
    words = "".join(_beyond(text))
    beyond = sum(not letter.isascii() for letter in words)
    placed = text.translate(_ANYWHERE) if _ESTONIAN in languages else text
    if beyond > MOST_BEYOND * len(words) or _MISPLACED.search(placed) or _is_mixed(text):
        return False
    used = {each for each in text if not each.isascii()} - SIGNS
    return any(used <= {*letters, *letters.upper()} for letters in languages)


def _is_mixed(text: str) -> bool:
    """Tell whether a capital beyond ASCII follows a small letter."""
    return any(one.islower() and two.isupper() and not two.isascii() for one, two in pairwise(text))


def _is_hebrew(data: bytes) -> bool:
    beyond = len(data.translate(None, bytes(range(128))))
    letters = len(data) - len(data.translate(None, _HEBREW))
    others = len(data) - len(data.translate(None, _OTHERS))
    return letters >= max(10, beyond * (1 - SLIPS)) and not others and not _NOT_HEBREW.search(data)


def _guessed(data: bytes) -> str:
    if from_bytes is None:
        raise Refused("extra_missing")
    telling = b"\n".join([line for line in data.splitlines() if not line.isascii()][:SAMPLE])
    sample = telling[:LONGEST_SAMPLE]
    fitting = (each for each, languages in LETTERS.items() if _is_of(sample.decode(each, "replace"), languages))
    return next(fitting, "") or _by_frequency(sample) or ("cp1255" if _is_hebrew(sample) else _by_statistics(telling))


def _by_frequency(sample: bytes) -> str:
    """Return the encoding in which the letters are those that are frequent in a language, "" if there is none."""
    read = {each: sample.decode(each, "replace") for each in BY_FREQUENCY}
    means = {each: _mean_place(text, BY_FREQUENCY[each]) for each, text in read.items()}
    signs = {each: sum(sign in SIGNS for sign in text) for each, text in read.items()}
    fitting = [each for each in BY_FREQUENCY if means[each] <= MOST_MEAN]
    return min(fitting, key=lambda each: (signs[each], means[each]), default="")


def _mean_place(text: str, letters: str) -> float:
    """Return the place that letters beyond ASCII have in these on the average; infinity if some are not among them.

    >>> _mean_place("она, он", "она"), _mean_place("oна", "она")
    (0.8, inf)
    """
    used = [each for each in text.lower() if not each.isascii() and each not in SIGNS]
    fewest = FEWEST_CAPITALS if text.isupper() else FEWEST
    known = len(used) >= fewest and {*used} <= {*letters}
    if not known or _is_mixed(text) or any(len(word) != len(word.encode()) / 2 for word in _beyond(text)):
        return math.inf
    return sum(map(letters.index, used)) / len(used)


def _beyond(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if not word.isascii()]


def _by_statistics(telling: bytes) -> str:
    best = from_bytes(telling, cp_exclusion=UNUSUAL).best()
    if best is None:
        raise Refused("not_text")
    return str(best.encoding)

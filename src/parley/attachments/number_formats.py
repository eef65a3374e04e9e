"""Write a number as the number format of its cell shows it in a spreadsheet program. Pure."""

import operator
import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

UNFOLLOWED = "/"
BUILT_IN = {
    "1": "0",
    "2": "0.00",
    "3": "#,##0",
    "4": "#,##0.00",
    **dict.fromkeys(("5", "6", "7", "8", "42", "44"), UNFOLLOWED),
    "9": "0%",
    "10": "0.00%",
    "11": "0.00E+00",
    "12": "# ?/?",
    "13": "# ??/??",
    "37": "#,##0 ;(#,##0)",
    "38": "#,##0 ;[Red](#,##0)",
    "39": "#,##0.00;(#,##0.00)",
    "40": "#,##0.00;[Red](#,##0.00)",
    "41": '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)',
    "43": '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
    "48": "##0.0E+0",
}
"""Number → format that a file need not define. The currency of some depends on where they are opened."""
LARGEST = Decimal(10) ** 21
"""Numbers from which on nobody reads digits."""
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_TOKEN = re.compile(
    r'"(?P<literal>[^"]*)"|\\(?P<escaped>.)|_(?P<width>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]|(?P<general>General)'
    r"|(?P<exponent>E[+-])|(?P<place>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<end>;)|(?P<sign>.)",
    re.DOTALL | re.IGNORECASE,
)
_UNKNOWN = re.compile(r"[A-Za-z/@]")
"""Signs that are no literals: letters of dates, fractions, text."""
_DATE = re.compile(r"[dmyhs]", re.IGNORECASE)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_SILENT = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d+|\$-[^-]*", re.IGNORECASE)
_CURRENCY = re.compile(r"\$([^-]+)(?:-[^-]*)?")
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
_COMPARED = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}

_ALONE = {"comma": "", "percent": "%"}

Token = tuple[str, str]
Condition = tuple[str, Decimal]
ANY: Condition = (">", Decimal("-Infinity"))
_NOUGHT = Decimal(0)
USUAL: dict[int, list[Condition | None]] = {
    1: [ANY],
    2: [(">=", _NOUGHT), ("<", _NOUGHT)],
    3: [(">", _NOUGHT), ("<", _NOUGHT), ("=", _NOUGHT)],
}
"""How many parts a format has → for which numbers each is, unless it says so."""


class _Section(NamedTuple):
    """A part of a format. ``condition``: sign and bound of its numbers; ``known``: whether it can be followed.

    ``whole``, ``rest``: what stands before the point, and from it on; ``places``: digits after the point, at most;
    ``scale``: by which a number is multiplied; ``grouped``: in thousands; ``is_scientific``: with an exponent.
    """

    condition: Condition
    known: bool
    whole: list[Token]
    rest: list[Token]
    places: int
    scale: Decimal
    grouped: bool
    is_scientific: bool

    def is_for(self, value: Decimal) -> bool:
        return bool(_COMPARED[self.condition[0]](value, self.condition[1]))

    @property
    def is_for_negative(self) -> bool:
        return self.condition[0] in ("<", "<=") and self.condition[1] <= 0


def is_plain(code: str) -> bool:
    """Tell whether a format shows numbers as they are, or as dates, which are read as such.

    >>> is_plain("General"), is_plain("[$-407]d. mmm yyyy"), is_plain("[h]:mm"), is_plain('0 "days"')
    (True, True, True, False)
    """
    tokens = _tokens(code)
    signs = "".join(text for kind, text in tokens if kind == "sign")
    elapsed = any(kind == "bracket" and _ELAPSED.fullmatch(text) for kind, text in tokens)
    return elapsed or bool(_DATE.search(signs)) or code.lower() in ("", "general", "@")


@lru_cache(10_000)
def shown(number: str, code: str) -> str | None:
    """Return a number as a format shows it, in the English way; None where the format is not followed.

    >>> shown("0.256", "0.0%"), shown("-1234.5", "#,##0.00 [$€-407];[Red](#,##0.00 [$€-407])")
    ('25.6%', '(1,234.50 €)')
    >>> shown("0.5", "# ?/?")
    """
    value = _decimal(number)
    section = next((each for each in _sections(code) if value is not None and each.is_for(value)), None)
    if value is None or section is None or not section.known or abs(value) >= LARGEST:
        return None
    minus = "-" * (value < 0 and not section.is_for_negative)
    return minus + _written(section, abs(value) * section.scale).strip()


def _decimal(number: str) -> Decimal | None:
    """Return a number with the digits that a spreadsheet program keeps."""
    try:
        value = Decimal(f"{float(number):.15g}")
    except ValueError:
        return None
    return value if value.is_finite() else None


def _tokens(code: str) -> list[Token]:
    return [(str(found.lastgroup), found[found.lastgroup or 0]) for found in _TOKEN.finditer(code)]


@lru_cache(1000)
def _sections(code: str) -> list[_Section]:
    parts: list[list[Token]] = [[]]
    for token in _tokens(code):
        parts += [[]] if token[0] == "end" else []
        parts[-1] += [token] if token[0] != "end" else []
    conditions = [*map(_condition, parts[:3])]
    usual = conditions if any(conditions) else USUAL[min(len(parts), 3)]
    return [_section(part, condition or ANY) for part, condition in zip(parts, usual, strict=False)]


def _condition(tokens: Sequence[Token]) -> Condition | None:
    found = (_CONDITION.fullmatch(text) for kind, text in tokens if kind == "bracket")
    return next(((each[1], Decimal(each[2])) for each in found if each), None)


def _section(tokens: Sequence[Token], condition: Condition) -> _Section:
    literals = [_literal(*token) for token in tokens]
    known = [token for token in literals if token and token != ("literal", "")]
    kinds = [kind for kind, _ in known]
    point = next((at for at, kind in enumerate(kinds) if kind in ("point", "exponent")), len(kinds))
    end = len(kinds) - next((at for at, kind in enumerate(reversed(kinds)) if kind == "place"), len(kinds))
    thousands = len([*takewhile("comma".__eq__, kinds[end:])])
    lacking = [("place", "#")] * (kinds[point : point + 1] == ["point"] and "place" not in kinds[:point])
    return _Section(
        condition,
        known=None not in literals and bool(known) and _is_simple(kinds, point),
        whole=[*known[:point], *lacking],
        rest=known[point:],
        places=[*takewhile("exponent".__ne__, kinds[point:])].count("place"),
        scale=Decimal(100) ** kinds.count("percent") / Decimal(1000) ** thousands,
        grouped="comma" in kinds[: min(point, end)],
        is_scientific="exponent" in kinds,
    )


def _literal(kind: str, text: str) -> Token | None:
    """Return a token of a number, with all that stands for itself as ``literal``; None for one of another kind."""
    if kind == "bracket":
        currency = _CURRENCY.fullmatch(text)
        is_silent = _SILENT.fullmatch(text) or _CONDITION.fullmatch(text)
        return ("literal", currency[1]) if currency else ("literal", "") if is_silent else None
    if kind == "sign":
        return None if _UNKNOWN.match(text) else ("literal", text)
    literals = {"width": "", "fill": " " * (text == " "), "escaped": text}
    return ("literal", literals[kind]) if kind in literals else (kind, text)


def _is_simple(kinds: Sequence[str], point: int) -> bool:
    """Tell whether digits stand in one number, with one before the point where there is an exponent."""
    if max(map(kinds.count, ("point", "exponent", "general")), default=0) > 1 or {"general", "place"} <= {*kinds}:
        return False
    return "exponent" not in kinds or kinds[:point].count("place") == 1


def _written(section: _Section, value: Decimal) -> str:
    if section.is_scientific:
        digits, _, exponent = f"{float(value):.{section.places}E}".partition("E")
    else:
        digits, exponent = f"{value.quantize(Decimal(1).scaleb(-section.places), context=_EXACT):f}", ""
    whole, _, fraction = digits.partition(".")
    before = [*_before(section, whole.lstrip("0"), f"{value:f}")]
    return "".join([*reversed(before), *_after(section.rest, fraction, exponent)])


def _before(section: _Section, digits: str, general: str) -> Iterator[str]:
    """Yield what stands before the point, the last first; the first place takes all digits that are left."""
    places, count = sum(kind == "place" for kind, _ in section.whole), 0
    for kind, text in reversed(section.whole):
        if kind != "place":
            yield _ALONE.get(kind, general if kind == "general" else text)
            continue
        places -= 1
        taken, digits = (digits[-1:], digits[:-1]) if places else (digits, "")
        for digit in reversed(taken or "0" * (text == "0")):
            yield digit + "," * (section.grouped and count > 0 and count % 3 == 0)
            count += 1


def _after(tokens: Sequence[Token], fraction: str, exponent: str) -> Iterator[str]:
    """Yield what stands from the point on; zeros at the end only where the format demands them."""
    at, power = 0, ""
    for kind, text in tokens:
        if kind == "exponent":
            minus, power = exponent[0].strip("+" if text.endswith("-") else ""), exponent[1:].lstrip("0")
            yield "E" + minus + power.rjust(sum(each == "place" for each, _ in tokens) - at, "0")
        elif kind != "place":
            yield _ALONE.get(kind, text)
        elif at < len(fraction):
            yield fraction[at] if text == "0" or fraction[at:].strip("0") else ""
            at += 1

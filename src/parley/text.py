"""Clean values that come from strangers: providers, imports and forms. Pure."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

REPLACEMENT = "\ufffd"
JOINERS = "\u200c\u200d"
"""Invisible, but Persian words and many emoji need them."""
_JOINING = re.compile("[\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""What belongs to the sign before it: joiners, variants, tones of skin, tags of flags."""
_HALVES_OF_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]*\\Z")
NOT_SEEN = ("Cc", "Cf", "Cs")
LARGEST_NUMBER = 2**53 - 1
"""The largest integer that every JSON parser keeps exactly."""
MAX_COUNTS = 30
SMALLEST_COST, LARGEST_COST = Decimal("1e-8"), 10**8
LONGEST_ADDRESS = 2000

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_ADDRESS = re.compile(r"https?://[^\s/?#\"'<>\\^`{|}@]+(?:[/?#][^\s\"<>\\^`{|}]*)?", re.IGNORECASE)
_SECRET = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|nvapi|pplx|fw|r8|csk)[-_][\w*-]{6,}"
    r"|\b(?=\w*\d)(?=\w*[A-Za-z])\w{32,}|\beyJ[\w-]+\.[\w.-]+|(?<=bearer )\S+|(?<=://)[^\s/@]+:[^\s/@]+(?=@)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z]\w{0,59}", re.ASCII)
_SPARE = 4
"""Times the limit that is read, since spaces and control characters fall away."""


def clean(text: str) -> str:
    """Replace what a database, an encoder or a browser refuses: NULs, lone surrogates, carriage returns.

    >>> clean("one\\r\\ntwo\\0")
    'one\\ntwo\ufffd'
    """
    if text.isascii() and "\0" not in text and "\r" not in text:
        return text
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return paired.replace("\0", REPLACEMENT).replace("\r\n", "\n").replace("\r", "\n")


def clean_text(value: Any, limit: int) -> str:
    """Return the first ``limit`` characters, clean, with their lines; "" for what is no text.

    >>> clean_text("one\\ntwo", 5), clean_text(None, 5)
    ('one\\nt', '')
    """
    return clean(value[: 2 * limit])[:limit] if isinstance(value, str) else ""


def clean_line(value: Any, limit: int) -> str:
    """Return one line of at most ``limit`` visible characters, none that changes direction; "" for what is no text.

    >>> clean_line("\\x1b[31mone\\n  two", 9)
    'one two'
    """
    if not isinstance(value, str):
        return ""
    line = clean(_COLOURS.sub("", value[: _SPARE * limit]))
    return " ".join("".join(filter(is_seen, line)).split())[:limit].rstrip()


def untorn(text: str, at: int, step: int = -1) -> int:
    """Return the last place up to ``at`` where a text can be cut without tearing a letter or a joined emoji.

    ``step``: 1 for the first such place from ``at`` on.

    >>> untorn("a👨\u200d👩\u200d👧b", 4), untorn("naïve", 3), untorn("🇩🇪🇫🇷", 3)
    (1, 3, 2)
    """
    while 0 < at < len(text) and _is_within(text, at):
        at += step
    return at


def _is_within(text: str, at: int) -> bool:
    halves = sum(map(len, _HALVES_OF_FLAGS.findall(text, 0, at)))
    between = halves % 2 == 1 and "\U0001f1e6" <= text[at] <= "\U0001f1ff"
    joined = _JOINING.match(text[at]) or text[at - 1] == "\u200d" or unicodedata.category(text[at]).startswith("M")
    return bool(joined) or between


def fenced(words: str, language: str = "") -> str:
    """Write words as a block of code in Markdown, whatever fences are in them.

    >>> fenced("x = 1", "python")
    '```python\\nx = 1\\n```'
    """
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", words)), default=0))
    return f"{fence}{language}\n{words}\n{fence}"


def clean_address(value: Any) -> str:
    """Return an http address that can stand in a link; "" for any other, and for one with a user's name in it.

    >>> clean_address("https://example.org/a?b"), clean_address("javascript:alert(1)")
    ('https://example.org/a?b', '')
    """
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS or not value.isprintable():
        return ""
    return value if _ADDRESS.fullmatch(value) else ""


def without_secrets(cleaned: str) -> str:
    """Mask what looks like a key, a token or a password.

    >>> without_secrets("Incorrect API key: sk-abc123def")
    'Incorrect API key: ***'
    """
    return _SECRET.sub("***", cleaned)


def clean_count(value: Any) -> int | None:
    """Return a whole number from 0 to ``LARGEST_NUMBER``, however it was written; None for anything else.

    >>> clean_count("12"), clean_count(12.0), clean_count(True)
    (12, 12, None)
    """
    if isinstance(value, str) and len(value) <= 16 and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= LARGEST_NUMBER else None


def clean_cost(value: Any) -> Decimal | None:
    """Return an amount from 0 to below ``LARGEST_COST``, to eight places, however written; None for anything else.

    >>> clean_cost(0.00012345678)
    Decimal('0.00012346')
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > 30:
        return None
    try:
        amount = Decimal(value if isinstance(value, int) else str(value))
        cost = amount.quantize(SMALLEST_COST)
        return cost if amount >= 0 and cost < LARGEST_COST else None
    except InvalidOperation:
        return None


def clean_usage(value: Any) -> dict[str, int]:
    """Return the tokens of an answer, name → count; {} for what is no such mapping. Nested details are left out.

    >>> clean_usage({"prompt_tokens": "9", "details": {}})
    {'prompt_tokens': 9}
    """
    if not isinstance(value, dict):
        return {}
    named = (
        (name, clean_count(count)) for name, count in value.items() if isinstance(name, str) and _NAME.fullmatch(name)
    )
    counts = {name: count for name, count in named if count is not None}
    return dict(list(counts.items())[:MAX_COUNTS])


def clean_title_usage(value: Any) -> dict[str, Any]:
    """Return the tokens of a title as ``clean_usage`` does, with the model that wrote it."""
    model = clean_line(value.get("model"), 200) if isinstance(value, dict) else ""
    return {**clean_usage(value), **({"model": model} if model else {})}


def is_seen(character: str) -> bool:
    """Tell whether a character is visible: no control character, and none that changes the direction of text.

    A character unknown to this Python's Unicode may be next year's emoji, and passes.
    """
    return character.isspace() or character in JOINERS or unicodedata.category(character) not in NOT_SEEN

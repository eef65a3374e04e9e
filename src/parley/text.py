"""Values from strangers, as what they should be: the one gate for providers, imports and forms. Pure."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

REPLACEMENT = "\ufffd"
JOINERS = "\u200c\u200d"
"""Persian words and many emoji are written with them."""
NOT_SEEN = ("Cc", "Cf", "Cs")
LARGEST_NUMBER = 2**53 - 1
"""The largest that JSON says exactly, everywhere."""
MOST_COUNTS = 30
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
"""Times the limit that is looked at: spaces and control characters fall away."""


def clean(text: str) -> str:
    """What every database, encoder and browser accepts."""
    if text.isascii() and "\0" not in text and "\r" not in text:
        return text
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return paired.replace("\0", REPLACEMENT).replace("\r\n", "\n").replace("\r", "\n")


def clean_text(value: Any, limit: int) -> str:
    """Text of at most ``limit`` characters, with its lines; "" for what is no text."""
    return clean(value[: 2 * limit])[:limit] if isinstance(value, str) else ""


def clean_line(value: Any, limit: int) -> str:
    """One line of at most ``limit`` characters, without those that are not seen or turn the text; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    said = clean(_COLOURS.sub("", value[: _SPARE * limit]))
    return " ".join("".join(filter(is_seen, said)).split())[:limit].rstrip()


def fenced(words: str, language: str = "") -> str:
    """Words as a block of code in Markdown, whatever fences are in them."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", words)), default=0))
    return f"{fence}{language}\n{words}\n{fence}"


def clean_address(value: Any) -> str:
    """An address of the web, as it can stand in a link; "" for any other, and for one with a user's name in it."""
    known = (
        isinstance(value, str) and len(value) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(value) and value.isprintable()
    )
    return value if known else ""


def without_secrets(said: str) -> str:
    """A sentence with what looks like a key, a token or a password masked."""
    return _SECRET.sub("***", said)


def clean_count(value: Any) -> int | None:
    """A whole number from 0 to ``LARGEST_NUMBER``, however it was written; None for anything else."""
    if isinstance(value, str) and len(value) <= 16 and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= LARGEST_NUMBER else None


def clean_cost(value: Any) -> Decimal | None:
    """An amount from 0 to below ``LARGEST_COST``, to eight decimal places, however it was written; None for anything else.

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
    """What an answer cost: names of tokens and how many; {} for what does not say so. Details within are left out."""
    if not isinstance(value, dict):
        return {}
    named = ((name, clean_count(count)) for name, count in value.items() if _is_name(name))
    counts = {name: count for name, count in named if count is not None}
    return dict(list(counts.items())[:MOST_COUNTS])


def clean_title_usage(value: Any) -> dict[str, Any]:
    """The same of a title, with the model that wrote it."""
    model = clean_line(value.get("model"), 200) if isinstance(value, dict) else ""
    return {**clean_usage(value), **({"model": model} if model else {})}


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def is_seen(character: str) -> bool:
    """No control character, and none that turns the text around or is not seen.

    One that this Python's Unicode does not know yet may be next year's emoji.
    """
    return character.isspace() or character in JOINERS or unicodedata.category(character) not in NOT_SEEN

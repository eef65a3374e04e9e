"""Put words in the place of what a page shows that is no text: pictures, drawings, what is filled in. Pure."""

import re
from html import escape, unescape

LONGEST_TITLE = 300
_REPLACED = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1|<(?P<tag>img|input)\b(?P<more>(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+)>"
    r"|<svg\b(?P<drawn>.*?)</svg>",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(\"[^\"]*+\"|'[^']*+'|[^\s\"'>]+))?")
_WORDS = re.compile(r"<(title|desc|text)\b[^>]*>(.*?)</\1", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_TITLE = re.compile(r"<title\b[^>]*>([^<]*)</title", re.IGNORECASE)
_BODY = re.compile(r"<(?:body|svg)\b", re.IGNORECASE)
UNTYPED = {"hidden", "submit", "button", "reset", "image", "password", "checkbox", "radio", "range", "color"}


def in_words(html: str) -> str:
    """Return HTML with what its pictures show and what is filled into its forms.

    >>> in_words("<img alt='A &lt; B'><input value=x><input type=radio checked>")
    ' [Picture: A &lt; B]  x  [x] '
    """
    return _REPLACED.sub(_words, html)


def _words(found: re.Match[str]) -> str:
    if found["drawn"] is not None:
        said = (_TAG.sub("", text) for _, text in _WORDS.findall(found["drawn"]))
        return _picture(" ".join(said))
    if found["tag"] is None:
        return found[0]
    given = {name.lower(): unescape(value.strip("\"'")) for name, value in _ATTRIBUTE.findall(found["more"])}
    return _picture(escape(given.get("alt", ""), quote=False)) if found["tag"].lower() == "img" else _field(given)


def _picture(words: str) -> str:
    return f" [Picture: {' '.join(words.split())}] " if words.strip() else ""


def _field(given: dict[str, str]) -> str:
    if given.get("type", "").lower() in UNTYPED:
        return " [x] " if "checked" in given else ""
    return f" {escape(given.get('value', ''), quote=False)} "


def title_of(html: str) -> str:
    """Return the title of a page, "" if it has none.

    >>> title_of("<title> Sales &amp;\\n more</title>")
    'Sales & more'
    """
    body = _BODY.search(html)
    found = _TITLE.search(html, 0, body.start() if body else len(html))
    return " ".join(unescape(found[1]).split())[:LONGEST_TITLE] if found else ""

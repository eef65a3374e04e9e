"""Read HTML as Markdown. Pure."""

import re
from dataclasses import replace
from html import escape
from pathlib import Path

from html_to_markdown import ConversionOptions, PreprocessingOptions, convert

from .plain import MOST_BYTES, decoded
from .replaced import in_words, title_of
from .results import Read, Refused, whole
from .sniffing import HEAD

LARGEST_PAGE = 4 * MOST_BYTES
"""Bytes that are searched for pictures in a page, which are left out before the rest is cut at ``MOST_BYTES``."""
OPTIONS = ConversionOptions(
    extract_metadata=False,
    skip_images=True,
    compact_tables=True,
    sup_symbol="<sup>",
    sub_symbol="<sub>",
    preprocessing=PreprocessingOptions(enabled=False),  # It would drop forms, and headings in headers.
    exclude_selectors=["nav", "[role=navigation]"],
)
SHOWING = replace(OPTIONS, hidden_content="reachable")
"""With what a browser does not show at first, as parts behind a tab."""
_HIDING = re.compile(r"\shidden\b|display\s*:\s*none|visibility\s*:", re.IGNORECASE)
_MARK = re.compile(r"<sup>((?:\[[^\n<>]{1,20}\]\([^\s<>]{1,400}\)[\s,]*)+)</sup>")
"""Marks of notes, which are links."""
TOO_DEEP = "depth_limit_exceeded"
_CHARSET = re.compile(
    rb"<(?:meta[^>]{1,200}?charset|\?xml[^>]{1,200}?encoding)\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE
)
_PICTURE = re.compile(rb"data:image/[\w.+-]{1,40};base64,[\w+/=%]*+(?:\r?\n[\w+/=]{40,}+)*+", re.IGNORECASE)

_XML = re.compile(
    r"\s*<\?xml\b|[^<]{0,9}(?:<!(?>[^>]*)>\s*)?<html\b[^>]{0,400}http://www.w3.org/1999/xhtml", re.IGNORECASE
)
_OF_XML = re.compile(
    r"<!--.*?-->|<!\[CDATA\[(?P<text>.*?)\]\]>|<(?P<tag>[a-z][\w:.-]*+)"
    r"(?P<more>(?:[^<>\"'/]|/(?!>)|\"[^\"]*+\"|'[^']*+')*+)/>",
    re.IGNORECASE | re.DOTALL,
)
"""What a parser of HTML reads otherwise: text as it is, and tags that are closed where they are opened."""
_VOID = re.compile("(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)", re.IGNORECASE)


def read(path: str, media_type: str) -> Read:
    """Return a page as Markdown, without scripts, styles and navigation. Raises Refused."""
    with Path(path).open("rb") as file:
        data = _PICTURE.sub(b"", file.read(LARGEST_PAGE))
    text, notes = decoded(data[:MOST_BYTES], _declared(data))
    html = as_html(text) if _XML.match(text) else text
    read = whole(_titled(title_of(html), _markdown(html, notes)))
    return read._replace(notes=[*dict.fromkeys([*read.notes, *notes, *["cut"] * (len(data) > MOST_BYTES)])])


def _titled(title: str, text: str) -> str:
    return text if not title or title in text else f"# {title}\n\n{text}"


def markdown_in(data: bytes, notes: list[str] | None = None, *, is_xml: bool = False) -> str:
    """Return HTML as Markdown, in whatever encoding it is. ``notes``: gets what is to be said of that."""
    text, told = decoded(data, _declared(data))
    markdown = _markdown(as_html(text) if is_xml else text, told)
    if notes is not None:
        notes += told
    return markdown


def _markdown(html: str, notes: list[str]) -> str:
    """Return a page as Markdown. ``notes``: gets how many letters a browser would not show at first."""
    html = in_words(html)
    markdown = markdown_of(html)
    if _HIDING.search(html):
        hidden = _letters(markdown_of(html, SHOWING)) - _letters(markdown)
        notes += [f"hidden:{hidden}"] * (hidden > 0)
    return markdown


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def as_html(xml: str) -> str:
    """Return XHTML as a parser of HTML reads it.

    >>> as_html("<title/><br/><![CDATA[a < b]]>")
    '<title></title><br/>a &lt; b'
    """
    return _OF_XML.sub(_rewritten, xml)


def _rewritten(found: re.Match[str]) -> str:
    if found["text"] is not None:
        return escape(found["text"], quote=False)
    tag = found["tag"]
    return found[0] if tag is None or _VOID.fullmatch(tag) else f"<{tag}{found['more']}></{tag}>"


def _declared(data: bytes) -> str:
    declared = _CHARSET.search(data[:HEAD])
    return declared[1].decode() if declared else ""


def markdown_of(html: str, options: ConversionOptions = OPTIONS) -> str:
    """Return HTML as Markdown. Raises Refused for what is nested so deep that some of it would be missing."""
    result = convert(html, options)
    if any(str(warning.kind) == TOO_DEEP for warning in result.warnings):
        raise Refused("damaged")
    return _MARK.sub(r"\1", result.content or "")

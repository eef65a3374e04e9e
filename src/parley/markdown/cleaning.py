"""Reduce an answer's HTML to what may be on a page, with links in the place of images."""

import re

import nh3
from pygments.token import STANDARD_TYPES

from .maths import with_mathml

TAGS = {
    "a", "blockquote", "br", "code", "del", "details", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "kbd", "li",
    "ol", "p", "pre", "section", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr",
    "ul",
}  # fmt: skip
MATHS_TAGS = {
    "math", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts",
    "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr",
    "munder", "munderover",
}  # fmt: skip
MATHS_ATTRIBUTES = {
    "accent", "accentunder", "columnspan", "depth", "display", "displaystyle", "fence", "form", "height", "largeop",
    "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rowspan", "rspace", "scriptlevel",
    "separator", "stretchy", "symmetric", "voffset", "width",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}, "pre": {"data-language"},
    **dict.fromkeys(MATHS_TAGS, MATHS_ATTRIBUTES),
}  # fmt: skip
CLASSES = {
    "a": {"image"},
    "blockquote": {"alert-note", "alert-tip", "alert-important", "alert-warning", "alert-caution"},
    "span": {"task", *filter(None, STANDARD_TYPES.values())},
    "p": {"raw", "alert-title"},
    "section": {"footnotes"},
}
_PLAIN = re.compile(r'<(p|h[1-6])( class="raw")?(?: data-sourcepos="[^"]*")?>([^<]*)</\1>')
_BACK_REFERENCE = re.compile(r' <a href="#fnref[^>]*>.*?</a>')
_FRAGMENT = re.compile(r' href="#[^"]*"')
_CODE = re.compile(
    r'<pre(?: data-(?:sourcepos|(?P<language>language))="(?P<value>[^"<>]*)")?><code[^<>]*>'
    r'(?P<code>[^<]*(?:<span class="[a-z0-9]+">[^<]*</span>[^<]*)*)</code></pre>'
)
_ALERT = re.compile(r'<div class="markdown-alert markdown-alert-([a-z]+)"[^>]*>')
_PLACE = "<pre></pre>"
_TASK = re.compile(r'<input type="checkbox"( checked="")? disabled="" />')


def clean(html: str) -> str:
    """Reduce a block of comrak's HTML to what may be on a page."""
    plain = _PLAIN.fullmatch(html)
    if plain:
        return f"<{plain[1]}{plain[2] or ''}>{plain[3]}</{plain[1]}>"
    return _with_code_apart(html) if "<pre" in html else _cleaned(html)


def _with_code_apart(html: str) -> str:
    """Leave code out: it is text and our own spans already, and sanitising it takes as long as all the rest."""
    blocks = map(_code, _CODE.finditer(html))
    rest = _CODE.sub(_PLACE, html)
    if rest == _PLACE:
        return next(blocks)
    return re.sub(_PLACE, lambda _: next(blocks, ""), _cleaned(rest))


def _code(found: re.Match[str]) -> str:
    attribute = f' data-language="{found["value"]}"' if found["language"] else ""
    code = found["code"].replace("&quot;", '"').replace("&#39;", "'")
    return f"<pre{attribute}><code>{code}</code></pre>"


def _cleaned(html: str) -> str:
    if "<img" in html:
        html = without_images(html)
    if "data-math-style" in html:
        html = with_mathml(html)
    if 'href="#' in html:
        html = _FRAGMENT.sub("", _BACK_REFERENCE.sub("", html))
    if "<div" in html:
        html = _ALERT.sub(r'<blockquote class="alert-\1">', html).replace("</div>", "</blockquote>")
        html = html.replace(' class="markdown-alert-title"', ' class="alert-title"')
    if "<input" in html:
        html = _TASK.sub(lambda task: f'<span class="task">{"☑" if task[1] else "☐"}</span>', html)
    return sanitised(html)


def sanitised(html: str) -> str:
    """Drop all tags and attributes that are not allowed."""
    return _CLEANER.clean(html)


_CLEANER = nh3.Cleaner(
    tags=TAGS | MATHS_TAGS,
    clean_content_tags=set(),
    attributes=ATTRIBUTES,
    allowed_classes=CLASSES,
    url_schemes={"http", "https", "mailto"},
    url_relative="pass_through",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)
"""The allow-list: no id, no style, nothing that loads, submits, or makes Turbo or Stimulus act."""


_IMAGE_OR_LINK = re.compile(r'<img[^>]*? src="(?P<src>[^"]*)" alt="(?P<alt>[^"]*)"[^>]*/>|<(?P<link>/?a)\b[^>]*>')
_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)


def without_images(html: str) -> str:
    """Put a link in the place of each image, for the page to load it after a click; within a link only its words.

    >>> without_images('<img src="https://example.org/a.png" alt="A cat" />')
    '<a class="image" href="https://example.org/a.png" title="example.org">A cat</a>'
    """
    linked = False

    def words(found: re.Match[str]) -> str:
        nonlocal linked
        if found["link"]:
            linked = found["link"] == "a"
            return found[0]
        alt = found["alt"].strip() or found["src"]
        return alt if linked else f'<a class="image" href="{found["src"]}"{_origin(found["src"])}>{alt}</a>'

    return _IMAGE_OR_LINK.sub(words, html)


def _origin(address: str) -> str:
    """Return the host of an image as a title: people should know whom a click asks."""
    found = _HOST.match(address)
    return f' title="{found[1]}"' if found else ""

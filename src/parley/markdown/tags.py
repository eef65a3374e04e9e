"""The few HTML tags that models write in Markdown, as elements; all others are text.

A tag is marked before the renderer reads the text, in a way that leaves code, links and lines as they are. Afterwards
the mark becomes an element, or again what was typed, where it stands in code or fits nothing.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote

from .cutting import Block

SPELLINGS = (
    "<br>", "<br/>", "<br />", "<sub>", "</sub>", "<sup>", "</sup>", "<kbd>", "</kbd>",
    "<b>", "</b>", "<strong>", "</strong>", "<i>", "</i>", "<em>", "</em>",
    "<details>", "<details open>", "</details>", "<summary>", "</summary>",
)  # fmt: skip
DEEPEST = 10
"""Elements in one another; deeper ones are text."""
_NAMES = {"b": "strong", "i": "em"}
_TAG, _ALONE, _LINE, _PART = "\ufdd0\ufdd1\ufdd2\ufdd3"  # Unicode keeps them free for such a use
_MARKS = re.compile(f"[{_TAG}-{_PART}]")
_CODES = {spelling: chr(ord("A") + number) for number, spelling in enumerate(SPELLINGS)}
_SPELLED = {code: spelling for spelling, code in _CODES.items()}
_ANYWHERE = re.compile(r"(?<!\\)<(?:br ?/?|/?(?:sub|sup|kbd))>")
_IN_SUMMARY = re.compile(r"</?(?:b|strong|i|em)>")
_ON_A_LINE = re.compile(rf"^([ \t>]*(?:(?:[-*+]|\d{{1,9}}[.)])[ \t]+)?)(?=<b b={_TAG}.>[ \t]*$)", re.MULTILINE)
_LINE_OF_PARTS = re.compile(r"^([ \t>]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?)(</?(?:details|summary).*)$", re.MULTILINE)
_SEEN = re.compile(rf"(?:###### )?{_LINE}|{_ALONE}|&lt;b b=[{_TAG}{_PART}](?P<code>.)&gt;")
_IN_ADDRESS = re.compile(f"(%3C)?b%20b=%EF%B7%9[03]([A-{_CODES[SPELLINGS[-1]]}])(?:%3E)?")
_TOKEN = re.compile(
    rf"""(?P<code><code[^>]*>[^<]*</code>|<span\ data-math[^>]*>[^<]*</span>)
    | <h6[^>]*>{_LINE}(?P<line>.*?)</h6>
    | (?P<element><(?P<closing>/?)(?P<name>[a-z][a-z0-9]*)[^>]*>)
    | &lt;b\ b={_TAG}(?P<tag>.)&gt; | {_ALONE}""",
    re.VERBOSE | re.DOTALL,
)
_PARTS = re.compile(f"&lt;b b={_PART}(.)&gt;")


def with_marked_tags(text: str) -> str:
    """Mark the tags of a text; lines keep their numbers."""
    text = text if text.isascii() else _MARKS.sub("\ufffd", text)
    if "<" not in text or not (_ANYWHERE.search(text) or _LINE_OF_PARTS.search(text)):
        return text
    text = _LINE_OF_PARTS.sub(lambda line: line[1] + _marked_parts(line[2]), text)
    return _ON_A_LINE.sub(rf"\1{_ALONE}", _ANYWHERE.sub(lambda tag: _marked(tag[0]), text))


def _marked(tag: str, mark: str = _TAG) -> str:
    """Return a mark that the renderer takes for a tag like any other, without quotes."""
    return f"<b b={mark}{_CODES[tag]}>"


def _marked_parts(line: str) -> str:
    """Return a line of a collapsed part as a heading, which needs one line; any other as it is."""
    start = next((tag for tag in ("<details>", "<details open>") if line.startswith(tag)), "")
    rest = line[len(start) :]
    words = rest.strip(" \t")
    if words.startswith("<summary>"):
        marked = _marked_summary(words)
    elif words in (("",) if start else ("</details>", "</summary>")):
        marked = _part(words)
    else:
        return line
    return f"###### {_LINE}{_part(start)}{rest.replace(words, marked, 1)}"


def _marked_summary(text: str) -> str:
    words, end, rest = text.removeprefix("<summary>").partition("</summary>")
    words = _IN_SUMMARY.sub(lambda tag: _marked(tag[0]), words)
    closing = "</details>" if rest.endswith("</details>") else ""
    return f"{_part('<summary>')}{words}{_part(end)}{rest.removesuffix(closing)}{_part(closing)}"


def _part(tag: str) -> str:
    return _marked(tag, _PART) if tag else ""


def grouped(blocks: Iterable[Block]) -> Iterator[Block]:
    """Join the elements from ``<details>`` to its end into one."""
    group: list[Block] = []
    depth = 0
    for block in blocks:
        if group and (depth == 0 or block.html.startswith("<section")):
            yield _joined(group)
            group, depth = [], 0
        depth = _depth_after(block, depth)
        group.append(block)
    if group:
        yield _joined(group)


def _depth_after(block: Block, depth: int) -> int:
    if _LINE in block.html and block.html.startswith("<h6"):
        for code in _PARTS.findall(block.html):
            if _SPELLED.get(code, "").startswith("<details"):
                depth += depth < DEEPEST
            elif code == _CODES["</details>"]:
                depth -= depth > 0
    return depth


def _joined(group: list[Block]) -> Block:
    first, *others = group
    if not others:
        return first
    last = max(block.last_line or 0 for block in group)
    html = "\n".join(_as_typed(block.html) if block.first_line is None else block.html for block in group)
    return Block(html, first.first_line, last or None, any(block.too_deep for block in group))


def with_tags(html: str) -> str:
    """Turn the marks in the HTML of a block into elements."""
    if not _MARKS.search(html) and "%EF%B7%9" not in html:
        return html
    if html.startswith('<p class="raw">'):
        return _as_typed(html)
    return _Elements().of(html)


class _Elements:
    """The HTML of one block, as it is read: the renderer's elements are balanced, and ours are made so."""

    def __init__(self) -> None:
        self._html: list[str] = []
        self._open: list[str] = []
        """The names of open elements; of ours with a plus."""

    def of(self, html: str) -> str:
        self._read(html)
        self._close_ours(0)
        return "".join(self._html)

    def _read(self, html: str) -> None:
        end = 0
        for token in _TOKEN.finditer(html):
            self._html.append(_as_typed(html[end : token.start()]))
            end = token.end()
            self._take(token)
        self._html.append(_as_typed(html[end:]))

    def _take(self, token: re.Match[str]) -> None:
        if token["code"]:
            self._html.append(_as_typed(token["code"]))
        elif token["line"] is not None:
            self._take_line(token["line"])
        elif token["element"]:
            self._take_element(token)
        elif token["tag"]:
            self._take_tag(_SPELLED.get(token["tag"], ""))

    def _take_element(self, token: re.Match[str]) -> None:
        if token["closing"]:
            self._close_ours(0)
            self._open.pop()
        elif not token[0].endswith("/>"):
            self._open.append(token["name"])
        self._html.append(_IN_ADDRESS.sub(_address, _as_typed(token[0])))

    def _take_tag(self, tag: str) -> None:
        name = _NAMES.get(tag.strip("</>"), tag.strip("</ >"))
        if name == "br":
            self._html.append("<br />")
        elif tag.startswith("</") and self._open[-1:] == [f"+{name}"]:
            self._close()
        elif not tag.startswith("</") and sum(name.startswith("+") for name in self._open) < DEEPEST:
            self._open_ours(name)
        else:
            self._html.append(escape(tag))

    def _take_line(self, line: str) -> None:
        before, *parts = _PARTS.split(line)
        if not self._open and not _SPELLED.get(parts[0] if parts else "", "").startswith("<details"):
            return self._write(line)
        self._write(before)
        for code, words in zip(parts[::2], parts[1::2], strict=True):
            self._take_part(_SPELLED.get(code, ""))
            self._write(words)
        return None

    def _take_part(self, tag: str) -> None:
        name = tag.strip("</>").removesuffix(" open")
        fits = name == "details" or self._open[-1:] == ["+details"]
        if tag.startswith("</") and f"+{name}" in self._since_theirs():
            while self._close() != f"+{name}":
                pass
        elif not tag.startswith("</") and fits and self._open.count(f"+{name}") < DEEPEST:
            self._open_ours(name)
        else:
            self._write(escape(tag))

    def _write(self, words: str) -> None:
        """Add the words of a line of tags: as a paragraph, except in a summary."""
        if not words.strip():
            return
        inside = self._open[-1:] == ["+summary"]
        self._html.append("" if inside else "<p>")
        count = len(self._open)
        self._read(words)
        self._close_ours(count)
        self._html.append("" if inside else "</p>")

    def _since_theirs(self) -> list[str]:
        """Return our elements that are open within the renderer's innermost one."""
        last = max((index for index, name in enumerate(self._open) if not name.startswith("+")), default=-1)
        return self._open[last + 1 :]

    def _open_ours(self, name: str) -> None:
        self._open.append(f"+{name}")
        self._html.append(f"<{name}>")

    def _close_ours(self, count: int) -> None:
        while len(self._open) > count and self._open[-1].startswith("+"):
            self._close()

    def _close(self) -> str:
        name = self._open.pop()
        self._html.append(f"</{name[1:]}>")
        return name


def _as_typed(html: str) -> str:
    return _SEEN.sub(lambda mark: escape(_SPELLED.get(mark["code"] or "", "")), html) if _MARKS.search(html) else html


def _address(found: re.Match[str]) -> str:
    tag = _SPELLED[found[2]]
    return quote(tag if found[1] else tag.strip("<>"))

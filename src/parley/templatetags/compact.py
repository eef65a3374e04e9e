"""Compacting the HTML of templates as they are compiled, so that their lines are short and pages stay small."""

import re
from typing import Any

from django.template.base import Node, NodeList, Parser, TextNode, Token

_MARKS = re.compile(r'</?(?=[a-zA-Z!])|[>"]|\s*\n\s*')
_EDGES = ("", "<", ">")
_VERBATIM = ("pre", "textarea")


class Compactor:
    """Compact the texts of one template, in order: a line break beside a tag is dropped, another becomes a space.

    The content of ``<pre>`` and ``<textarea>`` stays as it is.

    >>> Compactor().compact('<p class="a\\n   b"\\n   dir="auto">\\n  Two\\n  words\\n</p>\\n')
    '<p class="a b" dir="auto">Two words</p>'
    """

    def __init__(self) -> None:
        self._in_tag = self._in_value = self._verbatim = False

    def compact(self, text: str) -> str:
        return _MARKS.sub(self._compact, text)

    def _compact(self, mark: re.Match[str]) -> str:
        if mark[0].isspace():
            return self._break(mark)
        if mark[0] == '"':
            self._in_value = self._in_tag and not self._in_value
        elif not self._in_value:
            self._in_tag = mark[0] != ">"
            if mark.string.startswith(_VERBATIM, mark.end()):
                self._verbatim = mark[0] == "<"
        return mark[0]

    def _break(self, mark: re.Match[str]) -> str:
        if self._verbatim and not self._in_tag:
            return mark[0]
        return " " if self._in_tag or not _beside_edge(mark) else ""


def _beside_edge(mark: re.Match[str]) -> bool:
    return mark.string[max(0, mark.start() - 1) : mark.start()] in _EDGES or mark.string[mark.end() :][:1] in _EDGES


class Compact(Node):
    """The nodes between ``{% compact %}`` and ``{% endcompact %}``."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Any) -> str:
        return self.nodelist.render(context)


def compact(parser: Parser, token: Token) -> Compact:
    """Parse ``{% compact %}…{% endcompact %}``: line breaks and indentation between them cost no bytes."""
    nodelist = parser.parse(("endcompact",))
    parser.delete_first_token()
    compactor = Compactor()
    for node in nodelist.get_nodes_by_type(TextNode):
        if isinstance(node, TextNode):
            node.s = compactor.compact(node.s)
    return Compact(nodelist)

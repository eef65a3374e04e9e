"""The tags and filters of ``{% load parley %}``."""

import re
from decimal import Decimal
from typing import Any

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.template.base import DebugLexer, Node, NodeList, Parser, TextNode, Token
from django.template.loader import get_template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from parley import included
from parley.attachments.sniffing import SUFFIXES
from parley.choice import name_of
from parley.conf import conf
from parley.days import month_group
from parley.ids import dom_id, token
from parley.models import Attachment, spending
from parley.models.budget import amount_of
from parley.models.connection import title_of
from parley.parts import shown, sources, unshown
from parley.sizes import sized
from parley.views import embedding

register = template.Library()
ICONS = {
    "stop": "M5.5 5.5h9v9h-9z",
    "resume": "M4 10h12m-5-5 5 5-5 5",
    "retry": "M15.5 8A6 6 0 1 0 16 11.5M15.75 3.75V8H11.5",
    "send": "M10 16V4M5 9l5-5 5 5",
    "new": "M10 4v12M4 10h12",
    "menu": "M3 5.5h14M3 10h14M3 14.5h9",
    "newest": "M10 4v12m-5-5 5 5 5-5",
    "copy": "M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3",
    "check": "M4.5 10.5l4 4 7-8",
    "wrap": "M3.5 5h13M3.5 10h10a2.5 2.5 0 0 1 0 5H10m2-2-2 2 2 2M3.5 15h3",
    "diagram": "M3.5 4h5v4h-5zM11.5 12h5v4h-5zM6 8v6h5.5",
    "panel": "M3.5 4.5h13v11h-13zM8 4.5v11",
    "system": "M3 4.5h14v9H3zM7 16.5h6M10 13.5v3",
    "light": "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 2.5v1M10 16.5v1M2.5 10h1M16.5 10h1M4.7 4.7l.7.7"
    "M14.6 14.6l.7.7M15.3 4.7l-.7.7M5.4 14.6l-.7.7",
    "dark": "M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5Z",
    "keys": "M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M7 11.5h6",
    "share": "M8.5 11.5l3-3M9 6l1.5-1.5a3.2 3.2 0 0 1 4.5 4.5L13.5 10.5M11 14l-1.5 1.5A3.2 3.2 0 0 1 5 11l1.5-1.5",
    "more": "M4.5 10h.01M10 10h.01M15.5 10h.01",
    "pin": "M7 3.5h6M8 3.5v4.5l-2.5 3.5h9L12 8V3.5M10 11.5V17",
    "archive": "M3.5 4h13v3.5h-13zM4.5 7.5V16h11V7.5M8 10.5h4",
    "folder": "M3 5.5h5l1.5 2H17v8H3z",
    "delete": "M4 5.5h12M8 5.5v-2h4v2M5.5 5.5l.8 11h7.4l.8-11M8.5 8.5v5M11.5 8.5v5",
    "rename": "M4 16l.8-3.5L13 4.3l2.7 2.7-8.2 8.2zM11.5 5.8l2.7 2.7",
    "undo": "M7 4.5 3.5 8 7 11.5M3.5 8H12a4 4 0 0 1 0 8H8",
    "select": "M3.5 3.5h13v13h-13zM6.5 10l2.5 2.5 4.5-5",
    "settings": "M3 6h7M14 6h3M3 14h3M10 14h7M10 4v4h4V4zM6 12v4h4v-4z",
    "download": "M10 3.5v9m-4-4 4 4 4-4M4 16.5h12",
    "previous": "M12 5l-5 5 5 5",
    "next": "M8 5l5 5-5 5",
    "fork": "M5.5 3v14M5.5 14c0-5 9-2.5 9-7.5M14.5 6.5V3M12 5.5 14.5 3 17 5.5",
    "search": "M8.75 3.5a5.25 5.25 0 1 0 0 10.5 5.25 5.25 0 0 0 0-10.5M12.75 12.75 16.5 16.5",
    "usage": "M4 16.5v-6M10 16.5v-13M16 16.5v-9",
    "down": "M5.5 8l4.5 4.5L14.5 8",
    "star": "M10 2.8l2.2 4.6 5 .7-3.7 3.5.9 5-4.4-2.4-4.4 2.4.9-5L2.8 8.1l5-.7z",
    "close": "M5 5l10 10M15 5 5 15",
    "person": "M10 3.5a3.25 3.25 0 1 0 0 6.5 3.25 3.25 0 0 0 0-6.5M3.75 16.5a6.25 5 0 0 1 12.5 0",
    "connections": "M7 3.5v4M13 3.5v4M5 7.5h10v2.5a5 5 0 0 1-10 0zM10 15v2.5",
    "administration": "M10 3 4 5.5v4c0 4 3 6.5 6 7.5 3-1 6-3.5 6-7.5v-4z",
    "password": "M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9M10 12v1.5",
    "language": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M3 10h14M10 3c-4.5 4.5-4.5 9.5 0 14M10 3c4.5 4.5 4.5 9.5 0 14",
    "clip": "M13.5 6.5 8 12a1.8 1.8 0 0 0 2.5 2.5l5.5-5.6a3.6 3.6 0 0 0-5-5L5.3 9.5a5.4 5.4 0 0 0 7.6 7.6l3.1-3.1",
    "camera": "M3 6.5h3l1.5-2h5l1.5 2h3v9.5H3zM10 8.25a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5",
    "file": "M5 3h6.5L15.5 7v10H5zM11.25 3.25V7.5h4M7.5 11h5M7.5 14h5",
    "picture": "M3 4.5h14v11H3zM3.5 14l4-4 3 3 2.5-2.5 3.5 3.5M12.5 7.5h.01",
    "leave": "M12 6.5v-3H4v13h8v-3M8 10h9m-3.5-3.5L17 10l-3.5 3.5",
}
"""Name → the path of an SVG of 20 by 20."""
_DRAWN = {
    name: format_html("<svg viewBox='0 0 20 20' aria-hidden='true'><path d='{}'/></svg>", path)
    for name, path in ICONS.items()
}
_SCROLLS = re.compile(r'<(pre|table|math(?= display="block"))')
_MARKS = re.compile(r'</?(?=[a-zA-Z!])|[>"]|\s*\n\s*')
_EDGES = ("", "<", ">")
_VERBATIM = ("pre", "textarea")
register.simple_tag(dom_id, name="dom_id")
register.filter("token", token)
register.simple_tag(month_group, name="month_group")
register.filter("model_name", name_of)
register.filter("connection_title", title_of)
register.filter("shown_parts", shown)
register.filter("sources", sources)
register.filter("unshown", unshown)
register.filter("included_sentences", included.sentences)


@register.simple_tag
def icon(name: str) -> SafeString | str:
    """Draw an icon; "" for a name that none has."""
    return _DRAWN.get(name, "")


@register.simple_tag
def budgets_near(user: Any) -> list[Any]:
    """Return what is spent of the budgets of a person of which little is left; without budgets, no query."""
    return spending.near(user)


@register.simple_tag
def budgets_of(user: Any) -> list[Any]:
    """Return what is spent of the budgets of a person."""
    return spending.standing(user)


@register.simple_tag
def file_limits() -> dict[str, int]:
    """Return how many files a question takes at ``most``, and how many bytes the ``largest`` may have."""
    return {"most": conf.MAX_FILES, "largest": conf.MAX_FILE_SIZE}


register.filter("sized", sized)


@register.filter
def file_facts(attachment: Attachment) -> str:
    """Say what a file is, by its content, and how large: “PDF · 40 pages · 1.2 MB”."""
    kind = next((end[1:].upper() for end, promised in SUFFIXES.items() if promised == attachment.media_type), "TXT")
    count = attachment.pages or 0
    pages = ngettext("%(count)s page", "%(count)s pages", count) % {"count": grouped(count)} if count else ""
    return " · ".join(filter(None, (kind, pages, sized(attachment.size))))


@register.filter
def notes_in_short(attachment: Attachment) -> str:
    """Say in a few words what a model does not get of a file as it is."""
    return included.in_short(attachment.notes, attachment.pages)


@register.filter
def notes_in_full(attachment: Attachment) -> str:
    """Say in sentences what a model does not get of a file as it is."""
    return " ".join(included.reasons(attachment.notes))


@register.filter
def reachable(html: SafeString) -> SafeString:
    """Make what may be too wide in a message reachable by keyboard, for a page without scripts."""
    return mark_safe(_SCROLLS.sub(r'<\1 tabindex="0"', html))


@register.filter
def about(count: int) -> str:
    """Round a count to two digits, as people say it: 21,000 for 21,234."""
    return grouped(round(count, 2 - len(str(count))) if count >= 100 else count)


@register.filter
def grouped(count: int) -> str:
    """Write a count with what its language puts between thousands: 21,234."""
    return number_format(count, 0, force_grouping=True)


@register.filter
def price(amount: Decimal | None) -> str:
    """Write the price of 1,000,000 tokens in full, without zeros at its end."""
    return "" if amount is None else number_format(Decimal(f"{amount.normalize():f}"), use_l10n=True)


@register.filter
def seconds(milliseconds: float | None) -> str:
    """Write a time that was measured, to tenths of a second; "" for none."""
    return "" if milliseconds is None else f"{number_format(round(milliseconds / 1000, 1), 1)}\N{NO-BREAK SPACE}s"


@register.filter
def money(amount: Decimal) -> str:
    """Write an amount in the site's currency, to cents; one below ten cents to two digits that count."""
    return amount_of(amount, "cost")


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


@register.tag
def compact(parser: Parser, token: Token) -> Compact:
    """Parse ``{% compact %}…{% endcompact %}``: line breaks and indentation between them cost no bytes."""
    nodelist = parser.parse(("endcompact",))
    parser.delete_first_token()
    compactor = Compactor()
    for node in nodelist.get_nodes_by_type(TextNode):
        if isinstance(node, TextNode):
            node.s = compactor.compact(node.s)
    return Compact(nodelist)


# What a host's own templates use


def _request_of(context: Any) -> Any:
    """Return the request of the page. Raises ImproperlyConfigured."""
    if "request" not in context:
        raise ImproperlyConfigured("Parley's tags need the request: render the page by render(request, …).")
    return context["request"]


@register.inclusion_tag("parley/_head.html", takes_context=True)
def parley_head(context: Any) -> dict[str, Any]:
    """Put the addresses, the style and the script of Parley into the head of a page, Parley's or a host's."""
    names = ("parley_socket", "version", "user", "csrf_token")
    own = {name: context[name] for name in names if name in context}
    return own if "parley_socket" in own else own | embedding.head_of(_request_of(context))


@register.simple_tag(takes_context=True)
def parley_root(context: Any) -> SafeString:
    """Write the attributes of ``<html>`` that keep a person's choice of theme and sidebar."""
    cookies = getattr(context.get("request"), "COOKIES", {})  # an error page may have no request
    theme, sidebar = cookies.get("parley_theme") or "system", cookies.get("parley_sidebar") or "open"
    return format_html('data-theme="{}" data-sidebar="{}"', theme, sidebar)


@register.simple_tag
def parley_controllers() -> SafeString:
    """Write the attributes of the element that holds all of a page of Parley's: its body, or a part of a host's."""
    return mark_safe(
        'class="parley" data-parley-controller="shortcuts sidebar" data-parley-action="'
        'keydown@document->shortcuts#key turbo:before-cache@document->shortcuts#hide"'
    )


@register.simple_tag(name="parley", takes_context=True)
def parley_conversation(context: Any, conversation: Any) -> SafeString:
    """Put a conversation of the person, with its composer, into a page of the host."""
    return mark_safe(embedding.embedded(_request_of(context), conversation))


@register.tag
def parley_body(parser: Parser, token: Token) -> Node:
    """Parse ``{% parley_body %}``: what a page of Parley's shows, in a host's own frame."""
    return _pasted(parser, "parley/_framed.html")


@register.tag
def paste(parser: Parser, token: Token) -> Node:
    """Parse ``{% paste "name" %}``: an include whose blocks are blocks of this template, for others to fill."""
    return _pasted(parser, token.split_contents()[1].strip("\"'"))


def _pasted(parser: Parser, name: str) -> Node:
    template_: Any = get_template(name)
    for each in reversed(DebugLexer(template_.template.source).tokenize()):
        parser.prepend_token(each)
    return TextNode("")

"""The tags and filters of ``{% load parley %}``."""

import re

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from parley.days import month_group
from parley.dom import dom_id
from parley.icons import ICONS
from parley.parts import shown, sources, unshown

from .compact import compact

register = template.Library()
_DRAWN = {
    name: format_html("<svg viewBox='0 0 20 20' aria-hidden='true'><path d='{}'/></svg>", path)
    for name, path in ICONS.items()
}
_SCROLLS = re.compile(r'<(pre|table|math(?= display="block"))')
register.tag(compact)
register.simple_tag(dom_id, name="dom_id")
register.simple_tag(month_group, name="month_group")
register.filter("shown_parts", shown)
register.filter("sources", sources)
register.filter("unshown", unshown)


@register.simple_tag
def icon(name: str) -> SafeString | str:
    """Draw an icon; "" for a name that none has."""
    return _DRAWN.get(name, "")


@register.filter
def reachable(html: SafeString) -> SafeString:
    """Make what may be too wide in a message reachable by keyboard, for a page without scripts."""
    return mark_safe(_SCROLLS.sub(r'<\1 tabindex="0"', html))


@register.filter
def about(count: int) -> str:
    """Round a count to two digits, as people say it: 21,000 for 21,234."""
    return number_format(round(count, 2 - len(str(count))) if count >= 100 else count, 0, force_grouping=True)

"""Say how large files are. Pure."""

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.html import avoid_wrapping
from django.utils.translation import gettext

UNITS = ("%s KB", "%s MB", "%s GB", "%s TB")
"""Of a thousand of those before, as limits are set; Django translates them, and has others of 1,024."""


def sized(size: int) -> str:
    """Say a number of bytes in the largest unit of which it has one: “25 MB”, “1.2 KB”, “5 bytes”."""
    power = min((len(str(size)) - 1) // 3, len(UNITS))
    if not power:
        return filesizeformat(size)
    value = round(size / 1000**power, 1)
    return avoid_wrapping(gettext(UNITS[power - 1]) % number_format(value, int(value != int(value))))


def sized_above(size: int, limit: int) -> str:
    """Say a size that is above a limit, so that it does not read like it."""
    words = sized(size)
    return gettext("a little more than %(limit)s") % {"limit": words} if words == sized(limit) else words

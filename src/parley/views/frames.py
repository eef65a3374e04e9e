"""Pages for frames, each with a policy of its own: an image of another host, and the drawing of diagrams."""

import hashlib
import re
from base64 import b64encode
from html import unescape
from secrets import token_urlsafe
from urllib.parse import urlsplit
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from parley.conf import conf
from parley.models import Message

from .base import fragment, own_message, private

STYLE = "html,body{margin:0;height:100%;overflow:hidden}img{display:block;max-width:100%;max-height:100%}"
STYLE_HASH = f"'sha256-{b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
IMAGE_POLICY = (
    f"default-src 'none'; img-src {{source}}; style-src {STYLE_HASH}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)
HEADERS = {"X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "no-referrer"}
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.?", re.ASCII)
_IMAGE = re.compile(r'<a class="image" href="([^"]*)"')


@private
@require_GET
def message_image(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Serve the image at ``?url=``, if this message names it; the page around it loads nothing of that host."""
    address = request.GET.get("url", "")
    source = _source_of(address)
    if not conf.IMAGES_ON_CLICK or source is None or address not in _images_of(own_message(request, pk)):
        raise Http404
    headers = HEADERS | {"Content-Security-Policy": IMAGE_POLICY.format(source=source)}
    return fragment(request, "message_image", headers=headers, address=address, style=mark_safe(STYLE))


def _images_of(message: Message) -> set[str]:
    return {unescape(found) for found in _IMAGE.findall(message.body)}


def _source_of(address: str) -> str | None:
    """Return the host as a policy names it; None for one without https, or that a policy cannot name."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    return f"https://{host}:{port}" if port else f"https://{host}"


DIAGRAM_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)


@private
@require_GET
def diagram_draw(request: HttpRequest) -> HttpResponse:
    """Serve the page with Mermaid; it gets sources from the page around it, and gives back drawings, by messages."""
    nonce = token_urlsafe(16)
    headers = HEADERS | {"Content-Security-Policy": DIAGRAM_POLICY.format(nonce=nonce)}
    return fragment(request, "diagram_draw", headers=headers, nonce=nonce)

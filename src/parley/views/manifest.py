"""The web app manifest: what a phone needs to install the site as an app."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

ICONS = [
    ("icon.svg", "image/svg+xml", "any", "any"),
    ("icon-192.png", "image/png", "192x192", "any"),
    ("icon-512.png", "image/png", "512x512", "any"),
    ("icon-maskable-512.png", "image/png", "512x512", "maskable"),
]


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """It begins where the host has put us; browsers ask for it without saying who they are."""
    start = reverse("parley:conversation_new")
    about = {"name": "Parley", "short_name": "Parley", "id": start, "start_url": start, "scope": start}
    look = {"display": "standalone", "background_color": "#fdfdfc", "theme_color": "#fdfdfc"}
    content_type = "application/manifest+json"
    return JsonResponse({**about, **look, "icons": [_icon(*icon) for icon in ICONS]}, content_type=content_type)


def _icon(name: str, type_: str, sizes: str, purpose: str) -> dict[str, Any]:
    return {"src": static(f"parley/{name}"), "type": type_, "sizes": sizes, "purpose": purpose}

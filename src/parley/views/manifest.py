"""The web app manifest: what a phone needs to install the site as an app."""

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
    """Serve the manifest, which begins where the host has put Parley; browsers ask for it without their cookies."""
    start = reverse("parley:conversation_new")
    about = {"name": "Parley", "short_name": "Parley", "id": start, "start_url": start, "scope": start}
    look = {"display": "parley_server", "background_color": "#fdfdfc", "theme_color": "#fdfdfc"}
    content_type = "application/manifest+json"
    icons = [
        {"src": static(f"parley/{name}"), "type": type_, "sizes": sizes, "purpose": purpose}
        for name, type_, sizes, purpose in ICONS
    ]
    return JsonResponse({**about, **look, "icons": icons}, content_type=content_type)

"""Ask a site at its address, as a browser does: a page, a static file, the WebSocket, and a form."""

import base64
import http.client
import os
import ssl
from collections.abc import Iterator
from functools import partial
from urllib.parse import urljoin, urlsplit

import httpx2
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.crypto import get_random_string

from parley.delivery.sockets import socket_address

from .part import Part, Wrong, asked

PATIENCE = 10.0
GATEWAY = (502, 503, 504)
HEADERS = "Have it send Host and X-Forwarded-Proto, and set SECURE_PROXY_SSL_HEADER; see docs/hosting.md."


def parts(url: str) -> Iterator[Part]:
    """Yield each part of the site whose origin is ``url``."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    with httpx2.Client(base_url=origin, timeout=PATIENCE, trust_env=False) as browser:
        away = f"Look whether anything listens at {origin}."
        yield asked("page", partial(page, browser), away)
        yield asked("static file", partial(static_file, browser, origin), "Run manage.py collectstatic.")
        yield asked("socket", partial(socket, origin), away)
        yield asked("proxy", partial(proxy, browser, origin), away)


def page(browser: httpx2.Client) -> str:
    path = reverse("parley:conversation_new")
    response = browser.get(path)
    location = response.headers.get("location", "")
    if urljoin(str(browser.base_url), location) == urljoin(str(browser.base_url), path) and location:
        raise Wrong(f"{path} redirects to itself: the site does not know that it is asked by https.", HEADERS)
    if location.startswith("https:") and browser.base_url.scheme == "http":
        raise Wrong(f"{path} is only served by https.", "Ask at its https address: --url https://….")
    if response.status_code == 400:
        raise Wrong("The site refuses the name of its host.", f"Put it into ALLOWED_HOSTS. {HEADERS}")
    if response.status_code in GATEWAY:
        raise Wrong(f"The proxy says {response.status_code}: it does not reach the site.", "Start the web server.")
    if response.status_code not in (200, 302):
        raise Wrong(f"{path} answers {response.status_code}.", "Have the proxy pass this path, and look at the log.")
    return f"{path} answers {response.status_code}."


def static_file(browser: httpx2.Client, origin: str) -> str:
    address = urljoin(origin, static("parley/parley.js"))
    response = browser.get(address)
    if response.status_code != 200 or "javascript" not in response.headers.get("content-type", ""):
        todo = "Run manage.py collectstatic, and have the web server, or WhiteNoise, serve STATIC_ROOT at STATIC_URL."
        raise Wrong(f"{address} answers {response.status_code}, and no script.", todo)
    return f"{address} is there."


def socket(origin: str) -> str:
    """Open the socket without a cookie; Parley accepts it, and closes it because nobody is signed in."""
    link, path = _link(origin), socket_address()
    try:
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        link.request("GET", path, headers={**upgrade, "Sec-WebSocket-Key": key, "Origin": origin})
        response = link.getresponse()
    finally:
        link.close()
    if response.status == 403:
        raise Wrong("The socket is refused: the site finds another host or scheme than the page has.", HEADERS)
    if response.status != 101:
        todo = "Serve the site by ASGI with parley.asgi, and have the proxy pass on Upgrade and Connection."
        raise Wrong(f"{path} answers {response.status}, and opens no socket.", todo)
    return f"{path} opens."


def _link(origin: str) -> http.client.HTTPConnection:
    parts = urlsplit(origin)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.netloc, timeout=PATIENCE, context=context)
    return http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)


def proxy(browser: httpx2.Client, origin: str) -> str:
    """Send a form that does nothing, as nobody is signed in: Django compares its origin with host and scheme."""
    if settings.CSRF_USE_SESSIONS:
        return "Not asked: CSRF_USE_SESSIONS hides what a form needs."
    token = get_random_string(32)
    headers = {"Origin": origin, "Cookie": f"{settings.CSRF_COOKIE_NAME}={token}"}
    path = reverse("parley:conversation_create")
    response = browser.post(path, data={"csrfmiddlewaretoken": token}, headers=headers)
    if response.status_code != 302:
        words = f"A form is answered {response.status_code}: the site finds another host or scheme than {origin}."
        raise Wrong(words, HEADERS)
    return f"The site knows that it is asked at {origin}."

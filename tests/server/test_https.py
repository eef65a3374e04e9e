"""HTTPS=1: what comes by http is sent to https, or told where that is; what a proxy brings by https is served."""

import httpx2
import pytest

from parley_server import edge
from parley_server.asgi import application
from parley_server.https import is_allowed, secured

pytestmark = pytest.mark.django_db
NAME = "chat.example.org"
LOGIN = "/accounts/login/?next=/c/%C3%A9%20x"


@pytest.fixture(autouse=True)
def https(settings, monkeypatch):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = [NAME, "127.0.0.1", "localhost"]
    settings.SECURE_HSTS_SECONDS = 15_552_000
    monkeypatch.setattr(edge, "HSTS", [(b"strict-transport-security", b"max-age=15552000")])


async def ask(path="/nowhere/", host=NAME, method="GET", scheme="http", **headers):
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url=f"{scheme}://{host}") as client:
        return await client.request(
            method, path, headers={name.rstrip("_").replace("_", "-"): headers[name] for name in headers}
        )


async def test_a_page_is_sent_to_https():
    response = await ask(LOGIN)
    assert (response.status_code, response.headers["Location"]) == (301, f"https://{NAME}{LOGIN}")
    assert "Strict-Transport-Security" not in response.headers


@pytest.mark.parametrize("host", [f"{NAME}:8000", "127.0.0.1", "localhost", "127.0.0.1:8000"])
async def test_where_https_is_cannot_be_known_everywhere(host):
    response = await ask(host=host, accept="text/html")
    assert response.status_code == 403
    assert "start it without HTTPS=1" in response.text


async def test_a_form_is_not_sent_on():
    response = await ask(LOGIN, method="POST", accept="text/html")
    assert (response.status_code, "start it without HTTPS=1" in response.text) == (403, True)


@pytest.mark.parametrize("headers", [{"scheme": "https"}, {"x_forwarded_proto": "https"}])
async def test_what_came_by_https_is_served(headers):
    response = await ask(**headers)
    assert response.status_code == 404
    assert response.headers["Strict-Transport-Security"] == "max-age=15552000"


@pytest.mark.parametrize("origin", [f"https://{NAME}", "https://*.example.org"])
async def test_a_proxy_that_says_nothing_is_known_by_its_origin(settings, origin):
    settings.CSRF_TRUSTED_ORIGINS = [origin]
    assert (await ask()).status_code == 404
    assert (await ask(x_forwarded_proto="http")).status_code == 301


@pytest.mark.parametrize("path", ["/healthz", "/static/parley/icon.svg"])
async def test_probes_and_files_come_by_http_too(path):
    assert (await ask(path)).status_code == 200


async def test_nobody_is_sent_to_a_stranger(caplog):
    response = await ask(host="evil.example")
    assert response.status_code == 400
    assert "Location" not in response.headers


@pytest.mark.parametrize("host", ["", "[::1", "a b", f"{NAME},evil.example", "evil.example"])
def test_any_host_is_one_name(host, settings):
    settings.ALLOWED_HOSTS = ["*"] if host != "evil.example" else [NAME]
    assert not is_allowed(host)


async def test_a_strange_host_is_one_line_in_the_log(caplog):
    await ask(scheme="https", host_="evil.example\x1b[2J")
    [record] = caplog.records
    assert record.exc_info is None
    assert "\x1b" not in record.getMessage()


def test_a_socket_is_secure_where_the_page_is(settings):
    def scheme(**headers):
        pairs = [(b"host", NAME.encode()), *((name.encode(), value.encode()) for name, value in headers.items())]
        return secured({"type": "websocket", "scheme": "ws", "path": "/ws/parley/", "headers": pairs})["scheme"]

    assert (scheme(), scheme(**{"x-forwarded-proto": "https"})) == ("ws", "wss")
    assert (scheme(**{"x-forwarded-proto": "wss"}), scheme(**{"x-forwarded-proto": "ws"})) == ("wss", "ws")  # Traefik
    settings.CSRF_TRUSTED_ORIGINS = [f"https://{NAME}"]
    assert scheme() == "wss"
    settings.HTTPS = False
    assert scheme() == "ws"

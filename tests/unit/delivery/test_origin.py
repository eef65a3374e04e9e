import pytest

from parley.delivery.sockets import same_origin


def scope(origin, host="chat.example", scheme=None, **headers):
    found = {
        **({"host": host} if host is not None else {}),
        **({"Origin": origin} if origin is not None else {}),
        **headers,
    }
    scheme = scheme or ("wss" if (origin or "").startswith("https:") else "ws")
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in found.items()]
    return {"type": "websocket", "path": "/ws/parley/", "scheme": scheme, "headers": pairs}


@pytest.fixture(autouse=True)
def any_host(settings):
    settings.ALLOWED_HOSTS = ["*"]


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://chat.example", "chat.example"),
        ("https://chat.example", "chat.example"),
        ("http://chat.example:80", "chat.example"),
        ("https://chat.example", "chat.example:443"),
        ("http://chat.example:8000", "chat.example:8000"),
        ("http://CHAT.example", "chat.Example"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
    ],
)
def test_lets_a_page_of_this_host_in(origin, host):
    assert same_origin(scope(origin, host))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "chat.example"),
        ("", "chat.example"),
        ("null", "chat.example"),
        ("file://", "chat.example"),
        ("http://evil.example", "chat.example"),
        ("http://chat.example.evil.example", "chat.example"),
        ("http://evil-chat.example", "chat.example"),
        ("http://chat.example:8001", "chat.example:8000"),
        ("http://chat.example:8001", "chat.example"),
        ("http://chat.example@evil.example", "chat.example"),
        ("chrome-extension://chat.example", "chat.example"),
        ("http://chat.example:port", "chat.example"),
        ("http://[::1", "[::1"),
        ("http://localhost", "127.0.0.1"),
        ("", ""),
        ("http://", ""),
        ("http://chat.example", None),
    ],
)
def test_lets_no_other_page_in(origin, host):
    assert not same_origin(scope(origin, host))


def test_lets_a_page_in_that_the_settings_trust(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example"]
    assert same_origin(scope("https://app.example"))
    assert not same_origin(scope("https://app.example:8443"))


def test_lets_all_names_of_a_domain_in_that_the_settings_trust(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.example"]
    assert same_origin(scope("https://app.example", "inside:8000", "ws"))
    assert not same_origin(scope("http://app.example", "inside:8000", "ws"))
    assert not same_origin(scope("https://app.example.evil", "inside:8000", "ws"))


@pytest.mark.parametrize(("origin", "scheme"), [("https://chat.example", "ws"), ("http://chat.example", "wss")])
def test_lets_no_page_of_another_scheme_in(origin, scheme):
    assert not same_origin(scope(origin, scheme=scheme))


def test_lets_no_host_in_that_is_not_ours(settings):
    settings.ALLOWED_HOSTS = ["chat.example"]
    assert same_origin(scope("http://chat.example"))
    assert not same_origin(scope("http://evil.example", "evil.example"))


def test_believes_the_proxy_that_the_settings_believe(settings):
    behind = scope("https://chat.example", scheme="ws", x_forwarded_proto="https")
    assert not same_origin(behind)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert same_origin(behind)


@pytest.mark.parametrize("sent", ["https", "wss", "WSS"])
def test_believes_a_proxy_as_the_settings_say(settings, sent):
    """Traefik tells of wss where it tells of https for a page."""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert same_origin(scope("https://chat.example", scheme="ws", **{"x-forwarded-proto": sent}))
    assert not same_origin(scope("https://chat.example", scheme="ws", **{"x-forwarded-proto": "ws"}))


def test_refuses_a_page_with_a_type_that_nobody_can_read():
    assert not same_origin(scope("http://chat.example", **{"content-type": "a; b*=idna''%41"}))

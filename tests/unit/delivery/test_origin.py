import pytest

from parley.delivery.origin import same_origin


def scope(origin, host="chat.example"):
    headers = [(b"host", host.encode())] if host is not None else []
    return {"headers": [*headers, (b"Origin", origin.encode())] if origin is not None else headers}


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
def test_lets_no_other_page_in(origin, host, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert not same_origin(scope(origin, host))


def test_lets_a_page_in_that_the_settings_trust(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example"]
    assert same_origin(scope("https://app.example"))
    assert not same_origin(scope("https://app.example:8443"))

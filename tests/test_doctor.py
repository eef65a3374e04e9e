"""What ``parley_check`` says of a site at its address, and of what it finds inside."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from parley.doctor import inside, outside
from parley.doctor.part import Wrong

PROXY = "SECURE_PROXY_SSL_HEADER"
RIGHT = {
    "/": (302, {"Location": "/accounts/login/?next=/"}),
    "/static/parley/parley.js": (200, {"Content-Type": "text/javascript"}),
    "/ws/parley/": (101, {"Upgrade": "websocket"}),
    "/conversations/": (302, {"Location": "/accounts/login/?next=/"}),
}
"""Path → (status, headers) of a site that works."""


@contextmanager
def serving(changed):
    """A server that answers as RIGHT, but for the paths that are changed."""
    answers = {**RIGHT, **changed}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers = answers[self.path.partition("?")[0]]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *arguments):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def found(changed):
    with serving(changed) as url:
        return {part.name: part for part in outside.parts(url)}


def test_a_site_that_works():
    assert [part.name for part in found({}).values() if part.ok] == ["page", "static file", "socket", "proxy"]


@pytest.mark.parametrize(
    ("part", "path", "answer", "todo"),
    [
        ("page", "/", (302, {"Location": "/"}), PROXY),
        ("page", "/", (400, {}), "ALLOWED_HOSTS"),
        ("page", "/", (502, {}), "Start the web server"),
        ("page", "/", (404, {}), "pass this path"),
        ("static file", "/static/parley/parley.js", (404, {}), "collectstatic"),
        ("static file", "/static/parley/parley.js", (200, {"Content-Type": "text/html"}), "WhiteNoise"),
        ("socket", "/ws/parley/", (403, {}), PROXY),
        ("socket", "/ws/parley/", (404, {}), "parley.asgi"),
        ("proxy", "/conversations/", (403, {}), PROXY),
    ],
)
def test_a_site_that_does_not(part, path, answer, todo):
    parts = found({path: answer})
    assert [each.name for each in parts.values() if not each.ok] == [part]
    assert todo in parts[part].todo
    assert len(str(parts[part]).splitlines()) == 1


def test_a_disk_that_is_nearly_full(monkeypatch):
    monkeypatch.setattr(inside, "ENOUGH_DISK", 2**62)
    with pytest.raises(Wrong, match="MB are free at") as wrong:
        inside.disk()
    assert "Make room" in wrong.value.todo


def test_more_replies_at_once_than_a_process_may_have_files(monkeypatch):
    monkeypatch.setattr(inside.resource, "getrlimit", lambda which: (600, 4096))
    with pytest.raises(Wrong, match="may open 600") as wrong:
        inside.open_files()
    assert "to 700" in wrong.value.todo


@pytest.mark.parametrize(
    ("listed", "status", "words"),
    [
        ("v1", None, "fake-1 is there"),
        ("vllm/v1", "has no model fake-1", "Qwen/Qwen3-8B"),
        ("none/v1", None, "lists no models"),
    ],
)
def test_a_provider_and_the_model_of_the_settings(provider, settings, listed, status, words):
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": f"{provider.url}/{listed}"}
    if status is None:
        assert words in inside.provider()
        return
    with pytest.raises(Wrong, match=status) as wrong:
        inside.provider()
    assert words in wrong.value.todo

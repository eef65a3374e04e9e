"""What ``parley_check`` says of a site at its address, and of what it finds inside."""

import resource
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import channels.layers
import pytest

from parley.doctor import inside, limits, outside
from parley.doctor.part import Wrong
from parley.ids import uuid7
from parley.models import Worker

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
        ("page", "/", (301, {"Location": "https://chat.example.org/"}), "--url https://"),
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


def limited(monkeypatch, **limits):
    """Give this process limits of its own by name, and its cgroup by ``cgroup``, a number for all files there."""
    cgroup = limits.pop("cgroup", 0)
    numbers = {getattr(resource, f"RLIMIT_{name}"): value for name, value in limits.items()}
    unlimited = resource.RLIM_INFINITY
    monkeypatch.setattr(resource, "getrlimit", lambda which: (numbers.get(which, unlimited), unlimited))
    monkeypatch.setattr("parley.doctor.limits.least", lambda *files: cgroup)


@pytest.mark.parametrize(
    ("ask", "limit", "words", "todo"),
    [
        ("open_files", {"NOFILE": 600}, "may open 600, and a worker writes 500", "to 700"),
        ("memory", {"AS": 500_000_000}, "500 MB of addresses", "ulimit -v"),
        ("memory", {"cgroup": 300_000_000}, "may use 300 MB together", "MemoryMax="),
        ("processes", {"NPROC": 400}, "may be 400 processes and threads", "--pids-limit"),
        ("processes", {"cgroup": 100}, "may be 100 processes and threads", "to 700"),
    ],
)
def test_a_limit_that_is_too_low(monkeypatch, ask, limit, words, todo):
    limited(monkeypatch, **limit)
    with pytest.raises(Wrong, match=words) as wrong:
        getattr(limits, ask)()
    assert todo in wrong.value.todo


@pytest.mark.parametrize(
    ("ask", "limit", "words"),
    [
        ("open_files", {"NOFILE": 1024}, "or about 824 open tabs"),
        ("open_files", {}, "any number"),
        ("memory", {"AS": 2**31, "cgroup": 2**30}, "may use 1073 MB together"),
        ("memory", {}, "no limit"),
        ("processes", {"NPROC": 5000, "cgroup": 2000}, "may be 2000"),
        ("processes", {}, "no limit"),
    ],
)
def test_a_limit_that_is_enough(monkeypatch, ask, limit, words):
    limited(monkeypatch, **limit)
    assert words in getattr(limits, ask)()


def test_the_lowest_limit_of_the_cgroups_around_a_process_counts(tmp_path):
    mine, own = tmp_path / "mine", tmp_path / "cgroups" / "parley.slice" / "web.service"
    own.mkdir(parents=True)
    mine.write_text("1:cpu:/\n0::/parley.slice/web.service\n")
    files = ("memory.max", "memory/memory.limit_in_bytes", tmp_path / "cgroups", mine)
    assert limits.least(*files) == 0
    (own / "memory.max").write_text("max\n")
    (own.parent / "memory.max").write_text("700000000\n")
    assert limits.least(*files) == 700_000_000
    (tmp_path / "cgroups" / "memory").mkdir()
    (tmp_path / "cgroups" / "memory" / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert limits.least(*files) == 700_000_000
    (tmp_path / "cgroups" / "memory" / "memory.limit_in_bytes").write_text("300000000\n")
    assert limits.least(*files) == 300_000_000


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


@pytest.mark.parametrize("path", ["", "/v1/chat/completions", "/v1/models"])
def test_an_address_that_takes_no_questions(provider, settings, path):
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": provider.url + path}
    with pytest.raises(Wrong, match="takes no questions there") as wrong:
        inside.provider()
    assert "/v1" in wrong.value.todo


@pytest.mark.django_db
def test_workers_of_this_site_and_of_another():
    ours = Worker.objects.create()
    assert inside.of_this_site([f"alive on vm as {ours.pk}", "alive on an older one"]) == "One is alive on vm."
    with pytest.raises(Wrong, match="alive on vm writes to another database") as wrong:
        inside.of_this_site([f"alive on nas as {ours.pk}", f"alive on vm as {uuid7()}"])
    assert "KEY_PREFIX" in wrong.value.todo


def test_a_layer_that_reaches_nobody(settings):
    channels.layers.channel_layers.backends.clear()
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.Deaf"}}
    inside.PATIENCE_OF_LAYER, patience = 0.1, inside.PATIENCE_OF_LAYER
    try:
        part = inside.asked("layer", inside.layer, "Correct CHANNEL_LAYERS.")
    finally:
        inside.PATIENCE_OF_LAYER = patience
    assert not part.ok
    assert "Nothing came through Deaf" in part.words


def test_a_layer_that_works(settings):
    channels.layers.channel_layers.backends.clear()
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    assert inside.layer() == "InMemoryChannelLayer passes messages on."


class Deaf(channels.layers.InMemoryChannelLayer):
    """Takes messages, and delivers none."""

    async def group_send(self, group, message): ...


def test_settings_that_fail_the_checks(settings):
    settings.PARLEY = {**settings.PARLEY, "TICK": 0, "MODLE": "fake-1"}
    with pytest.raises(Wrong, match=r"PARLEY.*(TICK|MODLE).* \(one of 2\)") as wrong:
        inside.settings_checked()
    assert "manage.py check" in wrong.value.todo

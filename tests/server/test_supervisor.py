"""The whole product starts with one command, survives its parts, and ends without a trace."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from parley_server import services, site, supervisor
from tests.server.programs import copy_of_the_source, run, start
from tests.support.stack import model_file

SUPERVISOR = ("-m", "parley_server")
PROVIDER = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def processes(folder):
    """The processes that were started with this data directory; Valkey's own title hides it, but shows its port."""
    valkey = f"127.0.0.1:{(folder / 'valkey.port').read_text()}"
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ, open(f"/proc/{pid}/cmdline", "rb") as command:
                title = command.read().replace(b"\0", b" ").decode()
                if f"PARLEY_DATA_DIR={folder}\0".encode() in environ.read() or valkey in title:
                    found[int(pid)] = title
        except OSError:
            continue
    return found


def pid_of(folder, words):
    return next((pid for pid, command in processes(folder).items() if words in command), None)


def eventually(happened, within=30.0):
    limit = time.monotonic() + within
    while not happened():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.1)


def test_a_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        done = run(tmp_path, *SUPERVISOR, PORT=str(taken), **PROVIDER)
    assert done.returncode == 1
    assert done.stderr == f"Port {taken} is in use by another program: choose another one, such as PORT={taken + 1}.\n"


@pytest.mark.parametrize("taken", ["127.0.0.1", "::1"])
def test_a_port_in_use_on_one_of_both_families_is_named(tmp_path, taken):
    family = socket.AF_INET6 if ":" in taken else socket.AF_INET
    with socket.create_server((taken, 0), family=family) as server:
        done = run(tmp_path, *SUPERVISOR, HOST="::", PORT=str(server.getsockname()[1]), **PROVIDER)
    assert (done.returncode, done.stderr.split(":")[0].split("is")[-1]) == (1, " in use by another program")


@pytest.mark.parametrize("workers", [1, 2])
def test_all_addresses_are_those_of_both_families(tmp_path, settings, port, workers):
    settings.HOST, settings.PORT, settings.WEB_WORKERS = "::", port, workers
    command = services.web(False).command
    server = start(tmp_path, *command[1:], **PROVIDER)
    try:
        eventually(lambda: services.http_answers(f"http://[::1]:{port}/healthz"), within=90)
        eventually(lambda: services.http_answers(f"http://127.0.0.1:{port}/healthz"))
    finally:
        server.terminate()
        server.wait(30)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"PORT": "http"}, "PORT must be a whole number"),
        ({"HOST": "192.0.2.1"}, "Cannot listen on HOST=192.0.2.1"),
        (
            {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"},
            "The database cannot be used: nothing listens at 127.0.0.1:9",
        ),
        ({"PARLEY_DATA_DIR": "/dev/null/data"}, "PARLEY_DATA_DIR cannot be used:"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(tmp_path, port, chosen, sentence):
    done = run(tmp_path, *SUPERVISOR, **{"PORT": str(port), **PROVIDER, **chosen})
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("dev", "host", "debug"), [(False, "", None), (True, "", "1"), (True, "::1", "1"), (True, "0.0.0.0", None)]
)
def test_only_who_develops_on_this_machine_has_the_debug_mode(monkeypatch, dev, host, debug):
    for name in ("DEBUG", "DJANGO_SETTINGS_MODULE", "SITE_URL"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOST", host)
    supervisor._choose_settings(dev)
    assert os.environ.get("DEBUG") == debug


@pytest.mark.parametrize(
    ("host", "names", "https", "words"),
    [
        ("127.0.0.1", ["localhost", "[::1]"], False, ""),
        ("127.0.0.1", ["*"], False, ""),
        ("0.0.0.0", ["localhost", "[::1]"], True, "answers to the name localhost only: set SITE_URL"),
        ("::", ["localhost", "chat.example.org"], False, ""),
        ("::", ["*"], False, "answers to any name by plain http"),
        ("0.0.0.0", ["*"], True, ""),
    ],
)
def test_who_opens_the_site_to_others_is_told_who_reaches_it(settings, capsys, host, names, https, words):
    settings.HOST, settings.ALLOWED_HOSTS, settings.HTTPS = host, names, https
    supervisor._announce()
    sent = capsys.readouterr().out
    assert words in sent
    assert sent.count("\n") == (2 if words else 1)
    assert "Parley is ready: http://" in sent


def test_the_address_of_the_site_is_where_it_is_ready(settings, capsys):
    settings.SITE = site.parsed("https://example.org/ai")
    supervisor._announce()
    assert "Parley is ready: https://example.org/ai/ (here http://127.0.0.1:" in capsys.readouterr().out


def test_a_store_that_does_not_answer_is_named(tmp_path, port):
    code = "import sys; from parley_server import commands, supervisor; supervisor.STORE_ANSWERS_WITHIN = 0.5; "
    code += "sys.exit(commands.main([]))"
    done = run(tmp_path, "-c", code, PORT=str(port), REDIS_URL="redis://127.0.0.1:9/0", **PROVIDER)
    assert done.stderr.startswith("The server at REDIS_URL does not answer")


def test_the_check_says_when_the_broker_is_away(tmp_path):
    began = time.monotonic()
    done = run(tmp_path, "manage.py", "parley_check", "--timeout", "1", REDIS_URL="redis://127.0.0.1:9/0")
    assert done.returncode == 1
    assert re.search(r"^broker +NO .* which is redis://127.0.0.1:9/0\.$", done.stdout, re.MULTILINE), done.stdout
    assert time.monotonic() - began < 40  # most of it is the start of Python on a busy machine


def test_a_run_begins_when_what_a_killed_one_left_has_ended(tmp_path, monkeypatch):
    """Its guardian holds the lock until then."""
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path))
    guardian = supervisor._lock()
    threading.Timer(1, os.close, [guardian]).start()
    os.close(supervisor._lock())


@pytest.mark.slow
@pytest.mark.faults
def test_the_product_runs_survives_and_ends(tmp_path, port):
    product = start(tmp_path, *SUPERVISOR, PORT=str(port), **PROVIDER)
    try:
        _wait_until_ready(product, port)
        _refuses_a_second_one(tmp_path)
        for words in ("valkey-server", "uvicorn", "celery"):
            _comes_back(tmp_path, words)
        eventually(lambda: "One is alive on" in _checked(tmp_path).stdout)
        _ends_by(signal.SIGTERM, product, tmp_path)
        _says_no_more(product)
    finally:
        product.kill()


@pytest.mark.slow
@pytest.mark.faults
def test_the_product_with_a_model_of_its_own_ends_by_an_interrupt(tmp_path, port):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / Path(model_file()).name).symlink_to(model_file())
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    product = start(tmp_path, *SUPERVISOR, PORT=str(port), **proxies)
    try:
        _wait_until_ready(product, port)
        assert all(pid_of(tmp_path, words) for words in ("valkey-server", "uvicorn", "celery", "local_model"))
        _ends_by(signal.SIGINT, product, tmp_path)
        _says_no_more(product)
    finally:
        product.kill()


@pytest.mark.slow
@pytest.mark.faults
def test_nothing_stays_when_the_supervisor_itself_is_killed(tmp_path, port):
    product = start(tmp_path, *SUPERVISOR, PORT=str(port), **PROVIDER)
    _wait_until_ready(product, port)
    product.kill()
    product.wait()
    eventually(lambda: processes(tmp_path) == {})


@pytest.mark.slow
@pytest.mark.faults
def test_what_outlives_supervisor_and_guardian_is_ended_by_the_next_run(tmp_path, port):
    first = start(tmp_path, *SUPERVISOR, PORT=str(port), **PROVIDER)
    _wait_until_ready(first, port)
    left = {words: pid_of(tmp_path, words) for words in ("valkey-server", "celery")}
    valkey_port = (tmp_path / "valkey.port").read_text()
    for pid in (_guardian_of(first), first.pid, pid_of(tmp_path, "uvicorn")):
        os.kill(pid, signal.SIGKILL)
    first.wait()
    assert {words: pid_of(tmp_path, words) for words in left} == left
    second = start(tmp_path, *SUPERVISOR, PORT=str(port), **PROVIDER)
    try:
        _wait_until_ready(second, port)
        assert not any(Path(f"/proc/{pid}").exists() for pid in left.values())
        assert (tmp_path / "valkey.port").read_text() == valkey_port
        assert sum("valkey-server" in command for command in processes(tmp_path).values()) == 1
        _ends_by(signal.SIGTERM, second, tmp_path)
    finally:
        second.kill()


def _guardian_of(product: "subprocess.Popen[str]") -> int:
    children = Path(f"/proc/{product.pid}/task/{product.pid}/children").read_text().split()
    return next(int(pid) for pid in children if b"guardian.py" in Path(f"/proc/{pid}/cmdline").read_bytes())


@pytest.mark.slow
@pytest.mark.faults
def test_a_change_of_the_source_restarts_the_worker(tmp_path, port):
    source, folder = copy_of_the_source(tmp_path / "source"), tmp_path / "data"
    product = start(folder, *SUPERVISOR, "run", "--dev", root=source, PORT=str(port), **PROVIDER)
    try:
        _wait_until_ready(product, port)
        first = _worker(folder)
        assert first
        with (source / "src" / "parley" / "errors.py").open("a") as file:
            file.write("\n")
        eventually(lambda: _worker(folder) not in (None, first), within=60)
        eventually(lambda: not Path(f"/proc/{first}").exists(), within=60)
        _ends_by(signal.SIGTERM, product, folder)
    finally:
        product.kill()


def _worker(folder) -> int | None:
    """The worker itself, not what watches the source for it."""
    found = processes(folder).items()
    return next((pid for pid, command in found if "-m celery" in command and "watchfiles" not in command), None)


def _wait_until_ready(product: "subprocess.Popen[str]", port: int) -> None:
    lines = iter(product.stdout.readline, "")
    assert any(re.fullmatch(rf"Parley is ready: http://127\.0\.0\.1:{port}/\n", line) for line in lines)
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200


def _ends_by(number: int, product: "subprocess.Popen[str]", folder) -> None:
    product.send_signal(number)
    assert product.wait(40) == 0
    assert processes(folder) == {}


def _says_no_more(product: "subprocess.Popen[str]") -> None:
    rest = product.stdout.read()
    assert "Parley is ready" not in rest
    assert "Traceback" not in rest


def _refuses_a_second_one(folder) -> None:
    done = run(folder, *SUPERVISOR, PORT="8", **PROVIDER)
    assert (done.returncode, done.stderr.split(":")[0]) == (1, f"Parley already runs from {folder}")


def _comes_back(folder, words: str) -> None:
    first = pid_of(folder, words)
    os.kill(first, signal.SIGKILL)
    eventually(lambda: pid_of(folder, words) not in (None, first))


def _checked(folder) -> "subprocess.CompletedProcess[str]":
    return run(folder, "manage.py", "parley_check", "--timeout", "5")

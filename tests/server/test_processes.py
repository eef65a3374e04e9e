"""The supervisor restarts what ends, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest
import redis

from parley_server import data, services
from parley_server.guardian import Guardian
from parley_server.leftovers import Marks, StillRuns
from parley_server.processes import Service, Supervisor, print_line
from tests.support.processes import until
from tests.support.stack import PYTHONPATH


def program(*lines):
    """A Python program as a command."""
    return [sys.executable, "-S", "-c", "\n".join(lines)]


SLEEP = "import time; time.sleep(600)"
SLEEPER = program(SLEEP)
STUBBORN = program("import signal", "signal.signal(signal.SIGTERM, signal.SIG_IGN)", "print('up', flush=True)", SLEEP)
PARENT = program("import subprocess", f"print(subprocess.Popen({SLEEPER!r}).pid, flush=True)", SLEEP)


def started(program):
    command, env = [sys.executable, "-c", textwrap.dedent(program)], {**os.environ, **PYTHONPATH}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)


def eventually(happened, within=60.0):
    limit = time.monotonic() + within
    while not happened():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def guardian():
    guardian = Guardian()
    yield guardian
    guardian.close()


@pytest.fixture
def marks(tmp_path_factory):
    return Marks(tmp_path_factory.mktemp("marks"))


@pytest.fixture
def supervise(guardian, marks):
    """A function that runs stages of services in a thread and returns their supervisor once they answer."""
    runs = []

    def start(*stages):
        supervisor, ready = Supervisor(stages, guardian, marks, tries=2), threading.Event()
        thread = threading.Thread(target=supervisor.run, args=(ready.set,))
        thread.start()
        runs.append((supervisor, thread))
        assert ready.wait(10)
        return supervisor

    yield start
    for supervisor, thread in runs:
        supervisor.stopping.set()
        thread.join(15)


def pid_of(supervisor, stage=0, place=0):
    process = supervisor.running[stage][place].process
    return process.pid if process else None


def test_a_killed_service_is_started_again(supervise, capfd):
    supervisor = supervise([Service("sleeper", SLEEPER)])
    first = pid_of(supervisor)
    os.kill(first, signal.SIGKILL)
    eventually(lambda: pid_of(supervisor) not in (None, first))
    assert "sleeper ended (signal SIGKILL); starting it again in 0.25 s." in capfd.readouterr().out


def test_a_service_that_keeps_ending_is_started_ever_more_slowly(supervise):
    supervisor = supervise([Service("brief", program(""))])
    running = supervisor.running[0][0]
    eventually(lambda: running.failures >= 4 and running.next_start - time.monotonic() > 1)


def test_a_stage_starts_when_the_one_before_answers(supervise, tmp_path):
    sign, seen = tmp_path / "sign", []
    slow = program("import time", "time.sleep(0.5)", f"open({str(sign)!r}, 'w')", SLEEP)
    second = Service("second", SLEEPER, answers=lambda: seen.append(sign.exists()) or True)
    supervise([Service("first", slow, answers=sign.exists)], [second])
    assert seen == [True]


def test_it_gives_up_when_a_service_cannot_start_at_all(guardian, marks, capfd):
    broken = Service("broken", program("raise SystemExit('no such thing')"), answers=lambda: False)
    supervisor = Supervisor([[broken]], guardian, marks, tries=2)
    assert supervisor.run(lambda: pytest.fail("nothing is ready")) is False
    printed = capfd.readouterr().out
    assert " broken | no such thing" in printed
    assert "Giving up: broken ended 2 times; the lines above say why." in printed


def test_lines_are_prefixed_and_known_noise_is_dropped(supervise, capfd):
    talk = program("print('noise of old')", "print('news', flush=True)", SLEEP)
    supervise([Service("talker", talk, hush="noise")])
    lines = []
    eventually(lambda: lines.append(capfd.readouterr().out) or " talker | news" in "".join(lines))
    assert "noise" not in "".join(lines)


def test_stopping_ends_the_children_of_a_service_too(supervise, capfd):
    supervisor = supervise([Service("parent", PARENT)])
    lines = []
    eventually(lambda: lines.append(capfd.readouterr().out) or "parent |" in "".join(lines))
    child = int("".join(lines).split("|")[1])
    assert is_alive(child)
    supervisor.stopping.set()
    eventually(lambda: not is_alive(child))


def test_a_service_that_will_not_end_is_killed_after_its_grace(supervise, capfd):
    supervisor = supervise([Service("stubborn", STUBBORN, grace=0.3)])
    lines = []
    eventually(lambda: lines.append(capfd.readouterr().out) or "| up" in "".join(lines))
    pid = pid_of(supervisor)
    supervisor.stopping.set()
    eventually(lambda: not is_alive(pid), within=3)


def test_the_guardian_ends_what_a_killed_supervisor_left(tmp_path):
    program = f"""
        import pathlib
        from parley_server.guardian import Guardian
        from parley_server.leftovers import Marks
        from parley_server.processes import Service, Supervisor, print_line
        supervisor = Supervisor([[Service("sleeper", {SLEEPER!r})]], Guardian(), Marks(pathlib.Path({str(tmp_path)!r})))
        supervisor.run(lambda: print(supervisor.running[0][0].process.pid, flush=True))
    """
    process = started(program)
    sleeper = int(process.stdout.readline())
    assert is_alive(sleeper)
    process.kill()
    process.wait()
    eventually(lambda: not is_alive(sleeper))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_on_the_signals_of_terminals_and_service_managers(number, tmp_path):
    program = f"""
        import pathlib
        from parley_server.guardian import Guardian
        from parley_server.leftovers import Marks
        from parley_server.processes import Service, Supervisor, print_line
        guardian = Guardian()
        supervisor = Supervisor([[Service("sleeper", {SLEEPER!r})]], guardian, Marks(pathlib.Path({str(tmp_path)!r})))
        supervisor.install_signals()
        supervisor.run(lambda: print(supervisor.running[0][0].process.pid, flush=True))
        guardian.close()
    """
    process = started(program)
    sleeper = int(process.stdout.readline())
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not is_alive(sleeper)


# What an earlier run left


@pytest.fixture
def left(tmp_path):
    """A service whose supervisor was killed, and had no guardian: its marks and its process."""
    program = f"""
        import pathlib, os, signal
        from parley_server.leftovers import Marks
        from parley_server.processes import Service, Supervisor, print_line
        class Nobody:
            watch = forget = lambda self, group: None
        marks = Marks(pathlib.Path({str(tmp_path)!r}))
        supervisor = Supervisor([[Service("sleeper", {STUBBORN!r})]], Nobody(), marks)
        supervisor.run(lambda: print(supervisor.running[0][0].process.pid, flush=True))
    """
    process = started(program)
    lines = {process.stdout.readline().strip() for _ in range(2)}
    sleeper = int((lines - {"sleeper | up"}).pop())
    process.kill()
    process.wait()
    assert is_alive(sleeper)
    yield Marks(tmp_path), sleeper
    with suppress(ProcessLookupError):
        os.killpg(sleeper, signal.SIGKILL)


def test_what_an_earlier_run_left_is_known_and_ended(left):
    marks, sleeper = left
    assert marks.left() == ["sleeper"]
    marks.end(["sleeper", "valkey"], grace=0.2)
    assert marks.left() == []
    assert not is_alive(sleeper)


def test_a_process_that_only_has_the_number_is_left_alone(tmp_path):
    with subprocess.Popen(SLEEPER, start_new_session=True) as other:
        (tmp_path / "sleeper").write_text(str(other.pid))
        marks = Marks(tmp_path)
        assert marks.left() == []
        marks.end(["sleeper"], grace=0)
        assert is_alive(other.pid)
        other.kill()


def test_what_cannot_be_named_is_not_ended(left, tmp_path):
    marks, sleeper = left
    (tmp_path / "sleeper").write_text("")
    with pytest.raises(StillRuns, match=r"still holds .*sleeper: stop it first"):
        marks.end(["sleeper"], grace=0)
    assert is_alive(sleeper)


def test_a_service_starts_where_no_file_can_be_made(guardian, tmp_path):
    ready = []
    supervisor = Supervisor([[Service("sleeper", SLEEPER)]], guardian, Marks(tmp_path / "missing"))
    assert supervisor.run(lambda: ready.append(1) or supervisor.stopping.set())
    assert ready == [1]


# What it prints


def test_lines_of_services_that_print_at_once_stay_whole(monkeypatch):
    written = []
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(write=written.append, flush=lambda: None))
    print_line("one")
    print_line("other")
    assert written == ["one\n", "other\n"]


# Who is told the secrets


def test_secrets_are_for_those_who_need_them(supervise, capfd, monkeypatch):
    for name in ("OPENAI_API_KEY", "DATABASE_URL", "SECRET_KEY", "HARMLESS"):
        monkeypatch.setenv(name, "a value")
    command = program("import os", "print(','.join(os.environ), 'end', flush=True)", SLEEP)
    supervise([Service("one", command, trusted=True), Service("other", command)])
    printed = []
    eventually(lambda: printed.append(capfd.readouterr().out) or "".join(printed).count(" end") == 2)
    sent = dict(line.split("|") for line in "".join(printed).splitlines())
    assert all(name in sent["    one "] for name in ("OPENAI_API_KEY", "DATABASE_URL", "SECRET_KEY", "HARMLESS"))
    assert not any(name in sent["  other "] for name in ("OPENAI_API_KEY", "DATABASE_URL", "SECRET_KEY"))
    assert "HARMLESS" in sent["  other "]


def test_neither_valkey_nor_the_tools_of_the_front_end_are_told_a_secret():
    trusted = {
        service.name
        for service in (services.valkey(), services.assets(), services.web(False), services.worker(True))
        if service.trusted
    }
    assert trusted == {"web", "worker"}


SET_BY_OTHERS = (b"LD_LIBRARY_PATH=", b"LC_CTYPE=", b"SUBPROCESS_")
"""What pyenv, Python, and Sentry in this process, give to each process that is started."""


def test_the_guardian_is_told_nothing(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody")
    guardian = Guardian()
    with open(f"/proc/{guardian.process.pid}/environ", "rb") as environ:
        told = [each for each in environ.read().split(b"\0") if each and not each.startswith(SET_BY_OTHERS)]
    assert told == []
    guardian.close()


def test_valkey_says_nothing_where_files_are_few(tmp_path, monkeypatch):
    """It would write three lines of warnings, and allow fewer clients than it was told."""
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(services.resource, "getrlimit", lambda which: (200, 200))
    command = services.valkey().command
    limited = ["sh", "-c", 'ulimit -n 200 && exec "$@"', "sh", *command]
    server = subprocess.Popen(limited, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        with redis.Redis.from_url(data.valkey_url()) as client:
            until(lambda: answers_ping(client), 20, "Valkey does not answer")
            assert client.config_get("maxclients") == {"maxclients": "168"}
    finally:
        server.terminate()
    assert [line for line in server.communicate(timeout=20)[0].splitlines() if "open files" in line] == []


def test_valkey_keeps_its_data_in_a_folder_of_any_name(tmp_path, monkeypatch):
    folder = tmp_path / "my \"data\" \\n of 'us' ä"
    monkeypatch.setenv("PARLEY_DATA_DIR", str(folder))
    server = subprocess.Popen(services.valkey().command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        with redis.Redis.from_url(data.valkey_url()) as client:
            until(lambda: answers_ping(client) or server.poll() is not None, 20, "Valkey does not answer")
            assert client.config_get("dir") == {"dir": str(folder / "valkey")}
    finally:
        server.terminate()
        server.communicate(timeout=20)


def answers_ping(client):
    with suppress(redis.RedisError):
        return client.ping()


@pytest.mark.parametrize("words", ["ROOT_DISCOURAGED", "ASSUMING_ROOT"])
def test_the_worker_does_not_complain_of_its_account(words):
    code = f"import warnings; from celery.platforms import {words}, SecurityWarning as W; warnings.warn(W({words}))"
    env = {**PYTHONPATH, **services.worker(False).env}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")

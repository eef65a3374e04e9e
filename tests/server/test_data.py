"""What an install keeps is its own account's, and what cannot be kept is said in one sentence."""

import os
import resource
import socket
import sqlite3
import stat
import subprocess
import sys

import pytest

from parley_server import databases
from parley_server.data import ROOT
from tests.server.programs import environment, run
from tests.support.processes import free_port

PROVIDER = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
SUPERVISOR = ("-m", "parley_server")
MIGRATE = ("manage.py", "migrate", "--verbosity", "0")
FIRST_TABLES = (*MIGRATE, "contenttypes")
"""As good as all of them where only the file matters, in a third of the time."""


def modes(folder):
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def assert_private(folder):
    found = modes(folder)
    assert {name: mode for name, mode in found.items() if mode & 0o077} == {}
    return found


def assert_one_sentence(done, beginning):
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.startswith(beginning)
    assert done.stderr.count("\n") == 1


@pytest.fixture
def open_folder(tmp_path):
    """A data directory that others may look into, and a umask that lets them read files."""
    folder, before = tmp_path / "data", os.umask(0o022)
    folder.mkdir(mode=0o755)
    yield folder
    os.umask(before)


def test_every_file_is_private_in_a_folder_that_others_may_read(open_folder):
    assert run(open_folder, *FIRST_TABLES).returncode == 0
    writing = "import django; django.setup(); from django.db import connection as c; c.ensure_connection()\n"
    writing += "from django.contrib.contenttypes.models import ContentType as T; T.objects.create(model='me')\n"
    writing += (
        "import os; print([f for f in os.listdir(os.environ['PARLEY_DATA_DIR']) if f.endswith(('-wal', '-shm'))])\n"
    )
    writing += "print([oct(os.stat(os.environ['PARLEY_DATA_DIR'] + '/parley.sqlite3-wal').st_mode & 0o777)])"
    done = run(open_folder, "-c", writing, DJANGO_SETTINGS_MODULE="parley_server.settings")
    assert "0o600" in done.stdout, done.stderr
    assert {"parley.sqlite3", "files", "uploads", "secret_key"} <= assert_private(open_folder).keys()


def test_a_database_that_others_could_read_is_closed_to_them(open_folder):
    sqlite3.connect(open_folder / "parley.sqlite3").execute("CREATE TABLE old (id)").close()
    (open_folder / "parley.sqlite3-shm").touch()
    assert stat.S_IMODE((open_folder / "parley.sqlite3").stat().st_mode) == 0o644
    assert run(open_folder, *FIRST_TABLES).returncode == 0
    assert_private(open_folder)


def test_a_database_elsewhere_is_private_too(open_folder, tmp_path):
    assert run(tmp_path / "other", *FIRST_TABLES, DATABASE_URL=f"sqlite:///{open_folder}/chat.sqlite3").returncode == 0
    assert "chat.sqlite3" in assert_private(open_folder)


@pytest.mark.parametrize(
    ("program", "name"),
    [(SUPERVISOR, "secret_key"), (SUPERVISOR, "services"), (MIGRATE, "parley.sqlite3"), (MIGRATE, "files")],
)
def test_what_cannot_be_used_is_named(tmp_path, program, name):
    if name in {"files", "services"}:
        (tmp_path / name).touch()
    else:
        (tmp_path / name / "in the way").mkdir(parents=True)
    done = run(tmp_path, *program, PORT=str(free_port()), **PROVIDER)
    assert_one_sentence(done, f"PARLEY_DATA_DIR cannot be used: {tmp_path / name}: ")


@pytest.mark.parametrize("program", [SUPERVISOR, MIGRATE], ids=["supervisor", "manage"])
def test_a_folder_in_which_nothing_can_be_made_is_named(program):
    done = run("/proc/self", *program, PORT=str(free_port()), **PROVIDER)
    assert_one_sentence(done, "PARLEY_DATA_DIR cannot be used: /proc/self/")


@pytest.mark.parametrize(("program", "bytes_left"), [(SUPERVISOR, 100_000), (MIGRATE, 0), (MIGRATE, 100_000)])
def test_a_disk_that_takes_no_more_is_said(tmp_path, program, bytes_left):
    done = subprocess.run(
        [sys.executable, *program],
        cwd=ROOT,
        env=environment(tmp_path, PORT=str(free_port()), **PROVIDER),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert_one_sentence(done, "The database cannot be used" if bytes_left else "PARLEY_DATA_DIR cannot be used: ")
    assert [path for path in tmp_path.iterdir() if path.is_file() and path.name.startswith("secret_key.")] == []


def test_a_value_that_a_full_disk_left_empty_is_made_again(tmp_path):
    for name in ("secret_key", "valkey.port"):
        (tmp_path / name).touch()
    assert (
        run(tmp_path, "-c", "from parley_server.settings import SECRET_KEY; assert len(SECRET_KEY) > 50").returncode
        == 0
    )
    assert (tmp_path / "valkey.port").read_text().isdecimal()


def test_a_port_that_is_none_is_named(tmp_path):
    (tmp_path / "valkey.port").write_text("many")
    assert_one_sentence(run(tmp_path, *MIGRATE), f"{tmp_path}/valkey.port holds no port")


# A database elsewhere


@pytest.fixture
def silent_port():
    """A port at which connections are taken and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_postgresql_that_is_silent_is_named_soon(tmp_path, silent_port):
    url = f"postgres://me@127.0.0.1:{silent_port}/chat"
    asking = "import time; from parley_server.databases import trouble; began = time.monotonic()\n"
    asking += "print(trouble(), time.monotonic() - began, sep='|')"
    done = run(tmp_path, "-c", asking, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="parley_server.settings")
    sentence, seconds = done.stdout.split("|")
    assert sentence.startswith(f"The database cannot be used: 127.0.0.1:{silent_port} does not answer")
    assert float(seconds) < 8


@pytest.mark.parametrize(
    ("account", "name", "cause"),
    [
        ("postgres", "none", "127.0.0.1:{port} has no database none"),
        ("nobody:secret", "postgres", "127.0.0.1:{port} refuses the user or the password of DATABASE_URL"),
    ],
)
def test_what_postgresql_refuses_is_named(tmp_path, postgres, account, name, cause):
    url = f"postgres://{account}@127.0.0.1:{postgres.port}/{name}"
    done = run(tmp_path, *SUPERVISOR, PORT=str(free_port()), DATABASE_URL=url, **PROVIDER)
    assert_one_sentence(done, f"The database cannot be used: {cause.format(port=postgres.port)}")
    assert "secret" not in done.stderr


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ('FATAL:  password authentication failed for user "me"', "refuses the user or the password"),
        ("connection failed: fe_sendauth: no password supplied", "refuses the user or the password"),
        ("failed to resolve host 'db': [Errno -2] Name or service not known", "there is no host"),
        ("connection failed: Connection refused\n\tIs the server running", "nothing listens at"),
        ("connection timeout expired", "does not answer"),
        ("FATAL:  the database system is starting up", "): FATAL: the database system is starting up."),
    ],
)
def test_what_the_client_says_is_put_into_words(words, cause):
    sentence = databases.in_words(Exception(words))
    assert cause in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("said", "tries"),
    [
        (["it: nothing listens at db:5432", "it: the database system is starting up", ""], 3),
        (["it: db:5432 refuses the user or the password of DATABASE_URL."], 1),
        ([""], 1),
    ],
)
def test_a_database_that_starts_beside_us_is_waited_for(monkeypatch, capsys, said, tries):
    """As after a power cut: else systemd starts neither web server nor worker, until somebody does it by hand."""
    monkeypatch.setattr(databases.time, "sleep", lambda seconds: None)
    left = iter(said)
    monkeypatch.setattr(databases, "trouble", lambda: next(left))
    databases.wait_until_there()
    assert list(left) == said[tries:]
    assert capsys.readouterr().out.count("Trying again") == (tries > 1)


def test_a_database_that_stays_away_is_not_waited_for_without_end(monkeypatch, capsys):
    now = iter(range(0, 1000, 20))
    monkeypatch.setattr(databases.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(databases.time, "monotonic", lambda: next(now))
    monkeypatch.setattr(databases, "trouble", lambda: "it: nothing listens at db:5432")
    databases.wait_until_there()
    assert capsys.readouterr().out == "it: nothing listens at db:5432 Trying again for 60 seconds.\n"

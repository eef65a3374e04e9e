"""The command `parley`: what it takes, and what it says where something is missing."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from parley_server import cli, commands
from parley_server.data import ROOT
from tests.server.programs import environment, run, start
from tests.support.processes import free_port, until
from tests.support.stack import answers

PARLEY = ("-m", "parley_server")
PROVIDER = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
FIRST_TABLES = ("manage.py", "migrate", "--verbosity", "0", "contenttypes")
IS_NEWER = "The database is newer than this version of Parley"


@pytest.mark.parametrize("gone", [{"uvicorn"}, {"uvicorn", "whitenoise"}])
def test_a_missing_extra_is_named_with_the_commands_that_install_it(monkeypatch, capsys, gone):
    monkeypatch.setattr(cli, "find_spec", lambda name: None if name in gone else object())
    assert cli.main([]) == 1
    said = capsys.readouterr().err
    assert said.startswith('The command parley needs the extra "server" (here uvicorn')
    assert ("is missing" in said, "are missing" in said) == (len(gone) == 1, len(gone) == 2)
    assert 'uvx --from "django-parley[server]" parley' in said


def test_the_extra_has_what_the_command_looks_for():
    extra = ROOT.joinpath("pyproject.toml").read_text().split("\nserver = [")[1].split("]")[0]
    assert [name for name in cli.SERVER if f'"{name.replace("_", "-")}>=' not in extra] == []


@pytest.mark.parametrize("before", [True, False])
def test_options_stand_before_or_after_a_command_and_replace_variables(monkeypatch, before):
    for name in ("PORT", "HOST", "PARLEY_DATA_DIR"):
        monkeypatch.setenv(name, "kept")
    monkeypatch.setattr(os, "umask", lambda mask: 0)
    monkeypatch.setattr(commands.signal, "signal", lambda number, handler: None)
    ran = []
    monkeypatch.setattr(commands.supervisor, "run", lambda dev: ran.append(dev) or 0)
    options = ["--port", "8001", "--data", "/srv/data"]
    assert commands.main([*options, "run"] if before else ["run", *options]) == 0
    assert ran == [False]
    assert [os.environ[name] for name in ("PORT", "HOST", "PARLEY_DATA_DIR")] == ["8001", "kept", "/srv/data"]


def test_any_command_of_django_can_be_run(tmp_path):
    done = run(tmp_path, *PARLEY, "manage", "parley_keys", "new")
    assert (done.returncode, len(done.stdout.strip())) == (0, 44)
    assert run(tmp_path, *PARLEY, "manage", "--version").stdout.startswith("5.")
    unknown = run(tmp_path, *PARLEY, "manage", "nonsense")
    assert "Unknown command: 'nonsense'" in unknown.stderr
    assert unknown.returncode == 1


@pytest.mark.parametrize("command", [("check",), ("manage", "check"), ("web",), ("worker",), ("migrate",)])
def test_settings_of_another_project_are_not_used(tmp_path, command):
    """DJANGO_SETTINGS_MODULE may stand in the environment of a developer."""
    told = {"DJANGO_SETTINGS_MODULE": "theirs.settings", "SITE_URL": "nonsense", **PROVIDER}
    assert "SITE_URL must begin with" in run(tmp_path, *PARLEY, *command, **told).stderr


def test_a_command_makes_files_that_only_the_account_can_read(tmp_path):
    assert run(tmp_path / "data", *PARLEY, "manage", "check").returncode == 0
    assert {oct(path.stat().st_mode & 0o077) for path in (tmp_path / "data").rglob("*")} == {"0o0"}


def test_postgresql_without_its_extra_is_one_sentence(tmp_path):
    code = "import importlib.util as u; found = u.find_spec; "
    code += "u.find_spec = lambda name, *rest: None if name == 'psycopg' else found(name, *rest); "
    code += "from parley_server import commands; raise SystemExit(commands.main(['check']))"
    done = run(tmp_path, "-c", code, DATABASE_URL="postgres://me@127.0.0.1/chat")
    assert done.stderr == (
        'DATABASE_URL names PostgreSQL, which needs the extra "postgresql": pip install "django-parley[postgresql]".\n'
    )


@pytest.fixture
def installed(tmp_path):
    """A function that runs code with the packages where pip puts them, in a person's home without any variable."""
    packages = tmp_path / "lib" / "python3" / "site-packages"
    for name in ("parley", "parley_server"):
        shutil.copytree(ROOT / "src" / name, packages / name, ignore=shutil.ignore_patterns("__pycache__", "static"))
    home = tmp_path / "home"
    home.mkdir()

    def run_installed(code):
        env = {**environment(home), "HOME": str(home), "PYTHONPATH": str(packages)}
        env = {name: value for name, value in env.items() if name not in {"PARLEY_DATA_DIR", "XDG_DATA_HOME"}}
        command = [sys.executable, "-P", "-c", code]
        return subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, timeout=60)

    return run_installed, home / ".local" / "share" / "parley"


def test_what_is_installed_keeps_its_data_in_the_persons_home(installed):
    run_installed, folder = installed
    done = run_installed("from parley_server import commands; raise SystemExit(commands.main(['check']))")
    assert "no issues" in done.stdout, done.stderr
    assert {"secret_key", "parley.sqlite3"} <= {path.name for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_is_installed_has_no_folder_of_its_own_on_the_path_of_its_services(installed):
    run_installed, _ = installed
    assert run_installed("from parley_server import services; print(services.ENVIRONMENT)").stdout.count("PATH") == 0


@pytest.mark.parametrize("command", ["web", "worker"])
def test_services_take_no_module_from_where_they_are_started(settings, command):
    parts = getattr(commands.services, command)(dev=False).command
    assert parts[1:3] == ["-P", "-m"]


@pytest.fixture
def newer(tmp_path):
    """A data folder whose database a later version has migrated."""
    assert run(tmp_path, *FIRST_TABLES).returncode == 0
    later = "from django.db import connection; from django.db.migrations.recorder import MigrationRecorder as R; "
    later += "R(connection).record_applied('contenttypes', '0999_later'); R(connection).record_applied('gone', '0001')"
    assert run(tmp_path, "manage.py", "shell", "--no-imports", "-c", later).returncode == 0
    return tmp_path


@pytest.mark.parametrize(
    "arguments", [(*PARLEY, "web"), (*PARLEY, "worker"), (*PARLEY, "migrate"), PARLEY, ("manage.py", "migrate")]
)
def test_an_older_program_does_not_start_on_the_database_of_a_newer_one(newer, arguments):
    done = run(newer, *arguments, PORT=str(free_port()), **PROVIDER)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(IS_NEWER)
    assert "contenttypes.0999_later" in done.stderr


def test_the_sentence_is_the_message_of_one_line_of_json(newer):
    done = run(newer, *PARLEY, PORT=str(free_port()), LOG_FORMAT="json", **PROVIDER)
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["msg"].startswith(IS_NEWER)


def test_the_web_server_starts_while_the_database_is_away(tmp_path):
    port, away = free_port(), "postgres://nobody@127.0.0.1:9/none"
    web = start(tmp_path, *PARLEY, "web", "--port", str(port), DATABASE_URL=away, **PROVIDER)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), 60, "The web server does not answer")
        assert b"uvicorn" in Path(f"/proc/{web.pid}/cmdline").read_bytes()
        style = urllib.request.urlopen(f"http://127.0.0.1:{port}/static/admin/css/base.css", timeout=5)
        assert style.status == 200
    finally:
        web.terminate()
        assert web.stdout.readline().startswith("The database cannot be used: nothing listens at 127.0.0.1:9")
        web.wait(30)


def test_check_asks_what_a_running_site_needs(tmp_path):
    done = run(tmp_path, *PARLEY, "check", "--url", "http://127.0.0.1:9")
    assert done.returncode == 1, "Nothing runs."
    assert "worker" in done.stdout
    assert "127.0.0.1:9" in done.stdout

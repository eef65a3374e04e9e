"""The scripts behind `make` say in one sentence what is missing; they run in a copy, where nothing is installed."""

import shutil
import subprocess
import sys

import pytest

from parley_server.data import ROOT


@pytest.fixture
def script(tmp_path):
    """A function that runs a script of bin/ with a folder without programs as PATH, and returns how it ended."""
    programs = tmp_path / "programs"
    programs.mkdir()
    shutil.copytree(ROOT / "bin", tmp_path / "bin")
    for name in ("requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)

    def run(name, *arguments, **chosen):
        return subprocess.run(
            [tmp_path / "bin" / name, *arguments],
            env={"PATH": str(programs), **chosen},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_chromium_names_what_to_install_where_there_is_no_browser(script):
    done = script("chromium")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "No Chromium here; fetching one for the browser tests…",
        "No Chromium for the browser tests: install one (on Debian, apt-get install chromium) "
        "or name it with CHROMIUM=/path/to/chromium.",
    ]


def test_chromium_takes_the_browser_that_is_named(script, tmp_path):
    browser = tmp_path / "a browser"
    browser.touch(0o755)
    done = script("chromium", CHROMIUM=str(browser))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{browser}\n", "")


@pytest.mark.parametrize("chosen", [{"PYTHON": "/nowhere/python3"}, {}], ids=["named", "none"])
def test_install_asks_for_a_python_where_there_is_none(script, tmp_path, chosen):
    done = script("install", "requirements.txt", **chosen)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Python is missing: install Python 3.11 or newer, or name it with PYTHON=/path/to/python3.\n"
    )
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    "program", [None, "#!/nowhere/python3\n", "#!/bin/sh\nexit 1\n"], ids=["gone", "foreign", "old"]
)
def test_install_leaves_an_environment_alone_that_it_cannot_run(script, tmp_path, program):
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    (tmp_path / ".venv" / "precious").write_text("of somebody")
    if program is None:
        python.symlink_to("/nowhere/python3")
    else:
        python.write_text(program)
        python.chmod(0o755)
    for name in ("cat", "cmp"):
        (tmp_path / "programs" / name).symlink_to(shutil.which(name))
    done = script("install", "requirements.txt", PYTHON=sys.executable)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The environment in .venv cannot be used here")
    assert done.stderr.endswith("move it away or remove it, and run the command again.\n")
    assert (tmp_path / ".venv" / "precious").read_text() == "of somebody"


def test_the_command_of_a_clone_says_how_to_install_it(script):
    done = script("parley", "backup", "x.tar")
    assert (done.returncode, done.stderr) == (1, "Nothing is installed here yet: run make run first.\n")

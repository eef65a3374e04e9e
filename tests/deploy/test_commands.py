"""The files in deploy/ start commands that exist, and the one box runs as processes, without a container."""

import os
import re
import subprocess

import pytest

from tests.deploy.files import DEPLOY, commands, services
from tests.deploy.running import CODE, Ours, first_account, running
from tests.support.databases import database_at
from tests.support.people import Person
from tests.support.processes import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
RUN = {"parley", "parley run", "parley web", "parley worker", "parley migrate"}
"""The commands of the console that a file may start."""


def stopped(process, seconds):
    """End a process as a container engine does, and return its exit code; nothing of its group is left."""
    process.popen.terminate()
    code = process.popen.wait(seconds)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    return code


def test_every_command_of_the_files_is_one_of_the_console():
    assert commands() == RUN


@pytest.mark.parametrize("path", ["", "/", "/ai", "/ai/"])
def test_the_proxy_is_given_the_address_without_its_path(tmp_path, path):
    """Of an address with a path, if only a slash, Caddy serves that one path and answers all others with nothing."""
    (tmp_path / "caddy").write_text('#!/bin/sh\necho "$SITE_URL $*"\n')
    (tmp_path / "caddy").chmod(0o755)
    words = [word.replace("$$", "$") for word in services(DEPLOY / "compose.scaled.yaml")["proxy"]["command"]]
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SITE_URL": f"https://chat.example.org:8443{path}"}
    said = subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout
    assert said.startswith("https://chat.example.org:8443 run --config /etc/caddy/Caddyfile")


def test_one_box_answers_and_still_knows_it_after_a_restart(tmp_path, fake):
    port = str(free_port())
    env = {"PORT": port, "HOST": "0.0.0.0", "OPENAI_BASE_URL": fake.base_url, "OPENAI_MODEL": "fake-1"}
    url, database = f"http://127.0.0.1:{port}", database_at(f"sqlite:///{tmp_path / 'data' / 'parley.sqlite3'}")
    box = Ours("parley", tmp_path, **env)
    with running(box):
        code = box.wait_for_line(CODE)
        box.wait_for_line("Parley is ready", 90)
        assert "answers to any name by plain http" in box.output
        ann = first_account(url, database, code)
        conversation = ann.start("/say Hello from the box")
        assert ann.settled(conversation)["status"] == "done"
        assert stopped(box, 45) == 0
    again = Ours("parley", tmp_path, "run", **env)
    with running(again):
        again.wait_for_line("Parley is ready", 90)
        assert not re.search(CODE, again.output_of_this_run)
        assert "Hello from the box" in Person(url, database, "ann").sign_in().page(conversation).html
        assert stopped(again, 45) == 0

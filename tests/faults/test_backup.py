"""A backup that is made while replies are written has every message that had settled, and serves again."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.databases import database_at
from tests.support.people import SETTLED, Person
from tests.support.processes import ROOT, python, until
from tests.support.stack import Stack
from tests.support.uploads import start_with, until_read, upload

STREAMING, QUESTION = 20, "/say 300 words at 20"
CONTENT = b"The salt of the sea comes from its rivers."


@pytest.fixture(scope="module")
def busy_stack(make_stack):
    stack = make_stack(conf={"MAX_PER_PERSON": 2 * STREAMING})
    yield stack
    stack.down()


@pytest.fixture
def busy_person(busy_stack):
    busy_stack.ensure_up()
    return busy_stack.person()


def parley(env, *arguments):
    command = python("-m", "parley_server", *arguments)
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=60)


def messages(url) -> dict:
    return {row["id"]: row for row in database_at(url).query("SELECT * FROM parley_message")}


def files(folder: Path) -> dict:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def all_stream(stack) -> bool:
    return stack.db.one("SELECT count(*) AS n FROM parley_message WHERE status = 'streaming'")["n"] == STREAMING


def without_database(stack, folder) -> dict:
    """The environment of who restores into a folder."""
    return {**stack.env, "DATABASE_URL": "", "PARLEY_DATA_DIR": str(folder), "SECRET_KEY": ""}


def test_every_settled_message_is_restored_as_it_was_while_20_replies_stream(busy_stack, busy_person, tmp_path):
    attachment = upload(busy_person, CONTENT, "sea.txt")
    until_read(busy_person)
    busy_person.settled(start_with(busy_person, "/say 3 words", attachment))
    for number in range(10):
        busy_person.answer(f"/say {number + 5} words at 500")
    conversations = [busy_person.start(QUESTION) for _ in range(STREAMING)]
    until(lambda: all_stream(busy_stack), 30, "They do not stream")

    archive, folder = tmp_path / "parley.tar", tmp_path / "restored"
    made = parley(busy_stack.env, "backup", str(archive))
    assert (made.returncode, made.stderr) == (0, "")
    assert all_stream(busy_stack)
    assert archive.stat().st_mode & 0o777 == 0o600
    done = parley(without_database(busy_stack, folder), "restore", str(archive))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert [busy_person.settled(conversation, 60)["status"] for conversation in conversations] == ["done"] * STREAMING

    now, then = messages(busy_stack.database_url), messages(f"sqlite:///{folder}/parley.sqlite3")
    settled = {pk: row for pk, row in then.items() if row["status"] in SETTLED}
    assert (len(then), len(settled)) == (len(now), len(now) - STREAMING)
    assert {pk: now[pk] for pk in settled} == settled
    assert files(folder / "files") == files(busy_stack.folder / "files")
    assert CONTENT in files(folder / "files").values()
    assert (folder / "secret_key").read_text() == busy_stack.env["SECRET_KEY"]
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*")} == {0}
    _serves_again(folder, busy_person.name, conversations[0])


def _serves_again(folder: Path, name: str, conversation: str) -> None:
    """A product on a copy of what was restored knows the person's account, and ends what was being written."""
    copy = shutil.copytree(folder, folder.parent / "second")
    second = Stack(copy, conf={"DEAD_AFTER": 2, "JOB_LOST_AFTER": 2, "HEARTBEAT_INTERVAL": 0.5})
    try:
        second.ensure_up()
        person = Person(second.url, second.db, name).sign_in()
        assert person.settled(conversation, 60)["status"] == "interrupted"
        assert "/say" in person.get("/search/?q=words").text
        assert person.answer("/say 3 words")["status"] == "done"
    finally:
        second.down()


def test_a_backup_of_postgresql_has_the_files_and_names_the_command_for_the_rest(postgres_stack, tmp_path):
    person = postgres_stack.person()
    upload(person, CONTENT, "sea.txt")
    until_read(person)
    archive, folder = tmp_path / "parley.tar", tmp_path / "restored"
    made = parley(postgres_stack.env, "backup", str(archive))
    assert 'pg_dump --format=custom --file=parley.dump "$DATABASE_URL"' in made.stdout, made.stderr
    assert postgres_stack.database_url not in made.stdout
    done = parley({**postgres_stack.env, "PARLEY_DATA_DIR": str(folder)}, "restore", str(archive))
    assert 'pg_restore --dbname="$DATABASE_URL" parley.dump' in done.stdout, done.stderr
    assert CONTENT in files(folder / "files").values()
    assert not (folder / "parley.sqlite3").exists()

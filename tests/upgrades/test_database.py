"""The database of version 0.1, made by the program of that time, is migrated with all that is in it."""

import json
import os
import subprocess

import pytest

from tests.support.processes import ROOT, python
from tests.upgrades import old

pytestmark = pytest.mark.slow
FILES = {
    "lighthouse.txt": "The lighthouse of Skerryvore is 48 metres high.",
    "keepers.md": "# Keepers\n\nThomas Marshall kept the light.",
    "draft.txt": "not sent yet",
}
FILLED = "message conversation folder preset share attachment attached attachmenttext connection price budget spending"
FILLED += " call usageday profile draft transfer feed connection_groups"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def found(request, tmp_path_factory):
    """What `look` has found."""
    folder = tmp_path_factory.mktemp("of-0.1")
    old.unpack(folder)
    kept = folder / "parley.sqlite3"
    url = f"sqlite:///{kept}"
    if request.param == "sqlite":
        (folder / "kept.sqlite3").write_bytes(kept.read_bytes())
        kept = folder / "kept.sqlite3"
    else:
        url = request.getfixturevalue("postgres").create("of_old")
    return json.loads(today(folder, url, "-m", "tests.upgrades.look", str(kept)).splitlines()[-1])


def today(folder, url, *arguments):
    """Run the program of today with a data folder and a database → what it prints."""
    env = {**os.environ, **old.environment(folder, url), "DJANGO_SETTINGS_MODULE": "parley_server.settings"}
    env |= {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "ALLOWED_HOSTS": "testserver"}
    command = python(*arguments)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    return done.stdout


def test_every_row_is_as_it_was(found):
    assert found["changed"] == []
    assert [name for name in FILLED.split() if not found["rows"][f"parley_{name}"]] == []


def test_every_page_opens(found):
    assert {page: status for page, status in found["pages"].items() if status != 200} == {}
    assert len(found["pages"]) > 20
    assert found["unseen"] == []


def test_the_search_finds_old_texts_of_messages_and_files(found):
    assert "It sleeps" in found["found"]["beneath"]
    assert "lighthouse.txt" in found["found"]["Skerryvore"]
    assert "leads" in found["found"]["northward"]


def test_files_are_served(found):
    assert {name: found["files"][name] for name in FILES} == FILES
    assert found["files"]["sea.png"].startswith("\x89PNG") or found["files"]["sea.png"].startswith("RIFF")


def test_a_key_is_read_with_its_encryption_key(found):
    assert found["key"] == old.KEY


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_old_program_does_all_that_it_did_on_the_newest_tables(request, tmp_path, database):
    """As its processes do while an upgrade goes on."""
    tree, data = old.source(tmp_path / "old"), tmp_path / "data"
    if tree is None:
        pytest.skip(f"The history of this clone does not have {old.COMMIT}, the program before version 0.2.")
    data.mkdir()
    url = f"sqlite:///{data / 'parley.sqlite3'}"
    if database == "postgresql":
        url = request.getfixturevalue("postgres").create("newest")
    today(data, url, "manage.py", "migrate", "--verbosity", "0")
    old.fill(tree, data, url)
    said = today(data, url, "manage.py", "shell", "--no-imports", "-c", COUNTED)
    assert said.split() == ["2", "12", "4"]


COUNTED = """
from parley.models import Attachment, Conversation
from django.contrib.auth.models import User
print(User.objects.count(), Conversation.objects.count(), Attachment.objects.filter(status="ready").count())
"""

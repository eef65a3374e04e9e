"""The database of version 0.1, made by the program of that time, is migrated with all that is in it."""

import json
import os
import subprocess

import pytest

from tests.support.processes import ROOT, python
from tests.upgrades import old

pytestmark = pytest.mark.slow
FILLED = "message conversation folder preset share call draft transfer feed"


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


def test_the_search_finds_old_texts(found):
    assert "It sleeps" in found["found"]["beneath"]
    assert "How high is Skerryvore" in found["found"]["Skerryvore"]
    assert "leads" in found["found"]["northward"]


def test_what_calls_cost_is_kept_and_they_have_a_day(found):
    assert len(found["calls"]) > 8
    for said, cost, day, began in found["calls"]:
        assert (said, cost) in (("0.00125000", "0.00125000"), (None, None))
        assert day == began


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_old_program_does_all_that_it_did_on_the_newest_tables(request, tmp_path, database):
    """As its processes do while an upgrade goes on."""
    tree, data = old.source(tmp_path / "old"), tmp_path / "data"
    data.mkdir()
    url = f"sqlite:///{data / 'parley.sqlite3'}"
    if database == "postgresql":
        url = request.getfixturevalue("postgres").create("newest")
    today(data, url, "manage.py", "migrate", "--verbosity", "0")
    old.fill(tree, data, url)
    said = today(data, url, "manage.py", "shell", "--no-imports", "-c", COUNTED)
    assert said.split() == ["2", "11", "True"]


COUNTED = """
from datetime import timedelta
from django.utils import timezone
from parley.models import Call, Conversation
from django.contrib.auth.models import User
today = timezone.now().date()
days = set(Call.objects.values_list("day", flat=True))
print(User.objects.count(), Conversation.objects.count(), days <= {today, today - timedelta(days=1)})
"""

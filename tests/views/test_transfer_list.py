import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.views.conftest import forbids_keeping
from tests.views.transfers import exported, transfer_of

pytestmark = pytest.mark.django_db


def test_shows_at_stranger_nothing_of_others(at_stranger, owner):
    transfer = exported(owner)
    assert str(transfer.pk) not in at_stranger.get("/transfers/").text


def test_shows_at_owner_what_there_is(at_owner, owner):
    transfer = exported(owner)
    response = at_owner.get("/transfers/")
    assert f'data-transfer="{transfer.pk}"' in response.text
    assert f"/transfers/{transfer.pk}/download/" in response.text
    assert forbids_keeping(response)


def test_says_that_there_is_nothing_yet(at_owner):
    page = at_owner.get("/transfers/").text
    assert "Nothing yet" in page
    assert 'action="/transfers/export/"' in page
    assert 'enctype="multipart/form-data"' in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Waiting"),
        ({"status": "running", "progress": 3, "total": 10}, "3 of 10 conversations"),
        ({"status": "running", "progress": 1}, "1 conversation so far"),
        ({"status": "done", "total": 7, "size": 2048}, "7 conversations, 2"),
        ({"status": "done", "total": 7, "error": "files_missing"}, "missing in the storage"),
        ({"status": "failed", "error": "internal"}, "Something went wrong"),
        ({"status": "failed", "error": "worker_gone_again"}, "ended several times"),
        ({"status": "failed", "error": "time_up", "kind": "import"}, "as far as it may be read"),
        ({"status": "failed", "error": "unrecognised", "kind": "import"}, "Nothing in this file"),
        ({"status": "done", "kind": "import", "total": 1, "name": "<b>.zip"}, "1 conversation came in"),
    ],
)
def test_says_how_far_each_is(at_owner, owner, values, words):
    transfer_of(owner, **values)
    page = at_owner.get("/transfers/").text.replace("\xa0", " ")
    assert words in page
    assert "<b>.zip" not in page


def test_says_beforehand_how_much_one_may_bring_in_and_keep(at_owner, owner, settings):
    limits = {"IMPORT_TIMEOUT": 120, "MAX_IMPORTED_MESSAGES": 777, "STORAGE_PER_PERSON": 5_000_000}
    settings.PARLEY = {**settings.PARLEY, **limits}
    transfer_of(owner, kind="import", size=2_040_000)
    transfer_of(owner, status="done", size=3_000_000)
    page = " ".join(at_owner.get("/transfers/").text.split())
    assert "One import takes 2 minutes at most, and brings in 777 messages at most." in page
    assert "shared links take 2 MB of your 5 MB; exports do not count." in page


def test_takes_as_many_queries_for_many_as_for_few(at_owner, owner):
    counts = []
    for times in (1, 10):
        for _ in range(times):
            transfer_of(owner, status="done")
        with CaptureQueriesContext(connection) as captured:
            at_owner.get("/transfers/")
        counts.append(len(captured))
    assert counts[0] == counts[1]

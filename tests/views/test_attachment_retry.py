import pytest

from parley.models import Attachment
from tests.views.attachments import attachment_of
from tests.views.conftest import TURBO, status_of

pytestmark = pytest.mark.django_db
FAILED = {"status": "failed", "error": "too_slow", "deaths": 3}


def retry(client, row, **headers):
    return client.post(f"/attachments/{row.pk}/retry/", headers=headers)


def test_has_it_read_once_more(at_owner, owner):
    row = attachment_of(owner, **FAILED)
    response = retry(at_owner, row)
    assert (response.status_code, response.url) == (303, f"/attachments/{row.pk}/")
    assert (status_of(row), row.error, row.deaths) == ("waiting", "", 0)


def test_answers_with_its_chip(at_owner, owner):
    row = attachment_of(owner, **FAILED)
    response = retry(at_owner, row, accept=TURBO)
    assert (response.status_code, 'action="upsert"' in response.text) == (200, True)


@pytest.mark.parametrize("status", ["waiting", "reading", "ready"])
def test_leaves_every_other_one_as_it_is(at_owner, owner, status):
    row = attachment_of(owner, status=status)
    assert retry(at_owner, row).status_code == 303
    assert status_of(row) == status


def test_waits_its_turn_among_many(at_owner, owner, monkeypatch):
    monkeypatch.setattr(Attachment, "MAX_UNSETTLED", 1)
    attachment_of(owner, status="waiting")
    row = attachment_of(owner, **FAILED)
    response = retry(at_owner, row)
    assert (response.status_code, "wait to be read" in response.text) == (429, True)
    assert status_of(row) == "failed"

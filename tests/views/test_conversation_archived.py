import pytest

from tests.views.conftest import answered, forbids_keeping

URL = "/archived/"

pytestmark = pytest.mark.django_db


def test_says_that_nothing_is_archived(at_owner):
    assert "Nothing is archived" in at_owner.get(URL).text


def test_shows_what_is_archived_and_nothing_else(at_owner, owner, conversation):
    other = answered(owner, "Not archived", "Well.")
    conversation.organise("archive")
    page = at_owner.get(URL)
    archive = page.text.split('id="archived"')[1]
    assert f"conversation_{conversation.pk}" in archive
    assert f"conversation_{other.pk}" not in archive
    assert page.text.count(f'id="conversation_{conversation.pk}"') == 1


def test_may_not_be_kept_by_a_cache(at_owner):
    assert forbids_keeping(at_owner.get(URL))

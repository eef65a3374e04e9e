import uuid

import pytest

from parley.models import Transfer
from tests.views.conftest import answered

pytestmark = pytest.mark.django_db
URL = "/transfers/export/"


def test_begins_an_export_of_everything_at_owner(at_owner, owner):
    response = at_owner.post(URL)
    assert (response.status_code, response.url) == (303, "/transfers/")
    transfer = Transfer.objects.get()
    assert (transfer.owner, transfer.kind, transfer.status, transfer.chosen) == (owner, "export", "waiting", [])


def test_exports_the_conversations_that_are_named(at_owner, owner, conversation):
    other = answered(owner, "second", "answer")
    answered(owner, "third", "answer")
    at_owner.post(URL, {"conversation": [conversation.pk, other.pk]})
    assert set(Transfer.objects.get().chosen) == {str(conversation.pk), str(other.pk)}


def test_leaves_out_what_is_named_and_not_there(at_owner, conversation):
    at_owner.post(URL, {"conversation": [conversation.pk, uuid.uuid4()]})
    assert Transfer.objects.get().chosen == [str(conversation.pk)]


@pytest.mark.parametrize("named", ["nonsense", str(uuid.UUID(int=7))])
def test_answers_404_when_nothing_that_is_named_exists(at_owner, named):
    assert at_owner.post(URL, {"conversation": named}).status_code == 404
    assert not Transfer.objects.exists()


def test_refuses_more_than_a_few_at_once_with_a_sentence(at_owner):
    answers = [at_owner.post(URL) for _ in range(Transfer.MAX_UNSETTLED + 1)]
    assert [answer.status_code for answer in answers] == [303] * Transfer.MAX_UNSETTLED + [422]
    assert "Wait until one is done" in answers[-1].text
    assert Transfer.objects.count() == Transfer.MAX_UNSETTLED

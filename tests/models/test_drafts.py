"""What becomes of a draft when its text is sent."""

from uuid import uuid4

import pytest

from parley.models import Conversation, Draft, DuplicateQuestion, admission
from tests.models.conftest import begun

pytestmark = pytest.mark.django_db


def drafts(owner):
    return list(Draft.objects.filter(owner=owner).values_list("text", flat=True))


@pytest.fixture(autouse=True)
def _others(owner, stranger):
    """Drafts that no question of these tests sends."""
    Draft.keep(owner, begun(owner), "elsewhere")
    Draft.keep(stranger, None, "a stranger's")


def test_is_dropped_with_the_question_that_it_was_for(owner, stranger, conversation):
    Draft.keep(owner, conversation, "And then?")
    Draft.keep(owner, None, "new")
    conversation.ask("And then?", idempotency_key=uuid4())
    assert sorted(drafts(owner)) == ["elsewhere", "new"]
    Conversation.start(owner, "new", idempotency_key=uuid4())
    assert (drafts(owner), drafts(stranger)) == (["elsewhere"], ["a stranger's"])


def test_is_dropped_when_its_question_was_asked_before(owner, conversation):
    here, anew = uuid4(), uuid4()
    conversation.ask("And then?", idempotency_key=here)
    Conversation.start(owner, "new", idempotency_key=anew)
    Draft.keep(owner, conversation, "And then?")
    Draft.keep(owner, None, "new")
    with pytest.raises(DuplicateQuestion):
        conversation.ask("And then?", idempotency_key=here)
    with pytest.raises(DuplicateQuestion):
        Conversation.start(owner, "new", idempotency_key=anew)
    assert drafts(owner) == ["elsewhere"]


def test_is_kept_when_its_question_was_not(owner, conversation, monkeypatch):
    Draft.keep(owner, conversation, "And then?")
    monkeypatch.setattr(admission, "may", lambda *args: False)
    with pytest.raises(admission.Refused):
        conversation.ask("And then?", idempotency_key=uuid4())
    assert drafts(owner) == ["elsewhere", "And then?"]


def test_is_kept_when_a_program_asks(owner, conversation):
    Draft.keep(owner, conversation, "And then?")
    Draft.keep(owner, None, "new")
    conversation.ask("How are the backups?")
    Conversation.start(owner, "How are the backups?")
    assert sorted(drafts(owner)) == ["And then?", "elsewhere", "new"]

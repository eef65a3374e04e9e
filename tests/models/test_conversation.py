import pytest
from django.contrib.auth.models import AnonymousUser

from parley.models import Conversation, Message
from tests.models.conftest import answered, begun, put, said_before, settle

pytestmark = pytest.mark.django_db


def contents(messages):
    return [message.content for message in messages]


@pytest.mark.parametrize("model", [Conversation, Message])
def test_is_visible_to_its_owner_and_to_nobody_else(model, owner, stranger, conversation):
    begun(stranger)
    assert model.objects.visible_to(owner).exists()
    assert {row.conversation.owner if model is Message else row.owner for row in model.objects.visible_to(owner)} == {
        owner
    }
    assert not model.objects.visible_to(AnonymousUser()).exists()


def test_is_no_more_visible_to_an_administrator(admin_user, conversation):
    assert not Conversation.objects.visible_to(admin_user).exists()
    assert not Message.objects.visible_to(admin_user).exists()


def test_starts_with_its_question_and_a_reply_that_waits(owner):
    conversation = begun(owner, "What is\na parley?")
    question, reply = conversation.transcript()
    assert conversation.title == "What is a parley?"
    assert (question.role, question.status, question.content, question.parent) == (
        "user",
        "done",
        "What is\na parley?",
        None,
    )
    assert (reply.role, reply.status, reply.content, reply.parent) == ("assistant", "pending", "", question)


def test_asks_after_the_newest_message(conversation, reply):
    question, _ = conversation.ask("next")
    assert question.parent == reply


def test_moves_up_in_the_list_when_something_is_asked(owner):
    older, newer = begun(owner), begun(owner)
    assert list(owner.conversations.all().newest_first()) == [newer, older]
    older.ask("again")
    assert list(owner.conversations.all().newest_first()) == [older, newer]


def test_shows_its_messages_in_order(owner):
    conversation = answered(owner, times=4)
    assert contents(conversation.transcript()) == [
        "What is a parley?", "answer", "question 1", "answer", "question 2", "answer", "question 3", "answer"
    ]  # fmt: skip


def test_shows_one_branch_of_the_tree(owner):
    conversation = answered(owner)
    root = conversation.messages.get(role="user")
    other = conversation.messages.create(parent=root, role="assistant", status="done", content="another answer")
    assert contents(conversation.transcript()) == ["What is a parley?", "answer"]
    conversation.show(other)
    assert contents(conversation.transcript()) == ["What is a parley?", "another answer"]


def test_shows_nothing_of_an_empty_conversation(owner):
    assert Conversation.objects.create(owner=owner, title="empty").transcript() == []


def test_has_as_history_what_was_said_before_on_the_branch(owner):
    conversation = answered(owner, times=2)
    root, first = conversation.transcript()[:2]
    conversation.messages.create(parent=root, role="assistant", status="done", content="another branch")
    settle(conversation)
    _, second = conversation.messages.filter(role="assistant").exclude(content="another branch").order_by("id")
    assert said_before(second) == ["What is a parley?", "answer", "question 1"]
    assert said_before(first) == ["What is a parley?"]
    assert said_before(root) == []


def test_has_no_later_question_in_the_history_of_a_reply_that_is_retried(conversation, reply):
    put(reply, status="failed")
    conversation.ask("later")
    assert said_before(reply) == ["What is a parley?"]


@pytest.mark.parametrize(("own", "used"), [("", "fake-1"), ("gpt-x", "gpt-x")])
def test_uses_its_own_model_or_the_default(owner, own, used, settings):
    settings.PARLEY = {**settings.PARLEY, "MODEL": "fake-1"}
    assert Conversation(owner=owner, model=own).effective_model == used


def test_goes_with_all_its_messages(conversation):
    conversation.delete()
    assert not Message.objects.exists()

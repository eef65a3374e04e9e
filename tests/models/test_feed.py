from uuid import uuid4

import pytest

from parley.delivery.feed import REFRESH, changes_since
from parley.models import Conversation, Feed, Message
from parley.models.feed import sent_by
from tests.models.conftest import put, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(owner, conversation):
    """A function: the Turbo Streams that bring the owner's page up to date since the last call."""
    version = Feed.version_of(owner)

    def since():
        nonlocal version
        before = version
        version, stream = changes_since(owner, conversation.pk, before)
        assert (version > before) is bool(stream)
        return stream

    return since


def test_has_nothing_to_tell_where_nothing_changed(sent):
    assert sent() == ""


def test_tells_of_a_question_and_its_reply(sent, conversation):
    question, reply = conversation.ask("next")
    stream = sent()
    assert f"message_{question.pk}" in stream
    assert f"message_{reply.pk}" in stream
    assert f"conversation_{conversation.pk}" in stream
    assert sent() == ""


def test_tells_of_a_new_conversation(sent, owner):
    Conversation.start(owner, "another")
    assert f"conversation_{owner.conversations.latest('id').pk}" in sent()


@pytest.mark.parametrize(
    "create",
    [
        lambda conversation, **values: conversation.messages.create(**values),
        lambda conversation, **values: Message.objects.create(conversation=conversation, **values),
        lambda conversation, **values: Message(conversation=conversation, **values).save(),
        lambda conversation, **values: Message.objects.get_or_create(conversation=conversation, **values),
    ],
    ids=["related", "manager", "save", "get_or_create"],
)
def test_tells_of_a_message_however_it_was_made(sent, conversation, create):
    create(conversation, parent=conversation.leaf(), role="assistant", status="done", content="from a shell")
    assert "from a shell" in sent()
    assert conversation.transcript()[-1].content == "from a shell"


def test_tells_of_a_message_that_was_saved(sent, reply):
    reply.status, reply.content = "done", "changed"
    reply.save()
    assert "changed" in sent()


@pytest.mark.parametrize(
    "change",
    [
        lambda reply: Message.objects.update_or_create(pk=reply.pk, defaults={"status": "done", "content": "changed"}),
        lambda reply: save_only(reply, status="done", content="changed"),
    ],
    ids=["update_or_create", "update_fields"],
)
def test_tells_of_a_message_of_which_some_fields_were_saved(sent, reply, change):
    change(reply)
    assert "changed" in sent()


@pytest.mark.parametrize(
    "change",
    [
        lambda conversation: save(conversation, title="changed"),
        lambda conversation: save_only(conversation, title="changed"),
        lambda conversation: Conversation.objects.update_or_create(pk=conversation.pk, defaults={"title": "changed"}),
    ],
    ids=["save", "update_fields", "update_or_create"],
)
def test_tells_of_a_conversation_that_was_renamed(sent, conversation, change):
    change(conversation)
    assert "changed" in sent()


def save(row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def save_only(row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def test_tells_of_a_change_in_the_admin(sent, conversation, admin_client, settings):
    settings.PARLEY = {**settings.PARLEY, "STAFF_SEE_TEXTS": True}
    url = f"/admin/parley/conversation/{conversation.pk}/change/"
    fields = {"owner": conversation.owner_id, "title": "changed in the admin", "model": "", "instructions": ""}
    response = admin_client.post(url, fields)
    assert response.status_code == 302, response.context["errors"]
    assert "changed in the admin" in sent()


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        ("streaming", lambda reply: reply.finish("text", finish_reason="stop", usage={})),
        ("streaming", lambda reply: reply.fail("text", "cut")),
        ("streaming", lambda reply: reply.interrupt("text", "cut")),
        ("streaming", lambda reply: reply.requeue(died=True)),
        ("streaming", lambda reply: reply.stop()),
        ("pending", lambda reply: reply.stop()),
        ("stopped", lambda reply: reply.keep("text")),
        ("failed", lambda reply: reply.retry()),
        ("stopped", lambda reply: put(reply, content="text").resume()),
    ],
)
def test_tells_of_every_change_of_state(sent, reply, status, verb):
    put(reply, status=status)
    assert verb(reply)
    assert f'data-status="{reply.status}"' in sent()


def test_has_no_news_of_a_claim_which_the_log_tells(sent, reply):
    assert reply.claim(uuid4())
    assert sent() == ""


@pytest.mark.parametrize(
    "delete",
    [
        lambda conversation: conversation.delete(),
        lambda conversation: Conversation.objects.filter(pk=conversation.pk).delete(),
        lambda conversation: conversation.messages.last().delete(),
        lambda conversation: conversation.messages.all().delete(),
    ],
)
def test_loads_the_page_again_when_something_was_deleted(sent, conversation, delete):
    delete(conversation)
    assert sent() == REFRESH


def test_loads_the_page_again_when_too_much_has_changed(sent, conversation):
    for number in range(30):
        conversation.ask(f"question {number}")
    assert sent() == REFRESH


def test_tells_a_fork_nothing_of_what_becomes_of_the_other(owner, conversation, reply):
    fork = settle(conversation).fork(conversation.leaf())
    version = Feed.version_of(owner)
    put(reply, status="failed")
    assert reply.retry()
    conversation.ask("elsewhere")
    assert "message_" not in changes_since(owner, fork.pk, version)[1]
    conversation.soft_delete()
    version = Feed.version_of(owner)
    conversation.delete()
    assert changes_since(owner, fork.pk, version) == (version, "")


def test_tells_nobody_of_the_end_of_a_conversation_that_was_thrown_away(owner, conversation):
    conversation.soft_delete()
    version = Feed.version_of(owner)
    conversation.delete()
    assert Feed.version_of(owner) == version


def test_numbers_the_changes_of_each_person_alone(owner, stranger, conversation):
    before = Feed.version_of(owner)
    Conversation.start(stranger, "theirs")
    assert Feed.version_of(owner) == before
    theirs = Feed.version_of(stranger)
    assert Feed.versions([owner.pk, stranger.pk, 10_000]) == {owner.pk: (before, ""), stranger.pk: (theirs, "")}


def test_notes_whose_form_made_the_newest_change(owner, conversation):
    version = Feed.version_of(owner)
    with sent_by("tab1"):
        conversation.organise("pin")
    assert Feed.versions([owner.pk]) == {owner.pk: (version + 1, "tab1")}
    conversation.organise("unpin")
    assert Feed.versions([owner.pk]) == {owner.pk: (version + 2, "")}


def test_tells_a_stranger_nothing(owner, stranger, conversation, reply):
    Conversation.start(stranger, "theirs")
    _, stream = changes_since(stranger, conversation.pk, 0)
    assert str(reply.pk) not in stream
    assert str(conversation.pk) not in stream


def test_tells_nothing_of_conversations_that_the_page_does_not_show(sent, owner):
    Conversation.start(owner, "another")
    other = owner.conversations.latest("id")
    assert not any(str(message.pk) in sent() for message in other.messages.all())


@pytest.mark.django_db(transaction=True)
def test_lets_a_person_be_deleted_with_all_that_is_theirs(owner, conversation):
    owner.delete()
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    assert not Feed.objects.exists()


def test_asks_all_tables_at_once_which_has_something_newer(owner, conversation, django_assert_num_queries):
    version = Feed.version_of(owner)
    with django_assert_num_queries(1):
        assert changes_since(owner, conversation.pk, version) == (version, "")

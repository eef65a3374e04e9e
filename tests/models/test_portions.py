"""What writes many rows holds nobody up: no transaction is long, and nobody sees the half of a conversation."""

import gc
import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from parley.models import Conversation, Message, arriving
from parley.models.arriving import BeingCopied
from parley.models.portions import AIM, FIRST, LEAST, LIMIT, ROW, Pace
from parley.search import index
from parley.transfer.reading import read_import
from tests.models.conftest import settle
from tests.support.transactions import watched

pytestmark = pytest.mark.thorough

MANY = 12_000
LONG_TEXT = "All work and no play makes Jack a dull boy. " * 90_000
LONG_AGO = timedelta(hours=1)

whole = pytest.mark.django_db(transaction=True)
"""The transactions are those of the product."""


def purge_all():
    """Delete all that is expired: one sweep takes a second at most, in which a busy machine deletes little."""
    while Conversation.objects.expired().exists():
        Conversation.objects.purge()


def saying(*contents, role="user"):
    text = {"status": "done", "role": role}
    messages = [
        {**text, "id": str(number), "parent": str(number - 1) if number else None, "content": content}
        for number, content in enumerate(contents)
    ]
    return {"format": "parley", "version": 1, "conversation": {"id": "1", "title": "Long", "messages": messages}}


def numbers(count):
    return saying(*map(str, range(count)))


@pytest.fixture
def read(owner, tmp_path):
    """A function: the report on a document of the owner's."""

    def reading(document, **options):
        path = tmp_path / "upload"
        path.write_text(json.dumps(document))
        return read_import(path, owner, **options)

    return reading


def trashed(conversation):
    conversation.soft_delete()
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now() - LONG_AGO)
    return conversation


# No transaction is long


@whole
def test_brings_in_many_messages_a_few_at_a_time(owner, read, monkeypatch):
    with watched(monkeypatch) as transactions:
        (row,) = read(numbers(MANY))
    assert row["messages"] == MANY == owner.conversations.get().messages.count()
    assert max(transactions.rows) <= LIMIT // ROW
    assert transactions.are_short, transactions.longest


@whole
def test_brings_in_long_messages_one_at_a_time(owner, read, monkeypatch):
    with watched(monkeypatch) as transactions:
        (row,) = read(saying(*[LONG_TEXT] * 4))
    assert row["messages"] == 4
    assert max(transactions.rows) == 1
    assert transactions.are_short, transactions.longest


@whole
def test_renders_before_it_writes(owner, read, monkeypatch):
    read(saying(*[LONG_TEXT] * 4, role="assistant"))
    messages = list(Message.objects.all())
    with watched(monkeypatch) as transactions:
        Message.objects.keep_rendered(messages)
    assert not Message.objects.filter(html="").exists()
    assert transactions.are_short, transactions.longest


@whole
def test_deletes_for_good_a_few_messages_at_a_time(owner, read, monkeypatch):
    read(saying(*map(str, range(MANY // 3)), *[LONG_TEXT] * 4))
    trashed(owner.conversations.get())
    with watched(monkeypatch) as transactions:
        purge_all()
    assert not Message.objects.exists()
    assert transactions.are_short, transactions.longest


@whole
def test_forks_a_long_conversation_a_few_messages_at_a_time(owner, read, monkeypatch):
    read(saying(*map(str, range(MANY // 4)), *[LONG_TEXT] * 4))
    conversation = owner.conversations.get()
    with watched(monkeypatch) as transactions:
        fork = conversation.fork(conversation.leaf())
    assert [message.content for message in fork.whole_branch()] == [
        message.content for message in conversation.whole_branch()
    ]
    assert max(transactions.rows) <= LIMIT // ROW
    assert transactions.are_short, transactions.longest


@whole
def test_shows_a_fork_when_it_is_whole_and_makes_it_once(owner, read, monkeypatch):
    read(numbers(250))
    conversation = owner.conversations.get()
    write, seen = arriving.Arrival._write_portion, []

    def meanwhile(arrival, messages):
        write(arrival, messages)
        seen.append(Conversation.objects.visible_to(owner).count())
        with pytest.raises(BeingCopied):
            conversation.fork(conversation.leaf())

    with monkeypatch.context() as patched:
        patched.setattr(arriving.Arrival, "_write_portion", meanwhile)
        fork = conversation.fork(conversation.leaf())
    assert (set(seen), fork.messages.count()) == ({1}, 250)
    assert conversation.fork(conversation.leaf()) == fork


@whole
def test_forks_nothing_from_a_message_that_is_deleted_meanwhile(owner, read, monkeypatch):
    read(numbers(250))
    conversation = owner.conversations.get()
    ids = list(conversation.messages.order_by("pk").values_list("pk", flat=True))
    begin = arriving.Arrival._begin

    def meanwhile(arrival):
        begin(arrival)
        conversation.delete_branch(conversation.messages.get(pk=ids[220]))

    monkeypatch.setattr(arriving.Arrival, "_begin", meanwhile)
    with pytest.raises(Message.DoesNotExist):
        conversation.fork(conversation.leaf())
    assert Conversation.objects.visible_to(owner).get() == conversation
    purge_all()
    assert Message.objects.count() == 220


@whole
def test_deletes_a_long_branch_a_few_messages_at_a_time(owner, read, monkeypatch):
    read(numbers(MANY // 20))
    conversation = owner.conversations.get()
    first, second = conversation.messages.order_by("pk")[:2]
    _, reply = conversation.ask("and then?")
    with watched(monkeypatch) as transactions:
        assert conversation.delete_branch(second) == [reply]
    assert conversation.leaf() == first == conversation.messages.get()
    assert transactions.are_short, transactions.longest


@whole
def test_deletes_what_is_asked_below_a_long_branch_while_it_is_deleted(owner, read, monkeypatch):
    read(numbers(250))
    conversation = owner.conversations.get()
    ids = list(conversation.messages.order_by("pk").values_list("pk", flat=True))
    end, asked = Conversation._delete_end, []

    def once_more(self, *args):
        if not asked:
            asked.append(Conversation.objects.get(pk=self.pk).ask("one more")[1])
        return end(self, *args)

    monkeypatch.setattr(Conversation, "_delete_end", once_more)
    assert conversation.delete_branch(conversation.messages.get(pk=ids[3])) == asked
    assert list(conversation.messages.order_by("pk").values_list("pk", flat=True)) == ids[:3]


@whole
def test_fills_the_search_index_a_few_messages_at_a_time(read, monkeypatch):
    read(saying(*map(str, range(MANY // 4)), *[LONG_TEXT] * 4))
    with watched(monkeypatch) as transactions:
        assert index.make(connection) == 1
    del transactions.seconds[0]  # the old one is dropped
    assert transactions.are_short, transactions.longest


# Half of a conversation


def stopped(*_):
    """As if the process was killed, once there is the half of a conversation."""
    if Message.objects.exists():
        raise KeyboardInterrupt


@pytest.mark.django_db
def test_shows_nothing_before_it_is_whole(owner, read):
    seen = set()

    def look(*_):
        seen.add((Message.objects.count(), Conversation.objects.visible_to(owner).count()))
        assert not Conversation.objects.trashed_by(owner).exists()
        assert not Conversation.objects.undoable(owner)

    read(numbers(500), on_progress=look)
    assert any(0 < messages < 500 for messages, _ in seen)
    assert all(messages == 500 for messages, conversations in seen if conversations)
    assert owner.conversations.get().deleted_at is None


@pytest.mark.django_db
def test_deletes_what_was_given_up(owner, read):
    with pytest.raises(KeyboardInterrupt):
        read(numbers(500), on_progress=stopped)
    assert not Conversation.objects.visible_to(owner).exists()
    assert not Conversation.objects.trashed_by(owner).exists()
    purge_all()
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_deletes_what_a_killed_process_left(owner, read, monkeypatch):
    monkeypatch.setattr(arriving.Arrival, "_give_up", lambda arrival: None)
    with pytest.raises(KeyboardInterrupt):
        read(numbers(500), on_progress=stopped)
    purge_all()
    assert Message.objects.exists()
    monkeypatch.setattr(arriving, "LEASE", -LONG_AGO)
    Conversation.objects.update(deleted_at=timezone.now() - LONG_AGO)
    purge_all()
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_brings_in_anew_what_a_killed_process_left(owner, read, monkeypatch):
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(arriving.Arrival, "_give_up", lambda arrival: None)
        read(numbers(500), on_progress=stopped)
    (row,) = read(numbers(500))
    assert (row["conversations"], row["existing"]) == (1, 0)
    purge_all()
    assert owner.conversations.get().messages.count() == 500 == Message.objects.count()


@pytest.mark.django_db
def test_ends_where_another_process_has_begun_the_same_anew(owner, read):
    def begin_anew(*_):
        if Message.objects.exists() and not Conversation.objects.visible_to(owner).exists():
            read(numbers(500))

    (row,) = read(numbers(500), on_progress=begin_anew)
    assert (row["conversations"], row["existing"]) == (0, 1)
    purge_all()
    assert owner.conversations.get().messages.count() == 500


@pytest.mark.django_db
def test_brings_nothing_back_of_what_is_being_deleted(conversation):
    settle(conversation)
    trashed(conversation)
    conversation.refresh_from_db()
    Conversation.objects.update(deleted_at=arriving.GIVEN_UP)
    assert not Conversation.objects.trashed_by(conversation.owner).exists()
    assert not conversation.restore()


# The pace


@pytest.mark.parametrize(
    ("seconds", "most"),
    [(AIM / 10, 2 * FIRST), (AIM, FIRST), (2 * AIM, FIRST / 2), (100 * AIM, LEAST)],
    ids=["faster", "as it should be", "slower", "much slower"],
)
def test_writes_as_much_at_once_as_took_the_time_it_should(seconds, most):
    pace = Pace()
    pace.learn(FIRST, seconds)
    assert pace.most == pytest.approx(most)


@pytest.mark.django_db
def test_collects_no_garbage_while_it_has_the_lock():
    pace = Pace()
    with pytest.raises(IntegrityError), pace.transaction(ROW):
        with pace.transaction(ROW):
            assert not gc.isenabled()
        assert not gc.isenabled()
        raise IntegrityError
    assert gc.isenabled()

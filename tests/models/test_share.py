"""What a link shows, and what becomes of it; also on PostgreSQL."""

from datetime import timedelta

import pytest

from parley.models import Conversation, Feed, NothingToShare, Share, locks
from tests.models.conftest import answered, begun
from tests.models.test_races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def share(owner):
    return Share.of(answered(owner))


def found(share):
    return list(Share.objects.behind(share.token))


def test_is_found_by_its_token_alone(share):
    assert found(share) == [share]
    for token in ("", share.token[:-1], share.token.swapcase(), "\0", str(share.pk)):
        assert not Share.objects.behind(token).exists()


def test_cannot_show_what_is_not_written_yet(owner):
    share = Share.of(begun(owner))
    assert [row.content for row in share.rows()] == ["What is a parley?"]
    with pytest.raises(NothingToShare):
        Share.of(Conversation.objects.create(owner=owner, title="Empty"))


def test_keeps_what_strange_text_there_is(owner):
    conversation = answered(owner)
    conversation.messages.update(content='🏴‍☠️ \u202e\ufffd 漢字 "quoted" \\u0000')
    assert [row.content for row in Share.of(conversation).rows()] == ['🏴‍☠️ \u202e\ufffd 漢字 "quoted" \\u0000'] * 2


def test_ends_in_time(owner):
    conversation = answered(owner)
    assert found(Share.of(conversation, lasts=timedelta(seconds=5)))
    assert not found(Share.of(conversation, lasts=timedelta(seconds=-5)))


def test_is_revoked_once(share):
    assert [share.revoke(), share.revoke()] == [True, False]
    assert not found(share)


def test_ends_with_its_conversation(share):
    Conversation.objects.get(pk=share.conversation_id).delete()
    assert not Share.objects.exists()


def test_counts_no_view_after_it_ended(share):
    share.count_view()
    share.count_view()
    share.revoke()
    share.count_view()
    share.refresh_from_db()
    assert share.views == 2


def test_forgets_what_ended_and_nothing_else(owner, share):
    ended = Share.of(answered(owner), lasts=timedelta(seconds=-1))
    assert Share.objects.forget_expired() == 1
    assert Share.objects.forget_expired() == 0
    ended.refresh_from_db()
    share.refresh_from_db()
    assert (ended.length, share.length) == (0, 2)


def test_becomes_one_conversation_of_each_reader(share, stranger, owner):
    copies = [share.copy_for(person) for person in (stranger, stranger, owner)]
    assert copies[0] == copies[1] != copies[2]
    assert [message.content for message in copies[2].transcript()] == ["What is a parley?", "answer"]


def test_a_copy_is_ordered_and_belongs_to_its_own_tree(share, stranger):
    messages = list(share.copy_for(stranger).messages.order_by("id"))
    assert [message.parent for message in messages] == [None, messages[0]]
    assert messages[0].conversation.version == Feed.version_of(stranger)


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_asks_twice_at_once_gets_one_copy(share, stranger):
    copies = at_once(*[lambda: Share.objects.get(pk=share.pk).copy_for(stranger).pk] * 4)
    assert len(set(copies)) == stranger.conversations.count() == 1


@pytest.mark.django_db(transaction=True)
def test_every_one_of_many_readers_is_counted(share, monkeypatch):
    """As long as each gets the row in time."""
    monkeypatch.setattr(locks, "BRIEFLY", 30)
    at_once(*[share.count_view] * 6)
    share.refresh_from_db()
    assert share.views == 6


def test_a_fork_shows_what_it_has_copied(owner):
    conversation = answered(owner, times=2)
    fork = conversation.fork(conversation.transcript()[1])
    fork.ask("another way")
    assert [row.content for row in Share.of(fork).rows()] == ["What is a parley?", "answer", "another way"]

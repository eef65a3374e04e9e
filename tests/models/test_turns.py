from uuid import uuid4

import pytest

from parley.conf import conf
from parley.generation.reaper import next_of
from parley.models import Message
from tests.models.conftest import answered, begun, put

pytestmark = pytest.mark.django_db


def replies(conversation):
    return list(conversation.messages.filter(role="assistant").order_by("id"))


def claim(reply):
    return Message.objects.get(pk=reply.pk).claim(uuid4())


def finish(reply):
    Message.objects.get(pk=reply.pk).finish("text", finish_reason="stop", usage={})


def waiting(owner, number):
    return [replies(begun(owner))[0] for _ in range(number)]


def test_lets_a_person_have_so_many_replies_at_once(owner):
    assert conf.MAX_PER_PERSON == 3
    waits = waiting(owner, 5)
    assert [claim(reply) for reply in waits] == [True, True, True, False, False]
    finish(waits[0])
    assert [claim(reply) for reply in waits[3:]] == [True, False]


def test_lets_nobody_wait_for_another_person(owner, stranger):
    for reply in waiting(owner, 3):
        claim(reply)
    assert claim(waiting(stranger, 1)[0])


def test_leaves_a_reply_waiting_that_has_no_turn(owner):
    *running, last = waiting(owner, 4)
    for reply in running:
        claim(reply)
    claim(last)
    last.refresh_from_db()
    assert (last.status, last.attempt, last.worker) == ("pending", 0, None)


def test_keeps_the_order_of_a_conversation(conversation):
    conversation.ask("second")
    conversation.ask("third")
    first, second, third = replies(conversation)
    assert not claim(third)
    assert not claim(second)
    assert claim(first)
    assert not claim(second)
    finish(first)
    assert not claim(third)
    assert claim(second)


@pytest.mark.parametrize("status", ["done", "failed", "stopped", "interrupted"])
def test_waits_for_no_earlier_reply_that_has_settled(conversation, status):
    conversation.ask("second")
    first, second = replies(conversation)
    put(first, status=status)
    assert claim(second)


def test_makes_a_later_reply_wait_for_an_earlier_one_that_is_retried(conversation):
    conversation.ask("second")
    first, second = replies(conversation)
    put(first, status="failed")
    first.retry()
    assert not claim(second)
    assert claim(first)


def test_rings_for_the_next_reply_of_the_person(owner):
    running, *rest = waiting(owner, 2)
    claim(running)
    finish(running)
    assert next_of(running) == rest


def test_rings_for_a_reply_that_has_its_turn_rather_than_for_one_that_has_not(owner):
    """A slot that is free goes to another conversation when the oldest ones must wait for their own."""
    busy = begun(owner)
    claim(replies(busy)[0])
    others = waiting(owner, 2)
    for reply in others:
        claim(reply)
    for number in range(conf.MAX_PER_PERSON):
        busy.ask(f"more {number}")
    [blocked] = waiting(owner, 1)
    assert not claim(blocked)
    finish(others[0])
    assert blocked in next_of(others[0])


def test_rings_for_nobody_when_nothing_waits(owner):
    assert next_of(replies(answered(owner))[0]) == []

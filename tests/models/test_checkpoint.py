from uuid import uuid4

import pytest
from django.db import connection

from parley.ids import uuid7
from parley.models import Message
from tests.models.conftest import begun, put

pytestmark = pytest.mark.django_db


def running(owner, number, attempt=1):
    replies = [begun(owner).messages.get(role="assistant") for _ in range(number)]
    return [put(reply, status="streaming", attempt=attempt) for reply in replies]


def content(reply):
    return Message.objects.get(pk=reply.pk).content


def test_writes_the_texts_of_many_replies(owner):
    replies = running(owner, 20)
    Message.objects.checkpoint({(reply.pk, 1): f"text {number} 😀 %s" for number, reply in enumerate(replies)})
    assert [content(reply) for reply in replies] == [f"text {number} 😀 %s" for number in range(20)]


def test_writes_what_was_thought_where_it_is_new(owner):
    new, old = running(owner, 2)
    put(old, reasoning="Hm.", reasoning_seconds=3)
    thinking = {(new.pk, 1): ("Well 😀 %s", None)}
    Message.objects.checkpoint({(new.pk, 1): "", (old.pk, 1): "text"}, thinking)
    seen = Message.objects.in_bulk([new.pk, old.pk])
    assert (seen[new.pk].content, seen[new.pk].reasoning, seen[new.pk].reasoning_seconds) == ("", "Well 😀 %s", None)
    assert (seen[old.pk].content, seen[old.pk].reasoning, seen[old.pk].reasoning_seconds) == ("text", "Hm.", 3)


def test_writes_once_for_each_reply_and_reads_nothing(owner, written, django_assert_max_num_queries):
    replies = running(owner, 20)
    with written() as writes, django_assert_max_num_queries(22):
        thinking = {(reply.pk, 1): ("Hm.", 1) for reply in replies[::2]}
        Message.objects.checkpoint({(reply.pk, 1): "text" for reply in replies}, thinking)
    assert len(writes) <= 20


def test_writes_in_the_order_of_ids_as_everybody_locks_replies(owner):
    replies = running(owner, 3)
    texts = []

    def note(execute, sql, rows, many, context):
        if many:
            texts.extend(row[0] for row in rows)
        elif "SKIP LOCKED" in sql:
            texts.extend(rows[3])
        return execute(sql, rows, many, context)

    with connection.execute_wrapper(note):
        Message.objects.checkpoint({(reply.pk, 1): reply.pk.hex for reply in reversed(replies)})
    assert texts == sorted(reply.pk.hex for reply in replies)


@pytest.mark.parametrize("stop", [lambda talk, root: talk.soft_delete(), lambda talk, root: talk.delete_branch(root)])
def test_stops_many_in_the_order_of_ids_as_everybody_locks_replies(conversation, stop):
    root = conversation.messages.get(role="user")
    for pk in sorted((uuid7() for _ in range(5)), reverse=True):
        Message(id=pk, conversation=conversation, parent=root, role="assistant", status="streaming").save()
    stopped = [reply.pk for reply in stop(conversation, root)]
    assert len(stopped) == 6
    assert stopped == sorted(stopped)


@pytest.mark.parametrize("status", ["pending", "done", "stopped", "failed", "interrupted"])
def test_leaves_a_reply_alone_that_is_not_being_written(owner, status):
    [reply] = running(owner, 1)
    put(reply, status=status, content="before")
    Message.objects.checkpoint({(reply.pk, 1): "after"})
    assert content(reply) == "before"


def test_leaves_the_next_attempt_alone(owner):
    [reply] = running(owner, 1, attempt=2)
    Message.objects.checkpoint({(reply.pk, 1): "late"})
    assert content(reply) == ""


def test_is_no_change_that_a_page_must_be_told(owner):
    [reply] = running(owner, 1)
    Message.objects.checkpoint({(reply.pk, 1): "text"})
    assert Message.objects.get(pk=reply.pk).version == reply.version


def test_knows_which_are_still_running_and_which_were_stopped_or_deleted(owner):
    one, two, three = running(owner, 3)
    put(two, status="stopped")
    put(three, attempt=2)
    deleted = (uuid4(), 1)
    asked = [(one.pk, 1), (two.pk, 1), (three.pk, 1), deleted]
    assert Message.objects.still_running(asked) & set(asked) == {(one.pk, 1)}
    assert Message.objects.stopped(asked) == {(two.pk, 1), deleted}

"""Nobody gets an error because there is much to do: replies wait as pending, and begin in order by themselves."""

import itertools
import time

import pytest

from tests.faults.conftest import QUICK, SOON, assert_agree, assert_whole, question, until_settled
from tests.support.processes import until


def begun(stack, asked):
    return [request.started for request in stack.provider.asked(asked)]


def statuses(stack, conversations):
    return [stack.db.reply(conversation)["status"] for conversation in conversations]


def test_a_persons_fourth_reply_waits_and_begins_by_itself(quick_stack, person, reading):
    asked = [question(120, at=20) for _ in range(3)] + [question(10), question(10)]
    conversations = [person.start(words) for words in asked]
    readers = [reading(person, conversation) for conversation in conversations]
    for reader in readers[:3]:
        reader.until_shown()
    assert statuses(quick_stack, conversations) == ["streaming"] * 3 + ["pending"] * 2
    assert [reader.reply.status for reader in readers[3:]] == ["pending"] * 2
    assert "Queued" in readers[3].reply.words
    for words, conversation, reader in zip(asked, conversations, readers, strict=True):
        assert_whole(until_settled(quick_stack, conversation), words)
        assert_agree(quick_stack, conversation, person, reader)
    [fourth], ends = begun(quick_stack, asked[3]), [quick_stack.provider.asked(words)[0].ended for words in asked[:3]]
    assert min(ends) < fourth < min(ends) + SOON


def test_another_person_is_not_starved(quick_stack, person):
    conversations = [person.start(question(60, at=20)) for _ in range(12)]
    until(lambda: statuses(quick_stack, conversations).count("streaming") == 3)
    other = quick_stack.person()
    asked = question(10)
    sent = time.monotonic()
    assert_whole(until_settled(quick_stack, other.start(asked), 5), asked)
    assert begun(quick_stack, asked)[0] - sent < SOON
    assert statuses(quick_stack, conversations).count("pending") >= 6
    for conversation in conversations:
        until_settled(quick_stack, conversation)


def test_two_replies_of_one_conversation_keep_their_order(quick_stack, person, reading):
    first, second, third = (question(60, at=30) for _ in range(3))
    conversation = person.start(first)
    reader = reading(person, conversation)
    person.ask(conversation, second)
    person.ask(conversation, third)
    until_settled(quick_stack, conversation)
    replies = [row for row in quick_stack.db.messages(conversation) if row["role"] == "assistant"]
    for row, asked in zip(replies, (first, second, third), strict=True):
        assert_whole(row, asked)
    assert_agree(quick_stack, conversation, person, reader)
    [last] = quick_stack.provider.asked(third)
    assert [message["content"] for message in last.messages] == [
        first,
        replies[0]["content"],
        second,
        replies[1]["content"],
        third,
    ]


def test_what_waits_is_not_forgotten_when_the_worker_dies(quick_stack, person, reading):
    asked = [question(2000, at=30) for _ in range(3)] + [question(10) for _ in range(3)]
    conversations = [person.start(words) for words in asked]
    readers = [reading(person, conversation) for conversation in conversations]
    for reader in readers[:3]:
        reader.until_shown(50)
    quick_stack.restart("worker")
    for words, conversation, reader in zip(asked[3:], conversations[3:], readers[3:], strict=True):
        assert_whole(until_settled(quick_stack, conversation), words)
        assert_agree(quick_stack, conversation, person, reader)


def test_stopping_a_reply_lets_the_next_one_begin(quick_stack, person, reading):
    running = [question(2000, at=30) for _ in range(3)]
    readers = [reading(person, person.start(words)) for words in running]
    for reader in readers:
        reader.until_shown()
    asked = question(10)
    conversation = person.start(asked)
    person.post(f"/messages/{readers[0].reply.id}/stop/")
    assert_whole(until_settled(quick_stack, conversation, 5), asked)
    for reader in readers[1:]:
        person.post(f"/messages/{reader.reply.id}/stop/")


@pytest.fixture(scope="module")
def small_stack(make_stack):
    """A product whose worker writes two replies at once."""
    stack = make_stack(conf=QUICK, env={"PARLEY_CONCURRENCY": "2"})
    yield stack
    for name in ("web", "worker"):
        stack.kill(name)


def test_a_full_worker_takes_the_rest_in_order(small_stack, reading):
    people = [small_stack.person() for _ in range(6)]
    asked = [question(75, at=25) for _ in people]
    conversations = []
    for person, words in zip(people, asked, strict=True):
        conversations.append(person.start(words))
        time.sleep(0.1)
    readers = [reading(person, conversation) for person, conversation in zip(people, conversations, strict=True)]
    for reader in readers[:2]:
        reader.until_shown()
    assert statuses(small_stack, conversations) == ["streaming"] * 2 + ["pending"] * 4
    for person, words, conversation, reader in zip(people, asked, conversations, readers, strict=True):
        assert_whole(until_settled(small_stack, conversation), words)
        assert_agree(small_stack, conversation, person, reader)
    starts = [begun(small_stack, words)[0] for words in asked]
    assert all(earlier - later < 1 for earlier, later in itertools.pairwise(starts)), "Each takes three seconds"


def test_a_full_worker_is_not_kept_busy_by_what_has_to_wait(small_stack, reading):
    person, other = small_stack.person(), small_stack.person()
    conversation = person.start(question(60, at=20))
    for _ in range(4):
        person.ask(conversation, question(5))
    asked = question(10)
    assert_whole(until_settled(small_stack, other.start(asked), 5), asked)
    until_settled(small_stack, conversation)
    assert_agree(small_stack, conversation, person, reading(person, conversation))

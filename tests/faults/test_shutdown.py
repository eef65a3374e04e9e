"""A worker that is asked to end gives running answers a grace, then hands them over in order."""

import itertools
import time

from tests.faults.conftest import QUICK, assert_agree, assert_begun, assert_whole, question, until_settled
from tests.support.processes import until

ENDS_WITHIN = QUICK["SHUTDOWN_GRACE"] + 15
"""Seconds: of the grace, and of a busy machine that ends a process."""


def ask_to_end(stack):
    worker = stack.processes["worker"]
    worker.popen.terminate()
    return time.monotonic()


def assert_ends(stack, asked_at):
    stack.processes["worker"].popen.wait(ENDS_WITHIN)
    assert time.monotonic() - asked_at < ENDS_WITHIN
    assert stack.processes["worker"].popen.returncode == 0


def test_it_leaves_nothing_open_when_it_has_answered(quick_stack, person):
    before = len(quick_stack.logs["worker"])
    assert person.answer("Anything left?")["status"] == "done"
    assert_ends(quick_stack, ask_to_end(quick_stack))
    words = quick_stack.logs["worker"][before:]
    assert "Unclosed" not in words
    assert "ERROR" not in words


def test_what_ends_within_the_grace_is_finished(quick_stack, person, reading):
    asked = question(60, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(150)
    asked_at = ask_to_end(quick_stack)
    assert_whole(until_settled(quick_stack, conversation, ENDS_WITHIN), asked)
    assert_agree(quick_stack, conversation, person, reader)
    assert_ends(quick_stack, asked_at)


def test_what_was_shown_is_kept_whole_and_can_go_on(quick_stack, person, reading):
    asked = question(400, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(40)
    asked_at = ask_to_end(quick_stack)
    row = until_settled(quick_stack, conversation, ENDS_WITHIN)
    assert_begun(row, asked)
    assert row["status"] == "interrupted"
    assert_ends(quick_stack, asked_at)
    assert_agree(quick_stack, conversation, person, reader)
    assert len(row["content"]) >= max(length for _, length, status in reader.history if status == "streaming")
    quick_stack.start("worker")
    assert person.post(f"/messages/{reader.reply.id}/resume/").status_code == 303
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)


def test_what_was_not_begun_is_handed_over_in_order(quick_stack, person, reading):
    asked = [question(20, after=8) for _ in range(3)]
    conversations = [person.start(words) for words in asked]
    readers = [reading(person, conversation) for conversation in conversations]
    quick_stack.provider.wait_for(lambda requests: all(map(quick_stack.provider.asked, asked)))
    asked_at = ask_to_end(quick_stack)
    assert_ends(quick_stack, asked_at)
    quick_stack.start("worker")
    for words, conversation, reader in zip(asked, conversations, readers, strict=True):
        row = until_settled(quick_stack, conversation)
        assert_whole(row, words)
        assert row["deaths"] == 0
        assert_agree(quick_stack, conversation, person, reader)
    again = [quick_stack.provider.asked(words)[1].started for words in asked]
    assert all(earlier - later < 1 for earlier, later in itertools.pairwise(again))


def test_a_rolling_restart_leaves_no_gap(quick_stack, person, reading):
    """Twice in one answer that has not begun: neither counts as a death."""
    asked = question(20, after=6)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    for tries in (1, 2):
        until(lambda tries=tries: len(quick_stack.provider.asked(asked)) == tries, 30)
        assert_ends(quick_stack, ask_to_end(quick_stack))
        quick_stack.start("worker")
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)

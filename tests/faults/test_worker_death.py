"""A worker that dies takes nothing with it: what was shown is kept, what was not begun is begun again."""

import time

import pytest

from tests.fake_provider import expected_text
from tests.faults.conftest import (
    QUICK,
    SOON,
    assert_agree,
    assert_begun,
    assert_whole,
    question,
    second_worker,
    until_settled,
)
from tests.support.locks import file_locked
from tests.support.processes import until
from tests.support.reader import Poller

NOTICED = QUICK["DEAD_AFTER"] + 4
THOUGHTS = "Let me think about it."


def press(person, reader, verb):
    """Press a button that the page has to offer."""
    reader.until(lambda reply: verb in reply.actions, 10, f"and has no {verb}")
    assert person.post(f"/messages/{reader.reply.id}/{verb}/", turbo=True).status_code == 200


@pytest.mark.parametrize("restarted", [True, False], ids=["restarted", "gone"])
def test_text_that_was_shown_is_kept(quick_stack, person, reading, restarted):
    asked = question(600, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(200)
    quick_stack.kill("worker")
    killed = time.monotonic()
    if restarted:
        quick_stack.start("worker")
    row = until_settled(quick_stack, conversation, NOTICED)
    assert (row["status"], row["error"]) == ("interrupted", "worker_gone")
    assert_begun(row, asked)
    assert len(row["content"]) >= reader.length_at(killed - 1.5)
    assert_agree(quick_stack, conversation, person, reader)
    assert {"retry", "resume"} <= reader.reply.actions
    assert "Interrupted" in reader.reply.words


def test_text_that_was_shown_is_kept_though_the_database_could_not_take_it(quick_stack, person, reading):
    """Another program holds SQLite's lock; test_locked_rows.py does the same to PostgreSQL."""
    asked = question(600, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(200)
    with file_locked(quick_stack.db):
        time.sleep(8)
        quick_stack.kill("worker")
        killed = time.monotonic()
        saved = len(quick_stack.db.reply(conversation)["content"])
    row = until_settled(quick_stack, conversation, NOTICED + 20)
    assert (row["status"], row["error"]) == ("interrupted", "worker_gone")
    assert_begun(row, asked)
    assert len(row["content"]) >= reader.length_at(killed - 1.5) > saved + 400
    assert_agree(quick_stack, conversation, person, reader)


def test_reasoning_that_was_shown_is_kept_with_the_text(quick_stack, person, reading):
    asked = question(600, at=40, how="reasoning")
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(200)
    quick_stack.restart("worker")
    row = until_settled(quick_stack, conversation, NOTICED)
    assert (row["status"], row["error"], row["reasoning"]) == ("interrupted", "worker_gone", THOUGHTS)
    assert_begun(row, asked)
    assert_agree(quick_stack, conversation, person, reader)
    assert THOUGHTS in reader.reply.words
    assert THOUGHTS in person.page(conversation).html


def test_thoughts_without_a_word_of_the_answer_are_thought_again(quick_stack, person, reading):
    asked = f"{question(20, how='reasoning')} thinks 4"
    conversation = person.start(asked)
    reader = reading(person, conversation)
    until(lambda: quick_stack.db.reply(conversation)["reasoning"], 20, "What was thought is not saved")
    quick_stack.restart("worker")
    row = until_settled(quick_stack, conversation)
    assert_whole(row, asked)
    assert row["reasoning"] == THOUGHTS
    assert_agree(quick_stack, conversation, person, reader)
    assert [request.completed for request in quick_stack.provider.asked(asked)] == [False, True]


class EagerPoller(Poller):
    EVERY = 0.2


def test_a_tab_that_only_polls_learns_that_the_last_worker_is_gone(quick_stack, person, reading):
    asked = question(600, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation, EagerPoller)
    reader.until_shown(200)
    quick_stack.kill("worker")
    reader.until(lambda reply: reply.status == "interrupted", 30)
    assert_begun(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)


def test_by_default_it_is_noticed_within_thirty_seconds(stack, reading):
    person = stack.person()
    asked = question(2000, at=30)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(50)
    stack.kill("worker")
    row = until_settled(stack, conversation, 30)
    assert row["status"] == "interrupted"
    assert_begun(row, asked)
    assert_agree(stack, conversation, person, reader)


def test_by_default_what_was_not_begun_runs_again_within_thirty_seconds(stack, reading):
    person = stack.person()
    asked = question(20, after=4)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    stack.provider.wait_for(lambda _: stack.provider.asked(asked))
    stack.restart("worker")
    until(lambda: len(stack.provider.asked(asked)) == 2, 30)
    assert_whole(until_settled(stack, conversation, 30), asked)
    assert_agree(stack, conversation, person, reader)


def test_continue_appends_to_the_same_reply(quick_stack, person, reading):
    asked = question(200, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(200)
    quick_stack.restart("worker")
    kept = until_settled(quick_stack, conversation, NOTICED)["content"]
    press(person, reader, "resume")
    row = until_settled(quick_stack, conversation)
    assert_whole(row, asked)
    assert row["content"].startswith(kept)
    assert_agree(quick_stack, conversation, person, reader)
    assert len(quick_stack.db.messages(conversation)) == 2
    first, second = quick_stack.provider.completions[-2:]
    assert (second.messages[-1]["role"], second.messages[-1]["content"]) == ("assistant", kept)
    assert not first.completed
    assert second.completed


def test_retry_begins_the_same_reply_again(quick_stack, person, reading):
    asked = question(100, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    quick_stack.restart("worker")
    until_settled(quick_stack, conversation, NOTICED)
    press(person, reader, "retry")
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)
    assert len(quick_stack.db.messages(conversation)) == 2
    assert [request.completed for request in quick_stack.provider.asked(asked)] == [False, True]


def test_a_retry_that_waits_shows_nothing_of_the_answer_before(quick_stack, person, reading):
    asked = question(100, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    quick_stack.kill("worker")
    until_settled(quick_stack, conversation, NOTICED)
    press(person, reader, "retry")
    reader.until(lambda reply: reply.status == "pending", SOON)
    time.sleep(1)
    late = reading(person, conversation)
    time.sleep(1)
    assert [(tab.reply.status, tab.reply.text) for tab in (reader, late)] == [("pending", "")] * 2
    quick_stack.start("worker")
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader, late)


def test_what_was_not_begun_runs_again_by_itself(quick_stack, person, reading):
    asked = question(30, after=2)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    quick_stack.provider.wait_for(lambda _: quick_stack.provider.asked(asked))
    quick_stack.restart("worker")
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)
    assert [request.completed for request in quick_stack.provider.asked(asked)] == [False, True]


def test_after_three_deaths_it_fails_with_a_sentence(quick_stack, person, reading):
    asked = question(10, after=600)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    for tries in range(1, 5):
        until(lambda tries=tries: len(quick_stack.provider.asked(asked)) == tries, 20, f"No try {tries}")
        quick_stack.restart("worker")
    row = until_settled(quick_stack, conversation, NOTICED)
    assert (row["status"], row["error"], row["content"]) == ("failed", "worker_gone_again", "")
    assert_agree(quick_stack, conversation, person, reader)
    assert "retry" in reader.reply.actions
    time.sleep(QUICK["JOB_LOST_AFTER"])
    assert len(quick_stack.provider.asked(asked)) == 4


def test_many_answers_of_a_dead_worker_are_all_seen_to(quick_stack, reading):
    people = [quick_stack.person() for _ in range(6)]
    asked = [question(300, at=30) if number % 2 else question(20, after=3) for number in range(12)]
    conversations = [(people[number // 2], people[number // 2].start(words)) for number, words in enumerate(asked)]
    readers = [reading(person, conversation) for person, conversation in conversations]
    for reader, words in zip(readers, asked, strict=True):
        reader.until(lambda reply, words=words: "after 3" in words or len(reply.text) > 20)
    quick_stack.restart("worker")
    for (person, conversation), reader, words in zip(conversations, readers, asked, strict=True):
        row = until_settled(quick_stack, conversation)
        assert row["status"] == ("done" if "after 3" in words else "interrupted")
        assert expected_text(words).startswith(row["content"])
        assert_agree(quick_stack, conversation, person, reader)


@pytest.mark.parametrize("words", [300, 110], ids=["has-more-to-come", "has-all-of-it"])
def test_a_worker_that_wakes_up_later_writes_nothing(quick_stack, person, reading, words):
    asked = question(words, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(50)
    sleeper = quick_stack.processes["worker"]
    sleeper.freeze()
    with second_worker(quick_stack):
        assert until_settled(quick_stack, conversation, NOTICED)["status"] == "interrupted"
        press(person, reader, "resume")
        reader.until(lambda reply: reply.status == "streaming")
        sleeper.thaw()
        row = until_settled(quick_stack, conversation)
        assert_whole(row, asked)
        assert_agree(quick_stack, conversation, person, reader)
        assert quick_stack.provider.completions[-1].completed
        time.sleep(2)
        assert quick_stack.db.reply(conversation) == row
        assert_agree(quick_stack, conversation, person, reader)


@pytest.mark.parametrize("words", [300, 110], ids=["has-more-to-come", "has-all-of-it"])
def test_a_worker_that_wakes_up_later_takes_its_interrupted_answer_back(quick_stack, person, reading, words):
    asked = question(words, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    quick_stack.processes["worker"].freeze()
    row = until_settled(quick_stack, conversation, NOTICED)
    assert (row["status"], row["error"]) == ("interrupted", "worker_gone")
    quick_stack.processes["worker"].thaw()
    until(lambda: quick_stack.db.reply(conversation)["error"] == "")
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)
    assert len(quick_stack.provider.asked(asked)) == 1


def test_a_worker_that_wakes_up_before_its_first_word_is_fenced(quick_stack, person, reading):
    asked = question(60, at=30, after=1)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    quick_stack.provider.wait_for(lambda _: quick_stack.provider.asked(asked))
    sleeper = quick_stack.processes["worker"]
    sleeper.freeze()
    with second_worker(quick_stack):
        until(lambda: len(quick_stack.provider.asked(asked)) == 2, NOTICED)
        sleeper.thaw()
        assert_whole(until_settled(quick_stack, conversation), asked)
        assert_agree(quick_stack, conversation, person, reader)
    assert len(quick_stack.db.messages(conversation)) == 2

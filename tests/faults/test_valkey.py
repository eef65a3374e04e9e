"""Without Valkey answers go on into the database, and tabs catch up when it returns."""

import shutil
import time

import pytest

from tests.faults.conftest import SOON, assert_agree, assert_whole, kept_length, question, until_settled
from tests.support.processes import until

SEND_WITHIN = 8.0


def wipe(stack):
    for entry in (stack.folder / "valkey").iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def come_back(stack, kept):
    if kept == "wiped":
        wipe(stack)
    stack.start("valkey")
    return time.monotonic()


@pytest.mark.parametrize("kept", ["kept", "wiped"])
def test_is_away_in_the_middle_of_an_answer(quick_stack, person, reading, kept):
    asked = question(500, at=40)
    conversation = person.start(asked)
    readers = [reading(person, conversation) for _ in range(3)]
    readers[0].until_shown(200)
    quick_stack.kill("valkey")
    before = len(quick_stack.db.reply(conversation)["content"])
    time.sleep(5)
    assert len(quick_stack.db.reply(conversation)["content"]) > before + 500
    back = come_back(quick_stack, kept)
    length = kept_length(quick_stack, conversation)
    for reader in readers:
        reader.until(lambda reply, length=length: len(reply.text) >= length, max(0.1, back + SOON - time.monotonic()))
    assert quick_stack.db.reply(conversation)["status"] == "streaming"
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, *readers)
    assert len(quick_stack.provider.asked(asked)) == 1


@pytest.mark.parametrize("kept", ["kept", "wiped"])
def test_is_away_when_an_answer_ends(quick_stack, person, reading, kept):
    asked = question(120, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    quick_stack.kill("valkey")
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)
    come_back(quick_stack, kept)
    assert_agree(quick_stack, conversation, person, reader)
    again = question(20)
    person.ask(conversation, again)
    assert_whole(until_settled(quick_stack, conversation), again)
    assert_agree(quick_stack, conversation, person, reader)


def test_an_answer_that_ends_meanwhile_takes_no_other_along(quick_stack, person, reading):
    short, long = question(60, at=40), question(400, at=40)
    conversations = [person.start(words) for words in (short, long)]
    readers = [reading(person, conversation) for conversation in conversations]
    for reader in readers:
        reader.until_shown(50)
    quick_stack.kill("valkey")
    assert_whole(until_settled(quick_stack, conversations[0]), short)
    come_back(quick_stack, "kept")
    for words, conversation, reader in zip((short, long), conversations, readers, strict=True):
        assert_whole(until_settled(quick_stack, conversation), words)
        assert_agree(quick_stack, conversation, person, reader)
    assert "tell_readers failed" not in quick_stack.logs["worker"]


def test_is_restarted_five_times_during_an_answer(quick_stack, person, reading):
    asked = question(500, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    for turn in range(5):
        reader.until(lambda reply, turn=turn: len(reply.text) >= 100 + 400 * turn)
        quick_stack.kill("valkey")
        come_back(quick_stack, "wiped" if turn % 2 else "kept")
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)


def test_hangs_for_a_while(quick_stack, person, reading):
    asked = question(400, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    quick_stack.processes["valkey"].freeze()
    before = len(quick_stack.db.reply(conversation)["content"])
    time.sleep(5)
    assert len(quick_stack.db.reply(conversation)["content"]) > before + 500
    quick_stack.processes["valkey"].thaw()
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)
    assert len(quick_stack.provider.asked(asked)) == 1


@pytest.mark.parametrize("kept", ["kept", "wiped"])
def test_what_is_sent_meanwhile_runs_later(quick_stack, person, reading, kept):
    conversation = person.start(question(5))
    until_settled(quick_stack, conversation)
    reader = reading(person, conversation)
    quick_stack.kill("valkey")
    asked = question(20)
    sent = time.monotonic()
    person.ask(conversation, asked)
    assert time.monotonic() - sent < SEND_WITHIN
    other = person.start(question(20))
    assert person.page(other).reply["status"] == "pending"
    assert quick_stack.db.reply(conversation)["status"] == "pending"
    come_back(quick_stack, kept)
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert until_settled(quick_stack, other)["status"] == "done"
    assert_agree(quick_stack, conversation, person, reader)
    assert len(quick_stack.provider.asked(asked)) == 1


def test_a_queue_that_was_lost_is_rung_again(quick_stack, person, reading):
    quick_stack.processes["worker"].freeze()
    asked = question(20)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    quick_stack.kill("valkey")
    come_back(quick_stack, "wiped")
    quick_stack.processes["worker"].thaw()
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)


def test_is_away_for_thirty_seconds(stack, reading):
    person = stack.person()
    asked, sent_meanwhile = question(1400, at=40), question(20)
    conversation = person.start(asked)
    readers = [reading(person, conversation) for _ in range(2)]
    readers[0].until_shown(100)
    stack.kill("valkey")
    away = time.monotonic()
    other = person.start(sent_meanwhile)
    time.sleep(away + 30 - time.monotonic())
    assert len(stack.db.reply(conversation)["content"]) > 4000
    back = come_back(stack, "kept")
    length = kept_length(stack, conversation)
    for reader in readers:
        reader.until(lambda reply: len(reply.text) >= length, max(0.1, back + SOON - time.monotonic()))
    assert_whole(until_settled(stack, conversation), asked)
    assert_agree(stack, conversation, person, *readers)
    assert_whole(until_settled(stack, other), sent_meanwhile)
    until(lambda: len(stack.provider.asked(asked)) == 1)

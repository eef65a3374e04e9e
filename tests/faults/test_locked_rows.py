"""PostgreSQL: while the host holds rows of one person, nobody else waits, and nothing of that person is lost."""

import threading
import time

import pytest

from tests.fake_provider import expected_text
from tests.faults.conftest import assert_agree, assert_begun, assert_whole, question, until_settled
from tests.support.locks import feeds_locked, rows_locked
from tests.support.people import PASSWORD
from tests.support.processes import until

HELD = 6.0


@pytest.fixture
def held(postgres_stack):
    """Somebody whose rows the host holds."""
    return postgres_stack.person()


@pytest.fixture
def others(postgres_stack):
    return [postgres_stack.person() for _ in range(3)]


def test_a_claim_skips_a_person_whose_feed_is_held(postgres_stack, held, others, reading):
    stack, asked = postgres_stack, question(5)
    stack.processes["worker"].freeze()
    conversation = held.start(asked)
    with feeds_locked(stack.db, held.name):
        stack.processes["worker"].thaw()
        began = time.monotonic()
        for person in others:
            assert person.answer(question(5), 5)["status"] == "done"
        assert time.monotonic() - began < HELD
        assert stack.db.reply(conversation)["status"] == "pending"
    row = until_settled(stack, conversation, 5)
    assert_whole(row, asked)
    assert_agree(stack, conversation, held, reading(held, conversation))
    assert len(stack.provider.asked(asked)) == 1


def test_answers_end_beside_many_of_a_person_whose_feed_is_held(postgres_stack, held, others):
    stack = postgres_stack
    mine = [(asked, held.start(asked)) for asked in (question(40, at=20) for _ in range(3))]
    for _, conversation in mine:
        until(lambda conversation=conversation: stack.db.reply(conversation)["content"])
    with feeds_locked(stack.db, held.name):
        end = time.monotonic() + HELD
        while time.monotonic() < end:
            began = time.monotonic()
            assert others[0].answer(question(5), 5)["status"] == "done"
            assert time.monotonic() - began < 4
        assert {stack.db.reply(conversation)["status"] for _, conversation in mine} == {"streaming"}
    for asked, conversation in mine:
        assert_whole(until_settled(stack, conversation, 5), asked)


def test_an_answer_ends_while_its_persons_own_row_is_held(postgres_stack, held):
    stack, asked = postgres_stack, question(40, at=20)
    conversation = held.start(asked)
    until(lambda: stack.db.reply(conversation)["content"])
    with rows_locked(stack.db, "auth_user", "username = ?", held.name):
        assert_whole(until_settled(stack, conversation, 5), asked)


def test_checkpoints_of_others_go_on_beside_a_message_that_is_held(postgres_stack, held, others, reading):
    """A worker that is killed meanwhile loses a second of their text."""
    stack = postgres_stack
    texts = [(person, question(600, at=30)) for person in (held, *others)]
    answers = [(person, asked, person.start(asked)) for person, asked in texts]
    tabs = [reading(person, conversation) for person, _, conversation in answers]
    for tab in tabs:
        tab.until_shown(50)
    mine = stack.db.reply(answers[0][2])
    with rows_locked(stack.db, "parley_message", "id = ?", mine["id"]):
        before = len(stack.db.reply(answers[0][2])["content"])
        time.sleep(HELD)
        stack.kill("worker")
        killed = time.monotonic()
        assert len(stack.db.reply(answers[0][2])["content"]) == before
        for (_, asked, conversation), tab in list(zip(answers, tabs, strict=True))[1:]:
            kept = stack.db.reply(conversation)["content"]
            assert expected_text(asked).startswith(kept)
            assert len(kept) >= tab.length_at(killed - 1.5) > before
        for person, asked, conversation in answers[1:]:
            assert_begun(until_settled(stack, conversation, 40), asked)
            assert_agree(stack, conversation, person)
    mine = until_settled(stack, answers[0][2], 40)
    assert (mine["status"], expected_text(answers[0][1]).startswith(mine["content"])) == ("interrupted", True)
    assert len(mine["content"]) >= tabs[0].length_at(killed - 1.5) > before + 400


def test_all_of_the_text_is_there_after_its_message_was_held(postgres_stack, held, reading):
    stack, asked = postgres_stack, question(300, at=30)
    conversation = held.start(asked)
    tab = reading(held, conversation)
    tab.until_shown(50)
    with rows_locked(stack.db, "parley_message", "id = ?", stack.db.reply(conversation)["id"]):
        time.sleep(HELD)
        freed_at, shown = time.monotonic(), tab.length_at(time.monotonic() - 0.5)
    until(lambda: len(stack.db.reply(conversation)["content"]) >= shown, 3)
    assert time.monotonic() - freed_at < 3
    assert_whole(until_settled(stack, conversation), asked)
    assert_agree(stack, conversation, held, tab)


def test_text_is_written_after_its_message_was_held_though_no_more_of_it_comes(postgres_stack, held):
    stack, asked = postgres_stack, question(20, at=5, how="stall-after")
    conversation = held.start(asked)
    until(lambda: stack.db.reply(conversation)["content"])
    mine = stack.db.reply(conversation)["id"]
    with rows_locked(stack.db, "parley_message", "id = ?", mine):
        time.sleep(HELD)
        assert len(stack.db.reply(conversation)["content"]) < len(expected_text(asked))
    until(lambda: stack.db.reply(conversation)["content"] == expected_text(asked), 3)
    held.post(f"/messages/{mine}/stop/")
    assert until_settled(stack, conversation, 5)["content"] == expected_text(asked)


def test_a_form_of_a_person_whose_feed_is_held_gives_up_and_says_so(postgres_stack, held):
    stack, asked = postgres_stack, question(5)
    conversation = held.start(question(5))
    until_settled(stack, conversation)
    with feeds_locked(stack.db, held.name):
        began = time.monotonic()
        answer = held.post(f"/c/{conversation}/messages/", text=asked)
        assert (answer.status_code, time.monotonic() - began < 5) == (503, True)
        assert int(answer.headers["Retry-After"]) > 0
        assert held.page(conversation).html
    assert asked not in [row["content"] for row in stack.db.messages(conversation)]


def test_others_sign_in_beside_a_person_whose_row_is_held(postgres_stack, held, others):
    """Passwords have one thread, and the sign-in of the first writes that row."""
    with rows_locked(postgres_stack.db, "auth_user", "username = ?", held.name):
        waiting = threading.Thread(target=held.post, args=["/accounts/login/"], kwargs=who(held))
        held.http.cookies.delete("sessionid")
        waiting.start()
        time.sleep(1)
        others[0].http.cookies.delete("sessionid")
        others[0].sign_in()
        waiting.join(10)
        assert not waiting.is_alive()


def who(person):
    return {"username": person.name, "password": PASSWORD}

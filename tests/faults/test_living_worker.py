"""A worker that lives keeps its answers, however old its heartbeat looks to others."""

import time

import pytest

from tests.faults.conftest import QUICK, assert_agree, assert_begun, assert_whole, question, until_settled
from tests.support.dom import answer_to
from tests.support.locks import clock_moved, feeds_locked, rows_locked
from tests.support.processes import until

LONG = 2 * QUICK["DEAD_AFTER"]


@pytest.fixture(scope="session")
def _quick_postgres_stack(make_stack, postgres):
    return make_stack(database_url=postgres.create("quick"), conf=QUICK)


@pytest.fixture
def quick_postgres_stack(_quick_postgres_stack):
    _quick_postgres_stack.ensure_up()
    return _quick_postgres_stack


@pytest.fixture(params=["sqlite", "postgresql"])
def either_stack(request):
    """A product that notices a dead worker within seconds, on each database."""
    return request.getfixturevalue("quick_stack" if request.param == "sqlite" else "quick_postgres_stack")


def assert_kept(stack, person, asked, conversation, reader):
    """What was seen at any time is the beginning of what is kept, which is all of it; nothing was asked twice."""
    assert_whole(until_settled(stack, conversation), asked)
    assert_agree(stack, conversation, person, reader)
    assert answer_to(asked).startswith(reader.longest)
    assert len(stack.provider.asked(asked)) == 1


def begun(stack, reading, words):
    """(person, question, conversation, tab) of an answer of which some is shown."""
    person, asked = stack.person(), question(words, at=30)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    return person, asked, conversation, reader


def test_while_its_people_s_rows_are_locked(either_stack, reading):
    """Some answers end meanwhile, more than one worker writes at once, and some go on."""
    answers = [begun(either_stack, reading, words) for words in [150] * 4 + [450] * 2]
    with feeds_locked(either_stack.db):
        time.sleep(LONG)
    for person, *answer in answers:
        assert_kept(either_stack, person, *answer)


def test_while_its_own_row_and_all_sessions_are_held(quick_postgres_stack, reading):
    """It cannot say that it lives; who would take its answers away cannot write that row either."""
    person, *answer = begun(quick_postgres_stack, reading, 400)
    db = quick_postgres_stack.db
    with rows_locked(db, "parley_worker"), rows_locked(db, "django_session"):
        time.sleep(LONG)
        assert db.reply(answer[1])["status"] == "streaming"
        assert person.page(answer[1]).html
    assert_kept(quick_postgres_stack, person, *answer)


@pytest.mark.parametrize("seconds", [-60, 60])
def test_while_the_clock_is_moved(either_stack, reading, seconds):
    person, *answer = begun(either_stack, reading, 400)
    with clock_moved(either_stack.db, seconds):
        time.sleep(LONG)
        assert either_stack.db.reply(answer[1])["status"] == "streaming"
    assert_kept(either_stack, person, *answer)


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_dead_worker_is_noticed_as_soon_whatever_its_clock_said(either_stack, reading, seconds):
    person, asked, conversation, reader = begun(either_stack, reading, 600)
    with clock_moved(either_stack.db, seconds):
        time.sleep(1)
        either_stack.kill("worker")
        row = until_settled(either_stack, conversation, QUICK["DEAD_AFTER"] + 4)
    assert (row["status"], row["error"]) == ("interrupted", "worker_gone")
    assert_begun(row, asked)
    assert_agree(either_stack, conversation, person, reader)


def test_a_reply_that_was_given_back_before_its_first_word_goes_on_where_it_is(quick_stack, reading):
    """The task for another attempt is heard by the very worker that is at it, and was asleep."""
    person, asked = quick_stack.person(), question(20, after=15)
    conversation = person.start(asked)
    quick_stack.provider.wait_for(lambda _: quick_stack.provider.asked(asked))
    quick_stack.processes["worker"].freeze()
    reader = reading(person, conversation)
    until(lambda: quick_stack.db.reply(conversation)["status"] == "pending", 12)
    quick_stack.processes["worker"].thaw()
    assert_kept(quick_stack, person, asked, conversation, reader)

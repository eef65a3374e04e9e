"""While the database cannot be reached the text is kept in memory, and written when it is back."""

import threading
import time
from urllib.parse import urlsplit

import pytest

from tests.faults.conftest import QUICK, assert_agree, assert_whole, question, until_settled
from tests.support.locks import file_locked
from tests.support.processes import until
from tests.support.proxy import Proxy

AWAY = 5.0
LONG = 26.0
"""Longer than a heartbeat may be missing, and than SQLite waits for its lock."""


@pytest.fixture(scope="session")
def _network(postgres):
    with Proxy(postgres.port) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def _far_postgres_stack(make_stack, postgres, _network):
    url = postgres.create("faults")
    far = url.replace(f":{urlsplit(url).port}/", f":{_network.port}/")
    return make_stack(database_url=url, env={"DATABASE_URL": far}, conf=QUICK)


@pytest.fixture
def far_postgres_stack(_far_postgres_stack, _network):
    """A product that reaches its PostgreSQL through a network."""
    _network.thaw()
    _network.accept_again()
    _far_postgres_stack.ensure_up()
    return _far_postgres_stack


@pytest.fixture
def network(_network):
    yield _network
    _network.thaw()
    _network.accept_again()


@pytest.mark.parametrize(("words", "seconds"), [(500, AWAY), (150, LONG)], ids=["in-the-middle", "at-the-end"])
def test_sqlite_is_locked(stack, reading, words, seconds):
    person = stack.person()
    asked = question(words, at=50)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    with file_locked(stack.db, exclusive=True):
        time.sleep(seconds)
    assert_whole(until_settled(stack, conversation), asked)
    assert_agree(stack, conversation, person, reader)
    assert len(stack.provider.asked(asked)) == 1


@pytest.mark.parametrize("how", ["frozen", "refused"])
@pytest.mark.parametrize("words", [500, 150], ids=["in-the-middle", "at-the-end"])
def test_postgresql_is_away(far_postgres_stack, network, reading, words, how):
    stack = far_postgres_stack
    person = stack.person()
    asked = question(words, at=50)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    network.freeze() if how == "frozen" else network.refuse()
    shown = len(reader.reply.text)
    time.sleep(AWAY)
    assert len(reader.reply.text) > shown + 300
    network.thaw() if how == "frozen" else network.accept_again()
    back = time.monotonic()
    seen = reader.length_at(back - 1)
    while len(stack.db.reply(conversation)["content"]) < seen:
        assert time.monotonic() < back + 5
        time.sleep(0.1)
    assert_whole(until_settled(stack, conversation), asked)
    assert_agree(stack, conversation, person, reader)
    assert len(stack.provider.asked(asked)) == 1


def test_pages_say_so_while_postgresql_is_away(far_postgres_stack, network):
    person = far_postgres_stack.person()
    person.http.headers["Accept"] = "text/html"
    network.refuse()
    page = person.get("/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "try again in a few seconds" in page.text.lower()
    assert person.get("/healthz").status_code == 200
    network.accept_again()
    until(lambda: person.get("/").status_code == 200, 20, "The page did not come back")


def test_what_is_sent_while_postgresql_is_away_is_refused_or_answered(far_postgres_stack, network, reading):
    stack = far_postgres_stack
    person = stack.person()
    conversation = person.start(question(5))
    until_settled(stack, conversation)
    asked = question(20)
    network.refuse()
    answers = []
    sending = threading.Thread(target=lambda: answers.append(person.post(f"/c/{conversation}/messages/", text=asked)))
    sending.start()
    time.sleep(AWAY)
    network.accept_again()
    sending.join(20)
    written = [row["content"] for row in stack.db.messages(conversation)]
    assert (asked in written) == (answers[0].status_code == 303)
    until_settled(stack, conversation)
    assert_agree(stack, conversation, person, reading(person, conversation))

"""While a reply is written its text reaches the database once a second, and never per token."""

import itertools
import time

import pytest

from tests.fake_provider import expected_text
from tests.faults.conftest import assert_agree, assert_whole, question, until_settled

pytestmark = pytest.mark.alone

NOTE = """CREATE TRIGGER note_update AFTER UPDATE ON parley_message BEGIN
  INSERT INTO noted VALUES (new.id, (julianday('now') - 2440587.5) * 86400.0, length(new.content), new.status); END"""


@pytest.fixture
def noted(quick_stack):
    """A function that gives the UPDATEs of a message: (time, length of the text, status)."""
    db = quick_stack.db
    db.query("CREATE TABLE noted (id text, at real, length integer, status text)")
    db.query(NOTE)
    yield lambda pk: [
        (row["at"], row["length"], row["status"])
        for row in db.query("SELECT * FROM noted WHERE id = ? ORDER BY at", db.key(pk))
    ]
    db.query("DROP TRIGGER note_update")
    db.query("DROP TABLE noted")


@pytest.mark.parametrize("speed", [20, 150])
def test_text_is_written_once_a_second_and_not_per_token(quick_stack, person, reading, noted, speed):
    asked = question(6 * speed, at=speed)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)
    updates = noted(reader.reply.id)
    streaming = [(at, length) for at, length, status in updates if status == "streaming"]
    gaps = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(streaming)]
    assert 5 <= len(updates) <= 6 + 4, updates
    assert max(gaps) < 1.5, gaps
    assert [length for _, length in streaming] == sorted(length for _, length in streaming)
    assert updates[-1][1:] == (len(expected_text(asked)), "done")


def test_twenty_answers_at_once_are_written_once_a_second_each(quick_stack, noted):
    people = [quick_stack.person() for _ in range(7)]
    asked = [(person, question(120, at=20)) for person in people for _ in range(3)][:20]
    conversations = [person.start(words) for person, words in asked]
    for (_, words), conversation in zip(asked, conversations, strict=True):
        reply = until_settled(quick_stack, conversation)
        assert_whole(reply, words)
        assert len(noted(reply["id"])) <= 6 + 4


def test_what_was_seen_is_in_the_database_a_second_later(quick_stack, person, reading):
    conversation = person.start(question(150, at=30))
    reader = reading(person, conversation)
    reader.until_shown(10)
    for _ in range(20):
        at, kept = time.monotonic(), len(quick_stack.db.reply(conversation)["content"])
        assert kept >= reader.length_at(at - 1.5)
        time.sleep(0.17)
    until_settled(quick_stack, conversation)

"""A worker that dies takes no export and no import with it, and replies go on beside them."""

import json
import time

from tests.fake_provider import expected_text
from tests.faults.conftest import QUICK, question, until_settled
from tests.support.processes import until
from tests.support.transfers import archive_of, bring_in, count_of_conversations, send_import, settled, transfer_of

MANY = 1500


def until_under_way(person):
    until(lambda: count_of_conversations(person) > 50, 60, "The import does not begin")


def told_of(transfer):
    """How many came in, and how many were there already, as its report says."""
    report = transfer["report"]
    rows = json.loads(report) if isinstance(report, str) else report
    return sum(row["conversations"] for row in rows), sum(row["existing"] for row in rows)


def test_an_import_goes_on_after_its_worker_was_killed_and_brings_nothing_twice(quick_stack, person):
    send_import(person, archive_of(MANY))
    until_under_way(person)
    quick_stack.restart("worker")
    transfer = settled(person, 120)
    assert (transfer["status"], transfer["deaths"], transfer["attempt"]) == ("done", 1, 2)
    assert count_of_conversations(person) == MANY
    assert told_of(transfer) == (MANY, 0)


def test_it_is_handed_over_when_its_worker_is_asked_to_end(quick_stack, person):
    send_import(person, archive_of(MANY))
    until_under_way(person)
    quick_stack.stop("worker")
    assert transfer_of(person)["status"] == "waiting"
    quick_stack.start("worker")
    transfer = settled(person, 120)
    assert (transfer["status"], transfer["deaths"]) == ("done", 0)
    assert count_of_conversations(person) == MANY
    assert told_of(transfer) == (MANY, 0)
    assert told_of(bring_in(person, archive_of(MANY))) == (0, MANY)


def test_it_waits_visibly_while_there_is_no_worker(quick_stack, person):
    quick_stack.stop("worker")
    try:
        send_import(person, archive_of(1))
        assert "Waiting for its turn" in person.get("/transfers/").text
    finally:
        quick_stack.start("worker")
    assert settled(person)["status"] == "done"


def test_a_task_that_was_lost_is_rung_for_again(quick_stack, person):
    quick_stack.stop("worker")
    send_import(person, archive_of(1))
    with quick_stack.valkey.client() as client:
        client.flushall()
    quick_stack.start("worker")
    assert settled(person, QUICK["JOB_LOST_AFTER"] + 20)["status"] == "done"


def test_an_answer_is_written_while_an_import_runs(quick_stack, person):
    other = quick_stack.person()
    send_import(other, archive_of(MANY))
    until_under_way(other)
    asked = question(60, at=30)
    began = time.monotonic()
    row = until_settled(quick_stack, person.start(asked), 20)
    assert (row["status"], row["content"]) == ("done", expected_text(asked))
    assert time.monotonic() - began < 15
    assert settled(other, 120)["status"] == "done"

"""A budget for one answer is enough for one, whoever claims the others; and a worker that dies holds nothing."""

import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from parley.ids import uuid7
from parley.models.budget import KEPT_FOR
from tests.faults.conftest import assert_whole, question, second_worker, until_settled
from tests.support.processes import until

pytestmark = pytest.mark.alone
ONE = 6_000
"""Tokens: more than one answer may take, with its 4,000, and less than two."""


@pytest.fixture
def product(any_stack):
    yield any_stack
    any_stack.db.query("DELETE FROM parley_budget")
    time.sleep(KEPT_FOR + 0.2)


@pytest.fixture
def limit(product):
    """A function: these people have this much together; every process knows it then."""

    def limit(people, tokens=ONE):
        db, name = product.db, f"group {uuid7()}"
        db.insert("auth_group", [{"name": name}])
        group = db.one("SELECT id FROM auth_group WHERE name = ?", name)["id"]
        for person in people:
            user = db.one("SELECT id FROM auth_user WHERE username = ?", person.name)["id"]
            db.insert("auth_user_groups", [{"user_id": user, "group_id": group}])
        values = {"id": db.key(uuid7()), "group_id": group, "each": False, "period": "month", "unit": "tokens"}
        db.insert("parley_budget", [{**values, '"limit"': tokens, "hard": True}])
        time.sleep(KEPT_FOR + 0.2)

    return limit


def spent(product):
    """(spent, held) of the one spending there is."""
    row = product.db.one("SELECT spent, held FROM parley_spending WHERE budget_id IN (SELECT id FROM parley_budget)")
    return int(row["spent"]), int(row["held"])


def calls(product, conversation):
    statement = "SELECT * FROM parley_call WHERE reply_id = ? ORDER BY attempt, number"
    return product.db.query(statement, product.db.reply(conversation)["id"])


def tokens(rows):
    return sum((row["prompt_tokens"] or 0) + (row["completion_tokens"] or 0) for row in rows)


def test_one_of_twenty_questions_at_once_runs_with_two_workers(product, limit):
    people = [product.person() for _ in range(20)]
    limit(people)
    asked = [question(150, at=30) for _ in people]
    with second_worker(product) as second, ThreadPoolExecutor(10) as threads:
        workers = product.processes["worker"], second
        for worker in workers:
            worker.freeze()
        conversations = [*threads.map(lambda person, words: person.start(words), people, asked)]
        for worker in workers:
            worker.thaw()
        rows = [until_settled(product, conversation, 60) for conversation in conversations]
    assert Counter((row["status"], row["error"]) for row in rows) == {("done", ""): 1, ("failed", "over_budget"): 19}
    [runs] = [number for number, row in enumerate(rows) if row["status"] == "done"]
    assert_whole(rows[runs], asked[runs])
    assert [number for number, words in enumerate(asked) if product.provider.asked(words)] == [runs]
    assert spent(product) == (tokens(calls(product, conversations[runs])), 0)
    assert product.db.query("SELECT id FROM parley_reservation") == []


def test_a_long_answer_ends_where_the_budget_does(product, limit):
    person = product.person()
    limit([person], 5_000)
    row = until_settled(product, person.start(question(9_000, at=4_000)), 60)
    assert (row["status"], row["error"]) == ("interrupted", "budget_used_up")
    assert 2_000 < len(row["content"].split()) < 5_000
    assert spent(product)[0] <= 5_000
    assert spent(product)[1] == 0


def test_nothing_stays_held_for_a_worker_that_was_killed_and_a_retry_counts(product, limit, reading):
    person, asked = product.person(), question(600, at=40)
    limit([person])
    conversation = person.start(asked)
    reading(person, conversation).until_shown(50)
    assert spent(product)[1] > 4_000
    product.kill("worker")
    killed = time.monotonic()
    until(lambda: spent(product)[1] == 0, 30, "It is still held")
    print(f"{product.db.__class__.__name__}: held nothing after {time.monotonic() - killed:.1f} s")
    [call] = calls(product, conversation)
    assert (call["outcome"], call["error"]) == ("interrupted", "worker_gone")
    product.start("worker")
    reply = uuid.UUID(str(product.db.reply(conversation)["id"]))
    assert person.post(f"/messages/{reply}/retry/", turbo=True).status_code == 200
    assert_whole(until_settled(product, conversation, 60), asked)
    first, second = calls(product, conversation)
    assert (first["outcome"], second["outcome"]) == ("interrupted", "done")
    assert spent(product) == (tokens([first, second]), 0)

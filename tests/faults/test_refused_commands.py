"""Valkey answers commands with errors (a full disk, a failover): the worker goes on taking questions afterwards."""

import time
from functools import cache

import pytest

from tests.faults.conftest import QUICK, assert_agree, assert_begun, assert_whole, question, until_settled

WITHIN = 8.0
"""Seconds after which a question must be answered when Valkey takes commands again; the machine may be busy."""
REFUSALS = {
    "no replicas": (("CONFIG SET", "min-replicas-to-write", "1"), ("CONFIG SET", "min-replicas-to-write", "0")),
    "read only": (("REPLICAOF", "127.0.0.1", "9"), ("REPLICAOF", "NO", "ONE")),
    "no permission": (("ACL SETUSER", "default", "-@write"), ("ACL SETUSER", "default", "+@all")),
}
CASES = [("sqlite", name) for name in REFUSALS] + [("postgresql", "read only")]
NOBODY_WRITES = 3.0
"""Seconds: until the worker has asked for its next task and was refused."""


@pytest.fixture(scope="module")
def products(request, make_stack):
    """A function that returns the product on a database, made once."""

    @cache
    def product(database):
        url = request.getfixturevalue("postgres").create("refused") if database == "postgresql" else ""
        return make_stack(conf=QUICK, database_url=url)

    yield product
    for stack in (product(database) for database in {database for database, _ in CASES}):
        for name in ("web", "worker"):
            stack.kill(name)


@pytest.fixture(params=CASES, ids=" ".join)
def case(request):
    return request.param


@pytest.fixture
def product(products, case):
    products(case[0]).ensure_up()
    return products(case[0])


@pytest.fixture
def refusal(case):
    return REFUSALS[case[1]]


def tell(stack, command):
    with stack.valkey.client() as client:
        client.execute_command(*command)


def refuse_for_a_while(stack, refusal, seconds=NOBODY_WRITES):
    begin, end = refusal
    tell(stack, begin)
    time.sleep(seconds)
    tell(stack, end)


def test_an_idle_worker_takes_the_next_question(product, refusal):
    person = product.person()
    until_settled(product, person.start(question(5)))
    refuse_for_a_while(product, refusal)
    asked = question(10)
    assert_whole(until_settled(product, person.start(asked), WITHIN), asked)
    assert product.logs["worker"].count("Cannot connect to redis") <= 2


def test_a_worker_that_is_writing_goes_on_and_takes_the_next_question(product, refusal, reading):
    person, other = product.person(), product.person()
    long = question(800, at=40)
    conversation = person.start(long)
    reader = reading(person, conversation)
    reader.until_shown(100)
    refuse_for_a_while(product, refusal)
    asked = question(10)
    assert_whole(until_settled(product, other.start(asked), WITHIN), asked)
    assert product.db.reply(conversation)["status"] == "streaming"
    assert_whole(until_settled(product, conversation, 60), long)
    assert_agree(product, conversation, person, reader)
    assert len(product.provider.asked(long)) == 1


def test_what_is_asked_meanwhile_is_answered_afterwards(product, refusal):
    person = product.person()
    until_settled(product, person.start(question(5)))
    begin, end = refusal
    tell(product, begin)
    asked = question(10)
    conversation = person.start(asked)
    time.sleep(NOBODY_WRITES)
    tell(product, end)
    assert_whole(until_settled(product, conversation, WITHIN + QUICK["JOB_LOST_AFTER"]), asked)


@pytest.fixture(scope="module")
def unforgiving_stack(make_stack):
    """A product whose worker does not begin again by itself, as in a project with Celery's own settings."""
    stack = make_stack(conf=QUICK, env={"DJANGO_SETTINGS_MODULE": "tests.support.unforgiving_settings"})
    yield stack
    stack.kill("web")


def test_a_worker_that_takes_no_more_tasks_hands_over_and_ends(unforgiving_stack, reading):
    stack, refusal = unforgiving_stack, REFUSALS["read only"]
    stack.ensure_up()
    person = stack.person()
    long, not_begun, asked = question(1500, at=40), question(20, after=20), question(10)
    conversations = [person.start(words) for words in (long, not_begun)]
    reader = reading(person, conversations[0])
    reader.until_shown(100)
    stack.provider.wait_for(lambda requests: stack.provider.asked(not_begun))
    refuse_for_a_while(stack, refusal, 0.5)
    assert stack.processes["worker"].popen.wait(WITHIN) == 1
    assert "This worker takes no more tasks" in stack.logs["worker"]
    row = until_settled(stack, conversations[0], 1)
    assert_begun(row, long)
    assert (row["status"], row["error"]) == ("interrupted", "worker_gone")
    assert len(row["content"]) >= len(reader.longest)
    assert stack.db.reply(conversations[1])["status"] == "pending"
    stack.start("worker")
    assert_whole(until_settled(stack, person.start(asked), WITHIN), asked)
    assert_agree(stack, conversations[0], person, reader)

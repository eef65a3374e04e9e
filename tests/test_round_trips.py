"""What a question, and a worker that waits for one, cost Valkey: counted in commands."""

from collections import Counter
from itertools import islice

import kombu
import pytest
import redis

from parley.celery import OPTIONS

QUESTIONS = 20


@pytest.fixture(scope="module")
def commands(_unpolled_stack):
    """Name → how often Valkey carried it out for short questions, one after the other."""
    product, person = _unpolled_stack, _unpolled_stack.person()
    person.answer("/say 10 words at 100")
    before = carried_out(product)
    for number in range(QUESTIONS):
        assert person.answer(f"/say 10 words at 100 number {number}")["status"] == "done"
    yield carried_out(product) - before
    for name in ("web", "worker"):
        product.kill(name)


def carried_out(product):
    with product.valkey.client() as client:
        statistics = client.info("commandstats")
    return Counter({name.removeprefix("cmdstat_"): each["calls"] for name, each in statistics.items()})


def test_a_question_is_put_into_the_queue_and_taken_out_of_it(commands):
    assert commands["lpush"] == QUESTIONS
    lists = (commands[name] for name in ("zadd", "hset", "zrem", "hdel", "smembers"))
    assert max(lists) < QUESTIONS, "A connection that begins has some of its own, but no question has."


def test_a_log_is_given_its_time_at_its_beginning_and_at_its_end(commands):
    assert 2 * QUESTIONS <= commands["expire"] < 3 * QUESTIONS


def test_a_worker_that_waits_only_looks_into_its_queue(unpolled_stack):
    with redis.Redis.from_url(unpolled_stack.valkey.url) as client, client.monitor() as seen:
        commands = (each["command"] for each in seen.listen())
        told = islice((command for command in commands if command.startswith(("BRPOP", "PUBLISH"))), 1, 5)
        assert set(told) == {"BRPOP celery 1"}


def test_rabbitmq_is_handed_the_options_of_the_queue_too(monkeypatch):
    monkeypatch.setattr("amqp.Connection.connect", lambda self: None)
    with kombu.Connection("amqp://", transport_options=OPTIONS["broker_transport_options"]) as rabbitmq:
        assert rabbitmq.transport.establish_connection().client is rabbitmq

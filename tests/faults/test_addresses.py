"""Valkey or Redis wherever it listens: a question is answered, and every part of the product keeps to it."""

import pytest

from tests.fake_provider import expected_text
from tests.faults.conftest import QUICK, assert_agree, assert_whole, question, until_settled
from tests.support.stack import Stack
from tests.support.stores import NamedValkey, RabbitMQ, SocketValkey, TlsRedis

pytestmark = pytest.mark.timeout(500)
"""Seconds; a server that is not there is installed first."""


class OnSocket(Stack):
    store = SocketValkey


class WithName(Stack):
    store = NamedValkey


class WithTls(Stack):
    store = TlsRedis


@pytest.fixture(scope="module", params=[OnSocket, WithName, WithTls], ids=lambda kind: kind.__name__)
def elsewhere(request, make_stack):
    return make_stack(request.param, conf=QUICK)


def test_an_answer_streams_through_a_store_that_listens_elsewhere(elsewhere, reading):
    person, asked = elsewhere.person(), question(60, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(50)
    assert_whole(until_settled(elsewhere, conversation), asked)
    assert_agree(elsewhere, conversation, person, reader)
    assert reader.connections == 1
    with elsewhere.valkey.client() as client:
        assert int(client.info("keyspace").get(f"db{client.connection_pool.connection_kwargs['db']}", {})["keys"])


def test_a_store_that_was_restarted_is_found_again(elsewhere, reading):
    person = elsewhere.person()
    elsewhere.restart("valkey")
    asked = question(30, at=60)
    assert person.answer(asked)["content"] == expected_text(asked)


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory):
    server = RabbitMQ(tmp_path_factory.mktemp("rabbitmq")).start()
    yield server
    server.remove()


class WithRabbitMQ(Stack):
    """Its workers wait at a queue of RabbitMQ; what they write still goes through Valkey."""

    def worker_listens(self) -> bool:
        return "Connected" in self.logs["worker"] or bool(self.db.query("SELECT id FROM parley_worker"))


def test_the_queue_may_be_in_rabbitmq_which_may_be_restarted(rabbitmq, make_stack, reading):
    stack = make_stack(WithRabbitMQ, conf=QUICK, env={"BROKER_URL": rabbitmq.url})
    person = stack.person()
    for _ in range(2):
        asked = question(60, at=40)
        conversation = person.start(asked)
        reader = reading(person, conversation)
        reader.until_shown(50)
        assert_whole(until_settled(stack, conversation), asked)
        assert_agree(stack, conversation, person, reader)
        rabbitmq.kill()
        rabbitmq.start()
    asked = question(30, at=60)
    rabbitmq.kill()
    conversation = person.start(asked)
    rabbitmq.start()
    assert_whole(until_settled(stack, conversation), asked)

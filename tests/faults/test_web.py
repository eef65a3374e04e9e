"""The web server may go at any time: the answer goes on, and tabs catch up by themselves."""

import signal
import time

import pytest

from tests.faults.conftest import SOON, assert_agree, assert_whole, kept_length, question, until_settled
from tests.support.people import Person
from tests.support.proxy import Proxy


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "asked"])
def test_the_web_server_ends_twice_during_an_answer(quick_stack, person, reading, number):
    asked = question(300, at=40)
    conversation = person.start(asked)
    readers = [reading(person, conversation) for _ in range(5)]
    web = quick_stack.processes["web"]
    for length in (100, 600):
        readers[0].until_shown(length)
        if number == signal.SIGTERM:
            quick_stack.stop("web")
        else:
            quick_stack.kill("web")
        time.sleep(0.5)
        quick_stack.start("web")
        back = time.monotonic()
        kept = kept_length(quick_stack, conversation)
        for reader in readers:
            reader.until(lambda reply, kept=kept: len(reply.text) >= kept, max(0.1, back + SOON - time.monotonic()))
    assert web.running
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, *readers)
    assert len(quick_stack.provider.asked(asked)) == 1


def test_an_answer_that_ends_while_the_web_server_is_away(quick_stack, person, reading):
    asked = question(60, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(50)
    quick_stack.kill("web")
    assert_whole(until_settled(quick_stack, conversation), asked)
    quick_stack.start("web")
    assert_agree(quick_stack, conversation, person, reader)


def test_a_web_server_that_was_frozen(quick_stack, person, reading):
    asked = question(250, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    quick_stack.processes["web"].freeze()
    time.sleep(3)
    quick_stack.processes["web"].thaw()
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)


@pytest.fixture
def network(quick_stack):
    with Proxy(quick_stack.port) as proxy:
        yield proxy


@pytest.fixture
def remote(quick_stack, person, network):
    """The same person, on the other side of a network."""
    remote = Person(network.url, quick_stack.db, person.name)
    remote.http.timeout = 5
    return remote.sign_in()


def test_a_slow_network(quick_stack, person, remote, network, reading):
    asked = question(150, at=40)
    conversation = person.start(asked)
    reader = reading(remote, conversation)
    network.delay = 0.4
    reader.until_shown(100)
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)


def test_a_network_that_breaks_again_and_again(quick_stack, person, remote, network, reading):
    asked = question(400, at=60)
    conversation = person.start(asked)
    readers = [reading(remote, conversation) for _ in range(4)]
    network.drops = 0.05
    assert_whole(until_settled(quick_stack, conversation), asked)
    network.drops = 0.0
    assert_agree(quick_stack, conversation, person, *readers)
    assert sum(reader.connections for reader in readers) > 8


def test_a_network_that_swallows_everything_for_a_while(quick_stack, person, remote, network, reading):
    asked = question(250, at=40)
    conversation = person.start(asked)
    reader = reading(remote, conversation)
    reader.until_shown(100)
    network.freeze()
    time.sleep(3)
    network.thaw()
    back = time.monotonic()
    kept = kept_length(quick_stack, conversation)
    reader.until(lambda reply: len(reply.text) >= kept, max(0.1, back + SOON - time.monotonic()))
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)


def test_a_computer_that_sleeps_through_the_answer(quick_stack, person, reading):
    asked = question(80, at=60)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(30)
    reader.sleep()
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert reader.reply.status == "streaming"
    reader.wake()
    assert_agree(quick_stack, conversation, person, reader)


def test_a_computer_that_sleeps_in_the_middle_of_the_answer(quick_stack, person, reading):
    asked = question(300, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    reader.sleep()
    time.sleep(3)
    kept = kept_length(quick_stack, conversation)
    assert len(reader.reply.text) < kept
    reader.wake()
    reader.until(lambda reply: len(reply.text) >= kept, SOON)
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)

"""Two web processes behind nginx, which sends each request to any of them, two workers, PostgreSQL and Valkey.

One of each may go at any time, and all may be restarted in the documented order: workers first, then web processes.
"""

import pytest

from tests.faults.conftest import QUICK, assert_agree, assert_begun, assert_whole, question, until_settled
from tests.support.cluster import WEBS, WORKERS, Cluster
from tests.support.databases import Row

pytestmark = pytest.mark.timeout(400)
"""Seconds; nginx is installed first where it is not there."""


@pytest.fixture(scope="module")
def _cluster(make_stack, postgres):
    return make_stack(Cluster, database_url=postgres.create("cluster"), conf=QUICK)


@pytest.fixture
def cluster(_cluster) -> Cluster:
    _cluster.ensure_up()
    return _cluster


@pytest.fixture
def person(cluster):
    return cluster.person()


@pytest.mark.parametrize("name", [*WEBS, "nginx", "valkey"])
def test_a_stream_goes_through_while_one_of_them_is_killed(cluster, person, reading, name):
    asked = question(300, at=40)
    conversation = person.start(asked)
    readers = [reading(person, conversation) for _ in range(6)]
    for reader in readers:
        reader.until_shown(100)
    cluster.restart(name)
    assert_whole(until_settled(cluster, conversation), asked)
    assert_agree(cluster, conversation, person, *readers, within=10)
    assert len(cluster.provider.asked(asked)) == 1


def test_each_web_process_serves_every_tab(cluster, person, reading):
    """Without stickiness: the page, its socket and its forms are served by whoever comes."""
    conversations = [person.start(question(40, at=40)) for _ in range(6)]
    readers = [reading(person, conversation) for conversation in conversations]
    for conversation, reader in zip(conversations, readers, strict=True):
        until_settled(cluster, conversation)
        assert_agree(cluster, conversation, person, reader)


def test_a_question_is_answered_while_one_worker_is_down(cluster, person, reading):
    cluster.kill("worker")
    asked = question(60, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    assert_whole(until_settled(cluster, conversation), asked)
    assert_agree(cluster, conversation, person, reader)


def test_what_a_killed_worker_wrote_is_kept_and_the_other_one_goes_on(cluster, person, reading):
    asked = [question(300, at=40) for _ in range(3)]
    conversations = [person.start(words) for words in asked]
    readers = [reading(person, conversation) for conversation in conversations]
    for reader in readers:
        reader.until_shown(60)
    cluster.kill("worker2")
    for words, conversation, reader in zip(asked, conversations, readers, strict=True):
        row = go_on(cluster, person, conversation)
        assert_whole(row, words)
        assert_agree(cluster, conversation, person, reader)


def test_everything_is_restarted_in_the_documented_order(cluster, person, reading):
    asked = [question(250, at=30) for _ in range(3)]
    conversations = [person.start(words) for words in asked]
    readers = [reading(person, conversation) for conversation in conversations]
    for reader in readers:
        reader.until_shown(40)
    for name in (*WORKERS, *WEBS):
        cluster.stop(name)
        cluster.start(name)
    for words, conversation, reader in zip(asked, conversations, readers, strict=True):
        assert_begun(until_settled(cluster, conversation), words)
        assert_whole(go_on(cluster, person, conversation), words)
        assert_agree(cluster, conversation, person, reader, within=10)


def go_on(cluster: Cluster, person, conversation: str) -> Row:
    """Press “Continue” where an answer was interrupted, and return the reply when it has ended."""
    row = until_settled(cluster, conversation)
    if row["status"] == "interrupted":
        assert person.post(f"/messages/{row['id']}/resume/").status_code == 303
        row = until_settled(cluster, conversation)
    return row

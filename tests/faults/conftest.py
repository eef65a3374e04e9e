"""Products with short times, the means to break them, and what must hold afterwards."""

import itertools
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from celery import Celery

from parley.markdown import render
from tests.fake_provider import expected_text
from tests.support.databases import Row
from tests.support.dom import SETTLED, Articles, text_of
from tests.support.people import Person
from tests.support.processes import Process, until
from tests.support.reader import Reader
from tests.support.stack import Stack

QUICK = {"HEARTBEAT_INTERVAL": 0.5, "DEAD_AFTER": 4, "JOB_LOST_AFTER": 4, "SHUTDOWN_GRACE": 2}
SOON = 4.0
"""Seconds for what takes two on a machine that has nothing else to do."""
NUMBERS = itertools.count(1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if "/faults/" in str(item.path):
            item.add_marker(pytest.mark.faults)
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(150))


@pytest.fixture(scope="session")
def _quick_stack(make_stack) -> Stack:
    return make_stack(conf=QUICK)


@pytest.fixture
def quick_stack(_quick_stack) -> Stack:
    """A product that notices a dead worker within seconds."""
    _quick_stack.ensure_up()
    return _quick_stack


@pytest.fixture
def person(quick_stack) -> Person:
    return quick_stack.person()


@pytest.fixture
def reading() -> Iterator[Callable[..., Reader]]:
    """A function that leaves a tab open until the end of the test: reading(person, conversation)."""
    with ExitStack() as tabs:
        yield lambda person, conversation, kind=Reader: tabs.enter_context(kind(person, conversation))


def question(words: int, *, at: int = 100, after: float = 0, how: str = "say") -> str:
    """A question that nobody else asks: its answer has this many words, at so many a second."""
    return f"/{how} {words} words at {at} after {after:g} number {next(NUMBERS)}"


def deliver(stack: Stack, reply_id: str, times: int = 1) -> None:
    """Put the task of a reply into the queue."""
    with Celery(broker=stack.valkey.url) as queue:
        for _ in range(times):
            queue.send_task("parley.write_reply", [str(uuid.UUID(reply_id))])


@contextmanager
def second_worker(stack: Stack) -> Iterator[Process]:
    """Another worker of the same product."""
    first = stack.processes["worker"]
    worker = Process("second_worker", [*first.command, "-n", "second@%h"], stack.folder, first.env)
    before = workers(stack)
    worker.start()
    try:
        until(lambda: workers(stack) - before, 60, "The second worker does not beat")
        yield worker
    finally:
        worker.thaw()
        worker.kill()


def workers(stack: Stack) -> set[str]:
    return {str(row["id"]) for row in stack.db.query("SELECT id FROM parley_worker")}


def until_settled(stack: Stack, conversation: str, seconds: float = 30) -> Row:
    """Wait until no reply of a conversation is pending or streaming, and return the newest one."""

    def replies() -> list[Row]:
        return [row for row in stack.db.messages(conversation) if row["role"] == "assistant"]

    def settled() -> bool:
        return all(row["status"] in SETTLED for row in replies())

    until(settled, seconds, f"Not settled: {[(r['status'], r['content'][-80:]) for r in replies()]}")
    return stack.db.reply(conversation)


def assert_whole(row: Row, asked: str) -> None:
    """The answer is done, and has every character once and in order."""
    assert (row["status"], row["error"]) == ("done", "")
    assert row["content"] == expected_text(asked)


def kept_length(stack: Stack, conversation: str) -> int:
    """Count the characters that a page shows of what the database has of the newest reply."""
    return len(text_of("".join(render(stack.db.reply(conversation)["content"]))))


def assert_begun(row: Row, asked: str) -> None:
    """What there is of the answer is its beginning."""
    assert row["content"]
    assert expected_text(asked).startswith(row["content"])


def assert_agree(stack: Stack, conversation: str, person: Person, *readers: Reader, within: float = SOON) -> None:
    """Open tabs and a fresh page show what the database has, character by character."""
    held = held_by(stack, conversation)
    for reader in readers:
        try:
            until(lambda reader=reader, held=held: reader.texts == held, within, every=0.02)
        except TimeoutError:
            assert reader.texts == held
        assert reader.all_mistakes == []
    assert loaded(person, conversation) == held


def loaded(person: Person, conversation: str) -> dict[str, tuple[str, str]]:
    """Message id → (status, text) of a fresh page, read up to the first message."""
    texts: dict[str, tuple[str, str]] = {}
    path = f"/c/{conversation}/"
    while path:
        html = person.get(path).text
        texts |= {message.id: (message.status, message.text) for message in Articles(html).found}
        older = re.search(r'<a href="(/c/[^"]+/older/[^"]+)"', html)
        path = older[1] if older else ""
    return texts


def held_by(stack: Stack, conversation: str) -> dict[str, tuple[str, str]]:
    """Message id → (status, text), as the database has it."""
    return {str(uuid.UUID(str(row["id"]))): (row["status"], shown_text(row)) for row in stack.db.messages(conversation)}


def shown_text(row: Row) -> str:
    if row["role"] == "user":
        return row["content"]
    assert text_of(row["html"]) == text_of("".join(render(row["content"])))
    return text_of(row["html"])

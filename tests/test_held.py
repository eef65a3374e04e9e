"""What fails a test for holding something too long finds it, and says where."""

import time

import pytest
import uvloop
from django.core.handlers.base import BaseHandler
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory

from parley.models import Feed
from tests.support import held


@pytest.fixture
def found(tmp_path, monkeypatch):
    """A function that returns what was written down."""
    file = tmp_path / "held"
    monkeypatch.setenv("TESTS_HELD", str(file))
    return lambda: file.read_text() if file.exists() else ""


def work(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def as_product(source, **names):
    """Run code as if it stood in the product."""
    exec(compile(source, f"{held.OURS[0]}/slow.py", "exec"), names)


@pytest.mark.django_db(transaction=True)
def test_finds_a_transaction_that_works_too_long(found):
    as_product("with transaction.atomic():\n  work(0.15)", transaction=transaction, work=work)
    assert "Busy: Transaction" in found()
    assert "slow.py:1" in found()


@pytest.mark.django_db(transaction=True)
def test_finds_a_transaction_that_waits_too_long(found, monkeypatch):
    monkeypatch.setattr(held, "TRANSACTION_WAITING", 0.05)
    as_product("with transaction.atomic():\n  sleep(0.1)", transaction=transaction, sleep=time.sleep)
    assert "Waited: Transaction" in found()


@pytest.mark.django_db(transaction=True)
def test_finds_a_statement_that_is_a_long_transaction_by_itself(found, monkeypatch):
    monkeypatch.setattr(held, "TRANSACTION", 0.0)
    as_product("feeds.update(version=1)", feeds=Feed.objects)
    assert "Busy: Statement held" in found()


@pytest.mark.django_db(transaction=True)
def test_lets_short_transactions_and_those_of_tests_be(found):
    as_product("with transaction.atomic():\n  pass", transaction=transaction)
    with transaction.atomic():
        work(0.15)
    assert found() == ""


@pytest.mark.django_db(transaction=True)
def test_lets_what_comes_after_the_commit_be(found):
    source = "with transaction.atomic():\n  transaction.on_commit(lambda: work(0.15))"
    as_product(source, transaction=transaction, work=work)
    assert found() == ""


def test_finds_a_request_that_takes_too_long(found, monkeypatch):
    monkeypatch.setattr(held, "REQUEST", 0.02)
    handler = BaseHandler()
    handler._middleware_chain = lambda request: work(0.05) or HttpResponse()
    handler.get_response(RequestFactory().get("/slow/"))
    assert "Busy: Request thread" in found()
    assert "GET /slow/" in found()


def test_finds_what_holds_an_event_loop(found):
    async def hold():
        as_product("work(1.0)", work=work)

    loop = uvloop.new_event_loop()
    loop.run_until_complete(hold())
    loop.run_until_complete(loop.run_in_executor(None, time.sleep, 0.2))
    loop.close()
    assert "Busy: Event loop" in found()
    assert "slow.py:1" in found()

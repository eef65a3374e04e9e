"""Sending tasks while the broker is away, or is back."""

from celery import Celery

from parley import broker


def test_nobody_was_told_whatever_the_library_raises(monkeypatch):
    """As kombu does of a channel that it has closed, once Valkey takes commands again that it had refused."""

    def on_a_closed_channel(*args, **kwargs):
        raise AttributeError("'NoneType' object has no attribute 'client'")

    monkeypatch.setattr(Celery, "send_task", on_a_closed_channel)
    assert not broker.send("parley.write_reply", "1")

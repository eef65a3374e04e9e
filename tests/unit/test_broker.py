"""Sending tasks while the broker is away, or is back."""

from celery.canvas import Signature

from parley import broker


def test_nobody_was_told_whatever_the_library_raises(monkeypatch):
    """As kombu does of a channel that it has closed, once Valkey takes commands again that it had refused."""

    def on_a_closed_channel(*args, **kwargs):
        raise AttributeError("'NoneType' object has no attribute 'client'")

    monkeypatch.setattr(Signature, "apply_async", on_a_closed_channel)
    assert not broker.send("parley.write_reply", "1")

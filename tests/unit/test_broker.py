"""Sending tasks while the broker is away, or is back."""

from celery import Celery

from parley import broker


def test_nobody_was_told_whatever_the_library_raises(monkeypatch):
    """As kombu does of a channel that it has closed, once Valkey takes commands again that it had refused."""

    def on_a_closed_channel(*args, **kwargs):
        raise AttributeError("'NoneType' object has no attribute 'client'")

    monkeypatch.setattr(Celery, "send_task", on_a_closed_channel)
    assert not broker.send("parley.write_reply", "1")


def test_the_log_names_the_broker_without_its_password(monkeypatch, settings, caplog):
    def refused(*args, **kwargs):
        raise ConnectionRefusedError("Connection refused")

    settings.PARLEY = {**settings.PARLEY, "CELERY_APP": "", "BROKER_URL": "redis://:hush-hush@cache:7/0"}
    monkeypatch.setattr(Celery, "send_task", refused)
    monkeypatch.setattr(broker._outage, "_begun", False)
    assert not broker.send("parley.write_reply", "1")
    assert "(redis://cache:7/0: Connection refused)" in caplog.text
    assert "hush" not in caplog.text


def test_a_project_that_carries_out_its_tasks_at_once_has_them_carried_out(monkeypatch):
    """Its queue is read by nobody."""
    app, done = Celery("host", broker="memory://", set_as_current=False), []
    app.conf.task_always_eager = True

    @app.task(name="host.note")
    def note(words):
        done.append(words)

    monkeypatch.setattr(broker, "current", lambda: app)
    assert broker.send("host.note", "1")
    assert done == ["1"]


def test_tasks_that_are_carried_out_at_once_are_imported_before(monkeypatch, tmp_path):
    """No page imports them, and no worker does."""
    errand = "@shared_task(name='errands.run')\ndef run(words):\n    return words\n"
    (tmp_path / "errands.py").write_text(f"from celery import shared_task\n{errand}")
    monkeypatch.syspath_prepend(tmp_path)
    app = Celery("host", broker="memory://", set_as_current=False, include=["errands"])
    app.conf.task_always_eager = True
    monkeypatch.setattr(broker, "current", lambda: app)
    assert broker.send("errands.run", "1")

"""Parley's own Celery app beside those of a host."""

import os
import subprocess
import sys

import pytest
from celery import Celery, current_app
from click import Abort
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from parley import celery
from parley.management.commands.parley_worker import Command
from tests.support.processes import ROOT


@pytest.fixture
def own(settings):
    """A function that changes entries of PARLEY, for a host that leaves Parley its own app."""

    def change(**entries):
        settings.PARLEY = {**settings.PARLEY, "CELERY_APP": "", "REDIS_URL": "redis://a/0", **entries}
        return celery.current()

    return change


def test_has_its_own_broker_or_the_hosts_or_its_stores(own, settings, monkeypatch):
    del settings.CELERY_BROKER_URL
    assert own().connection_for_write().as_uri() == "redis://:**@a:6379/0"
    settings.CELERY_BROKER_URL = "redis://:secret@b/0"
    assert own().connection_for_read().as_uri() == "redis://:**@b:6379/0"
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://elsewhere/0")
    assert own(BROKER_URL="amqp://c").connection_for_write().as_uri() == "amqp://guest:**@c:5672//"


def test_uses_the_app_that_the_host_names(own):
    assert own() is celery.app
    assert own(CELERY_APP="parley_server.celery.app").main == "parley_server"
    with pytest.raises(ImproperlyConfigured, match="start a worker of that app"):
        celery.app.Worker()


def test_sends_into_a_queue_and_exchanges_of_its_own():
    options = celery.app.conf
    names = {options.task_default_queue, options.control_exchange, options.event_exchange, options.event_queue_prefix}
    assert names == {"parley"}
    assert (options.worker_pool, options.accept_content, options.task_acks_late) == ("threads", ["json"], False)


def test_is_nobody_elses_default():
    """Code of a host that calls ``task.delay()`` finds the host's app, in every thread."""
    code = """
        import threading
        from django.conf import settings
        settings.configure(PARLEY={})
        from parley import celery
        from celery import Celery, current_app, shared_task
        theirs = Celery("theirs")
        @shared_task(name="say")
        def say(words): print(words)
        found = []
        look = lambda: found.extend([current_app.main, say.app.main])
        for _ in range(2):
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
        look()
        print(found)
    """
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    code = "\n".join(line[8:] for line in code.splitlines())
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert "parley" not in done.stdout.replace("theirs", ""), done.stdout + done.stderr
    assert done.stdout.count("theirs") >= 2


def test_leaves_no_task_to_another_app():
    other = Celery("other", set_as_current=False)
    other.loader.import_module("parley.tasks")
    other.finalize()
    assert [name for name in other.tasks if name.startswith("parley.")] == []
    assert "parley.write_reply" in current_app.tasks  # the product's, which PARLEY["CELERY_APP"] names


def test_the_command_ends_quietly_where_its_start_is_interrupted(own, monkeypatch, capsys):
    def interrupted(*arguments):
        raise Abort

    own()
    monkeypatch.setattr(celery.app, "worker_main", interrupted)
    monkeypatch.setattr(Command, "check_migrations", lambda self: print("They are looked at."))
    call_command("parley_worker")
    assert capsys.readouterr().out == "They are looked at.\n"

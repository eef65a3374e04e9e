"""A worker process as a whole."""

from celery.signals import worker_ready

from parley_server import celery
from tests.server.programs import run

FREEZE = (
    "import gc; from parley_server import celery; celery.freeze(); print(gc.get_freeze_count() > 999, gc.isenabled())"
)


def test_what_was_loaded_is_looked_through_for_garbage_no_more(tmp_path):
    done = run(tmp_path, "-c", FREEZE)
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_that_is_done_when_the_worker_is_ready():
    assert any(receiver() is celery.freeze for _, receiver in worker_ready.receivers)

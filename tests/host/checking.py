"""Runs ``manage.py check --deploy`` with settings project.mistake0, 1, 2 …, each in a process of its own."""

import io
import json
import multiprocessing
import os
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout

# What each would import anew.
import celery.app.base  # noqa: F401
import channels.layers  # noqa: F401
import channels_redis.pubsub  # noqa: F401
import django.contrib.admin  # noqa: F401
import httpx2  # noqa: F401
import twisted.internet.asyncioreactor  # noqa: F401
from django.core.management import execute_from_command_line


def checked(number: int) -> tuple[int, str]:
    """Return the status of the command, and all that it has written."""
    os.environ["DJANGO_SETTINGS_MODULE"] = f"project.mistake{number}"
    sys.path.insert(0, os.getcwd())
    written, status = io.StringIO(), 0
    with redirect_stdout(written), redirect_stderr(written):
        try:
            execute_from_command_line(["manage.py", "check", "--deploy"])
        except SystemExit as ended:
            status = int(ended.code or 0)
        except BaseException:
            traceback.print_exc()
            status = 2
    return status, written.getvalue()


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as processes:
        print(json.dumps(processes.map(checked, range(int(sys.argv[1])), chunksize=1)))

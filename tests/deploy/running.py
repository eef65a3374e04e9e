"""Processes of a site that others reach, and its first account."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.deploy.files import DEPLOY
from tests.support.people import PASSWORD, Person
from tests.support.processes import ROOT, Process

CODE = r"asks for this code: ([A-Z2-7-]{14})"
COMMAND = str(DEPLOY / "image" / "parley")
OURS = ("SECRET_KEY", "DEBUG", "OPENAI_API_KEY", "REDIS_URL", "DATABASE_URL", "ALLOWED_HOSTS", "HTTPS")


class Ours(Process):
    """A container of ours: its command in its environment."""

    def __init__(self, name, folder, *words, **env):
        super().__init__(name, [COMMAND, *words], folder)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        data = {"PARLEY_DATA_DIR": str(folder / "data"), "HOST": "127.0.0.1", "PATH": path}
        self.env = {**kept, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1", **data, **env}


@contextmanager
def running(*processes):
    """Start processes in this order, and end them in the other."""
    started = []
    try:
        for process in processes:
            started.append(process.start())
        yield
    finally:
        for process in reversed(started):
            process.kill()


def answers(url):
    try:
        return httpx2.get(url, trust_env=False, verify=False).status_code == 200
    except httpx2.TransportError:
        return False


def first_account(url, database, code, kind=Person):
    """Make the first account as a person does who reads the log."""
    ann = kind(url, database, "ann")
    page = ann.get("/setup/")
    assert (page.status_code, 'name="code"' in page.text) == (200, True)
    form = {"username": "ann", "password1": PASSWORD, "password2": PASSWORD}
    assert ann.post("/setup/", **form, code="AAAA-AAAA-AAAA").status_code == 422
    assert ann.post("/setup/", **form, code=code).status_code == 302
    return ann

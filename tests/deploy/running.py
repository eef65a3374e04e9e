"""Processes of a site that others reach, and its first account."""

from contextlib import contextmanager

import httpx2

from tests.support.people import PASSWORD, Person

CODE = r"asks for this code: ([A-Z2-7-]{14})"


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


def first_account(url, database, code):
    """Make the first account as a person does who reads the log."""
    ann = Person(url, database, "ann")
    page = ann.get("/setup/")
    assert (page.status_code, 'name="code"' in page.text) == (200, True)
    form = {"username": "ann", "password1": PASSWORD, "password2": PASSWORD}
    assert ann.post("/setup/", **form, code="AAAA-AAAA-AAAA").status_code == 422
    assert ann.post("/setup/", **form, code=code).status_code == 302
    return ann

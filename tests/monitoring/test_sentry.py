"""What Sentry is told of an error: where, and nothing of whom."""

import json
import logging
import subprocess
import sys

import pytest
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.transport import Transport

from parley_server import env, reporting
from tests.support.processes import ROOT

DSN = "https://canarydsnkey@sentry.example/1"
WORDS = "canary words"


class Kept(Transport):
    def __init__(self):
        super().__init__()
        self.events = []

    def capture_envelope(self, envelope):
        self.events += [item.payload.json for item in envelope.items if item.type == "event"]


@pytest.fixture
def events():
    transport = Kept()
    sentry_sdk.init(**reporting.options(DSN), transport=transport)
    yield transport.events
    sentry_sdk.init(**reporting.options("") | {"dsn": None})


def fails(request):
    secret = WORDS
    raise ValueError(f"no: {secret}")


@pytest.mark.django_db
def test_an_error_of_a_page_has_no_locals_no_body_and_no_words(events, client, monkeypatch):
    monkeypatch.setattr("parley_server.accounts.Login.dispatch", lambda self, request, **_: fails(request))
    client.raise_request_exception = False
    headers = {"Authorization": WORDS, "Cookie": f"sessionid={WORDS}"}
    assert client.post(f"/accounts/login/?q={WORDS}", {"text": WORDS}, headers=headers).status_code == 500
    [event] = events
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert event["exception"]["values"][-1]["type"] == "ValueError"
    assert frames[-1]["function"] == "fails"
    assert not any("vars" in frame for frame in frames)
    assert set(event["request"]) <= {"url", "method"}
    assert [name for name, value in event.items() if "canary" in json.dumps(value)] == []
    assert "breadcrumbs" not in event or not event["breadcrumbs"]["values"]


def test_a_line_of_the_log_is_told_without_what_was_put_into_it(events):
    logging.getLogger("parley.test").error("Reply %s failed.", WORDS, extra={"model": WORDS})
    [event] = events
    assert event["logentry"]["message"] == "Reply %s failed."
    assert [name for name, value in event.items() if "canary" in json.dumps(value)] == []


def test_no_child_is_told_of_a_trace(events):
    with sentry_sdk.start_transaction(name="reading"):
        found = subprocess.run(["/usr/bin/env"], env={}, capture_output=True, text=True, timeout=60).stdout
    assert "SENTRY" not in found


@pytest.mark.parametrize("dsn", ["nonsense", "https://sentry.example/", "http://"])
def test_what_is_no_dsn_is_one_sentence(dsn):
    with pytest.raises(ImproperlyConfigured, match="SENTRY_DSN") as error:
        reporting.report_to(dsn)
    assert dsn not in str(error.value)


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(reporting, "sentry_sdk", None)
    with pytest.raises(ImproperlyConfigured, match="pip install"):
        reporting.report_to(DSN)


def test_the_product_starts_without_the_package_where_nobody_asks_for_it():
    code = "import sys; sys.modules['sentry_sdk'] = None; import parley_server.settings; print('works')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("works\n", 0), done.stderr


def test_no_other_program_is_given_the_dsn(monkeypatch):
    monkeypatch.setenv("SENTRY_DSN", DSN)
    assert "SENTRY_DSN" not in env.without_secrets()

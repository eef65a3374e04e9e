"""A balancer is answered within two seconds, whatever hangs or is away."""

import time

import httpx2
import pytest

from tests.support.processes import until


def asked(stack, query=""):
    """(status code, {part: state}, seconds) of /readyz."""
    with httpx2.Client(base_url=stack.url, timeout=10, verify=False, trust_env=False) as client:
        began = time.monotonic()
        response = client.get(f"/readyz{query}")
        seconds = time.monotonic() - began
    states = {name: part["state"] for name, part in response.json()["parts"].items()}
    return response.status_code, states, seconds


def until_ready(stack):
    until(lambda: asked(stack, "?workers=1")[0] == 200, 30, "It does not get ready again")


@pytest.fixture(autouse=True)
def _ready(quick_stack):
    until_ready(quick_stack)
    yield
    quick_stack.ensure_up()


def test_a_valkey_that_hangs(quick_stack):
    quick_stack.processes["valkey"].freeze()
    time.sleep(1)
    for _ in range(3):
        status, states, seconds = asked(quick_stack)
        assert (status, states["valkey"], states["database"]) == (503, "down", "ok")
        assert seconds < 2
        time.sleep(1)
    quick_stack.processes["valkey"].thaw()
    until_ready(quick_stack)


def test_a_valkey_that_is_away(quick_stack):
    quick_stack.kill("valkey")
    until(lambda: asked(quick_stack)[0] == 503, 5, "It is still ready")
    assert httpx2.get(f"{quick_stack.url}/healthz").status_code == 200
    quick_stack.start("valkey")
    until_ready(quick_stack)


def test_a_worker_that_was_killed(quick_stack):
    """It is missed once its heartbeat is old, and takes no web server out of service."""
    quick_stack.kill("worker")
    until(lambda: asked(quick_stack, "?workers=1")[0] == 503, 15, "The worker is not missed")
    status, states, _ = asked(quick_stack)
    assert (status, states["workers"]) == (200, "degraded")
    quick_stack.start("worker")
    until_ready(quick_stack)

"""Fixtures: real stores, a real provider, the whole product, and a real browser."""

import gc
import math
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models.signals import post_migrate

from tests import settings as test_settings
from tests.fake_provider import RemoteProvider, ThreadProvider
from tests.support import held
from tests.support.processes import Process, python
from tests.support.stack import Stack
from tests.support.stores import Postgres, Valkey

MARKERS = {
    "browser": "runs in a real browser",
    "alone": "measures the clock, or needs both processors: of the tests of faults, no other runs beside it",
    "exhaustive": "tries hundreds of texts, megabytes, or each page, where other tests try a few",
    "faults": "kills, freezes, cuts off or leaves alone real processes",
    "slow": "takes more than ten seconds",
    "thorough": "takes more than its share of the seconds that make quick has",
}
STACKS = pytest.StashKey[list[Stack]]()


def pytest_configure(config):
    for name, words in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {words}")
    config.stash[STACKS] = []
    os.environ["TESTS_HELD"] = str(test_settings.FOLDER / "held")
    held.watch()
    # Nobody in the tests of this process has a single permission, and each emptied database would get all of them.
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Start each expensive product in one process only."""
    if config.getvalue("dist") == "loadfile":
        from tests.support.scheduling import ByProduct

        return ByProduct(config, log)
    return None


def pytest_collection_finish():
    """What pytest keeps of its thousands of tests is not looked through at each collection of garbage."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config):
    shutil.rmtree(test_settings.FOLDER, ignore_errors=True)


def pytest_collection_modifyitems(items):
    """Run the cheap files first, and the browser's last: its driver keeps an event loop running in this thread.

    Of those, the longest come first, so that no process waits at the end for the other's.
    """
    marks, sizes = defaultdict(set), Counter(item.path for item in items)
    for item in items:
        marks[item.path] |= {mark.name for mark in item.iter_markers()}

    def turn(item):
        browser, faults, slow = (name in marks[item.path] for name in ("browser", "faults", "slow"))
        return browser, faults, (not slow, -sizes[item.path]) if browser or faults else (slow, 0)

    items.sort(key=turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Show what the processes wrote when a test fails."""
    report = yield
    if report.failed and "stack" in " ".join(getattr(item, "fixturenames", ())):
        for stack in item.config.stash[STACKS]:
            report.sections += [
                (f"{name} of {stack.folder.name}", text[-6000:]) for name, text in stack.logs.items() if text
            ]
    return report


@pytest.fixture(autouse=True)
def _no_connections(monkeypatch):
    """The tables are emptied between tests, and what this process remembers of connections with them."""
    monkeypatch.setattr("parley.models.connection._kept", (math.inf, []))


@pytest.fixture(autouse=True)
def _no_budgets(monkeypatch):
    """As with connections: there are none until a test makes one."""
    monkeypatch.setattr("parley.models.budget._known", (math.inf, ()))
    monkeypatch.setattr("parley.generation.reserving._kept", {})
    monkeypatch.setattr("parley.generation.reserving._recent", [])


@pytest.fixture(autouse=True)
def _nothing_is_held_too_long(request) -> Iterator[None]:
    """No transaction, event loop or request thread, here or in a product; tests of faults make them wait on purpose."""
    file = Path(os.environ["TESTS_HELD"])
    before = file.stat().st_size if file.exists() else 0
    yield
    held_here = file.read_text()[before:].splitlines() if file.exists() else []
    may_wait = request.node.get_closest_marker("faults")
    if found := [line for line in held_here if not (may_wait and line.startswith(held.WAITED))]:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory) -> Iterator[Valkey]:
    """The Valkey of the tests in this process, at settings.REDIS_URL."""
    server = Valkey(tmp_path_factory.mktemp("valkey"), settings.REDIS_URL).start()
    yield server
    server.kill()


@pytest.fixture
def empty_valkey(valkey, monkeypatch) -> Valkey:
    """The same, with nothing in it; this process may have found it away."""
    monkeypatch.setattr("parley.generation.catalogue._away_until", 0.0)
    with valkey.client() as client:
        client.flushall()
    return valkey


@pytest.fixture(scope="session")
def _thread_provider() -> Iterator[ThreadProvider]:
    with ThreadProvider() as provider:
        yield provider


@pytest.fixture
def provider(_thread_provider, settings) -> ThreadProvider:
    """A provider in this process, which the settings of the test point at."""
    _thread_provider.clear()
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": _thread_provider.base_url}
    return _thread_provider


@pytest.fixture(scope="session")
def fake_provider(tmp_path_factory) -> Iterator[RemoteProvider]:
    """A provider in a process of its own."""
    process = Process("provider", python("-m", "tests.fake_provider"), tmp_path_factory.mktemp("provider")).start()
    yield RemoteProvider(process.wait_for_line(r"ready (\S+)", 20))
    process.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres().start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def make_stack(request, tmp_path_factory) -> Iterator:
    """A function that starts a product: make_stack(conf={"IDLE_TIMEOUT": 1}), or make_stack(Host)."""
    stacks = request.config.stash[STACKS]

    def make(kind=Stack, **choices) -> Stack:
        stack = kind(tmp_path_factory.mktemp("stack"), **choices)
        stacks.append(stack)
        return stack.up()

    yield make
    for stack in stacks:
        stack.down()
    stacks.clear()


@pytest.fixture(scope="session")
def _stack(make_stack) -> Stack:
    return make_stack()


@pytest.fixture
def stack(_stack) -> Stack:
    """A product on SQLite, with everything running."""
    _stack.ensure_up()
    return _stack


@pytest.fixture(scope="session")
def _postgres_stack(make_stack, postgres) -> Stack:
    return make_stack(database_url=postgres.create("parley"))


@pytest.fixture
def postgres_stack(_postgres_stack) -> Stack:
    """A product on PostgreSQL, with everything running."""
    _postgres_stack.ensure_up()
    return _postgres_stack


@pytest.fixture(scope="session")
def _unpolled_stack(make_stack) -> Stack:
    return make_stack(conf={"FEED_POLL_INTERVAL": 60})


@pytest.fixture
def unpolled_stack(_unpolled_stack) -> Stack:
    """A product that no other file uses than those that count or time what it sends: its tabs do not poll."""
    _unpolled_stack.ensure_up()
    return _unpolled_stack


@pytest.fixture(params=["sqlite", "postgresql"])
def any_stack(request) -> Stack:
    """The same product on each database."""
    return request.getfixturevalue("stack" if request.param == "sqlite" else "postgres_stack")


@pytest.fixture(scope="session")
def _browser():
    from playwright.sync_api import sync_playwright

    from tests.support.browsers import launch

    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def browsers(_browser):
    """People in front of a real browser, whose pages keep to their policy and to their host."""
    from tests.support.browsers import Browsers

    browsers = Browsers(_browser)
    yield browsers
    browsers.close()
    assert browsers.offences == []

"""A provider for what is started from deploy/."""

from contextlib import contextmanager

import pytest

from tests.deploy.running import answers, running
from tests.fake_provider import RemoteProvider
from tests.support.processes import Process, free_port, python, until
from tests.support.stack import PYTHONPATH


@contextmanager
def provided(folder):
    port = free_port()
    with running(Process("provider", python("-m", "tests.fake_provider", "--port", str(port)), folder, PYTHONPATH)):
        provider = RemoteProvider(f"http://127.0.0.1:{port}")
        until(lambda: answers(f"{provider.url}/v1/models"), 60, "The provider does not answer")
        yield provider


@pytest.fixture
def fake(tmp_path):
    """A provider of our own."""
    with provided(tmp_path) as provider:
        yield provider


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    """The same, for all tests of a file."""
    with provided(tmp_path_factory.mktemp("provider")) as provider:
        yield provider

"""A provider for what is started from deploy/."""

import pytest

from tests.deploy.running import answers, running
from tests.fake_provider import RemoteProvider
from tests.support.processes import Process, free_port, python, until
from tests.support.stack import PYTHONPATH


@pytest.fixture
def fake(tmp_path):
    """A provider of our own."""
    port = free_port()
    with running(Process("provider", python("-m", "tests.fake_provider", "--port", str(port)), tmp_path, PYTHONPATH)):
        provider = RemoteProvider(f"http://127.0.0.1:{port}")
        until(lambda: answers(f"{provider.url}/v1/models"), 60, "The provider does not answer")
        yield provider

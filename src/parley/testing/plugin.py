"""Fixtures for pytest with pytest-django: write ``pytest_plugins = ["parley.testing.plugin"]`` in conftest.py."""

from collections.abc import Iterator

import pytest

from .provider import FakeProvider
from .replies import site


@pytest.fixture
def parley_provider() -> Iterator[FakeProvider]:
    """Have PARLEY ask this provider, and send no task, while the test runs."""
    with site() as provider:
        yield provider

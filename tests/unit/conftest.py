"""Pure tests: a test that opens a connection fails."""

import socket

import pytest
from hypothesis import settings

settings.register_profile("unit", deadline=None, print_blob=True)
settings.load_profile("unit")


@pytest.fixture(scope="package", autouse=True)
def _no_network():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _refuse)
        yield


def _refuse(self, address):
    raise AssertionError(f"A pure test connects to {address}.")

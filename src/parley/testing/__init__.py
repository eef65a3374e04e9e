"""What the tests of a host need: a provider that answers as they say, and replies without worker and Valkey."""

from .provider import FakeProvider
from .replies import settled, site, write_replies

__all__ = ["FakeProvider", "settled", "site", "write_replies"]

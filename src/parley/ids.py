"""Make public ids (UUIDv7, unguessable and sorted by time), and the ids of elements in pages."""

import re
import secrets
import threading
import time
import uuid
from datetime import datetime

from django.db.models import Model

_lock = threading.Lock()
_last = 0


def _tick(after: int) -> int:
    """Return milliseconds with a 12-bit fraction, never the same twice in one process, and above ``after``."""
    global _last
    with _lock:
        millis, nanos = divmod(time.time_ns(), 1_000_000)
        _last = max(_last + 1, after + 1, millis << 12 | nanos * 4096 // 1_000_000)
        return _last


def uuid7(after: uuid.UUID | None = None) -> uuid.UUID:
    """Make a UUIDv7 (RFC 9562, method 3): 48 bits of milliseconds, 12 of their fraction, 62 random.

    It sorts above ``after``, even one made by a computer whose clock is ahead.

    >>> (first := uuid7()).version, first < uuid7()
    (7, True)
    """
    millis, fraction = divmod(_tick(_time_of(after) if after else 0), 4096)
    return uuid.UUID(int=millis << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62))


def first_of(moment: datetime) -> uuid.UUID:
    """Return the lowest id of a moment: what was made then or later sorts above it.

    >>> first_of(datetime.fromisoformat("2030-01-01T00:00:00+00:00"))
    UUID('01b8dac5-b400-7000-8000-000000000000')
    """
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62)


def _time_of(made: uuid.UUID) -> int:
    return (made.int >> 80) << 12 | made.int >> 64 & 0xFFF


def token(value: object) -> str:
    """Write a value so that a selector can name an element whose id ends with it.

    >>> token("ada@example.org"), token(1234)
    ('ada_40_example_2e_org', '1234')
    """
    return re.sub(r"[^0-9A-Za-z-]", lambda found: f"_{ord(found[0]):x}_", str(value))


def dom_id(row: Model) -> str:
    """Return the id of the element that shows a row: ``message_<id>``, ``conversation_<id>``."""
    return f"{row._meta.model_name}_{row.pk}"

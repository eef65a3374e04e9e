"""Passwords in addresses, which no log shows."""

import re

MASK = "***"
USER_AND_PASSWORD = re.compile(r"(?<=://)[^\s/?#]*@")


def without_passwords(text: str) -> str:
    """Mask user and password of each address.

    >>> without_passwords("redis://:secret@host/0")
    'redis://***@host/0'
    """
    return USER_AND_PASSWORD.sub(f"{MASK}@", text)

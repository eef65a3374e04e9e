"""Secrets of rows: encrypted under ENCRYPTION_KEYS, of which the first encrypts and all decrypt."""

from collections import deque
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from .conf import conf

SHORTEST_MASKED = 8
"""Characters: a shorter secret, masked in other words too, could be guessed from what is missing."""
_seen: deque[str] = deque(maxlen=1000)


class KeyLost(Exception):
    """No encryption key of this site reads what a row keeps."""


def is_key(text: str) -> bool:
    """Return whether a text can be an encryption key."""
    try:
        return bool(Fernet(text))
    except ValueError:
        return False


def possible() -> bool:
    """Return whether this site can keep secrets."""
    return bool(conf.ENCRYPTION_KEYS)


def encrypt(text: str) -> str:
    """Return a token of a text. Raises KeyLost where the site has no encryption key."""
    return _fernet(tuple(conf.ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return the text of a token. Raises KeyLost."""
    try:
        return _fernet(tuple(conf.ENCRYPTION_KEYS)).decrypt(token).decode()
    except InvalidToken as error:
        raise KeyLost from error


def rotated(token: str) -> str:
    """Return a token of the same text under the first key. Raises KeyLost."""
    try:
        return _fernet(tuple(conf.ENCRYPTION_KEYS)).rotate(token).decode()
    except InvalidToken as error:
        raise KeyLost from error


def remember(*secrets: str) -> None:
    """Have these secrets masked in the logs and error pages of this process."""
    _seen.extend(each for each in secrets if len(each) >= SHORTEST_MASKED and each not in _seen)


def masked(text: str) -> str:
    """Mask the secrets that this process has decrypted."""
    for secret in tuple(_seen):
        text = text.replace(secret, "***")
    return text


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise KeyLost from error

"""The code that whoever makes the first account copies from the log, where others could be first."""

import base64
import hmac
import os
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.crypto import salted_hmac

from parley_server.env import is_loopback

SALT = "parley_server.setup_code"
LENGTH = 12
"""Symbols of five bits."""
SHOWN = "PARLEY_SETUP_CODE_SHOWN"
"""Variable for the processes that this one starts: the code stands in the log already."""
FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def code() -> str:
    """Return the code, which every process with the same SECRET_KEY knows: 60 bits as XXXX-XXXX-XXXX."""
    symbols = base64.b32encode(salted_hmac(SALT, "", algorithm="sha256").digest()).decode()[:LENGTH]
    return "-".join(symbols[start : start + 4] for start in range(0, LENGTH, 4))


def matches(typed: str) -> bool:
    """Tell whether a text is the code, however it is spaced and capitalised, in constant time."""
    return hmac.compare_digest(_bare(typed), _bare(code()))


def is_asked(request: HttpRequest) -> bool:
    """Tell whether the first account needs the code: unless this machine alone reaches the site, and it asks.

    What a client says of itself can only make the code necessary.
    """
    name, _ = split_domain_port(request.get_host().lower())
    here = is_loopback(name.strip("[]")) and is_loopback(request.META.get("REMOTE_ADDR", ""))
    return settings.OPEN_TO_OTHERS or not here or any(name in request.headers for name in FORWARDED)


def show(write: Callable[[str], object]) -> None:
    """Write a line with the code, once in a start of the product."""
    if SHOWN not in os.environ:
        os.environ[SHOWN] = "1"
        write(f"Nobody has an account yet. The page that makes the first one asks for this code: {code()}")


def _bare(text: str) -> bytes:
    return "".join(filter(str.isalnum, text)).upper().encode()

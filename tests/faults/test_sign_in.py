"""Who guesses passwords takes neither the pages of others nor their way in."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.support.people import Person

pytestmark = pytest.mark.alone
AT_ONCE = 20


def guess(stack, name):
    """Try a password, as a client of its own."""
    guesser = Person(stack.url, stack.db, name)
    guesser.http.timeout = 120  # They wait for each other, the longer the busier the machine is.
    guesser.get("/accounts/login/")
    guesser.http.cookies.set("sessionid", name, urlsplit(stack.url).hostname)
    return guesser.post("/accounts/login/", username=name, password="wrong").status_code


def test_wrong_passwords_at_once_do_not_stop_another_page(stack):
    reader = stack.person()
    assert reader.get("/").status_code == 200
    with ThreadPoolExecutor(AT_ONCE) as guessers:
        guesses = [guessers.submit(guess, stack, f"nobody{number}") for number in range(AT_ONCE)]
        slowest = 0.0
        while not all(each.done() for each in guesses):
            began = time.monotonic()
            assert reader.get("/").status_code == 200
            slowest = max(slowest, time.monotonic() - began)
    assert {each.result() for each in guesses} <= {200, 429, 503}
    assert slowest < 3

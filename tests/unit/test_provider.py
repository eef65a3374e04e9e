import pytest

from parley.conf import conf
from parley.provider import Provider, host_of

KEY = "sk-a-very-secret-key"
PROVIDER = Provider(
    "https://me:pass@api.example.org/v1", KEY, name="api.example.org", headers=(("X-Token", "secret-token"),),
    extra_body={"provider": {"only": "secret-account"}}, model="m",
)  # fmt: skip


def test_shows_no_secret_of_its_own():
    assert "api.example.org" in repr(PROVIDER)
    for secret in (KEY, "pass", "secret"):
        assert secret not in repr(PROVIDER)


@pytest.mark.parametrize(
    ("key", "text", "shown"),
    [
        ("x", "The context is x, not 'x'.", "The context is ***, not '***'."),
        ("ollama", "Ask ollama with ollamas.", "Ask *** with ollamas."),
        ("pass-word", "key=Xpass-wordX", "key=X***X"),
        ("", "Nothing", "Nothing"),
    ],
)
def test_masks_the_key_and_no_words(key, text, shown):
    provider = Provider("https://api.example.org/v1", key)
    assert provider.detail(text) == provider.redacted(text) == shown


def test_masks_what_its_headers_say():
    assert PROVIDER.detail(f"{KEY} or secret-token?") == "*** or ***?"


@pytest.mark.parametrize("length", [1990, 2000, 2668, 4000])
def test_masks_a_key_that_is_longer_than_what_is_read_of_an_error(length):
    key = ("QkeyPart" + "aB-3.x_" * 600)[:length]
    provider = Provider("https://api.example.org/v1", key)
    assert provider.detail(f"Bad key: {key} is wrong") in ("Bad key: ***", "Bad key: *** is wrong")
    assert provider.redacted(f"Bad key: {key}") == "Bad key: ***"


def test_masks_the_token_of_a_header_and_a_key_in_its_address():
    url = "https://api.example.org/v1?key=AIza-of-google&api-version=2026-10-21"
    provider = Provider(url, headers=(("Authorization", "Token token-1234"),))
    said = "token-1234 or AIza-of-google, of 2026-10-21"
    assert provider.detail(said) == provider.redacted(said) == "*** or ***, of 2026-10-21"


def test_is_one_value_whatever_made_it(settings):
    first = conf.provider
    assert (first, hash(first)) == (conf.provider, hash(conf.provider))
    assert (first.key, first.name, first.model) == ("sk-of-the-tests", "127.0.0.1:9", "fake-1")
    settings.PARLEY = {**settings.PARLEY, "API_KEY": "sk-of-somebody-else"}
    assert conf.provider != first


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://api.example.org/v1?x=1", "api.example.org"), ("http://me:p%40ss@box:11434/v1", "box:11434"),
        ("http://[::1/v1", ""), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_is_named_by_its_host_without_whoever_signs_in(base_url, name):
    assert host_of(base_url) == name

"""SITE_URL is one address, and what is wrong with another value is said in one sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from parley_server.site import Site, parsed


@pytest.mark.parametrize(
    ("value", "site"),
    [
        ("https://chat.example.org", Site("https", "chat.example.org", "https://chat.example.org", "")),
        ("HTTPS://Chat.Example.ORG/", Site("https", "chat.example.org", "https://chat.example.org", "")),
        ("http://192.0.2.7:8000", Site("http", "192.0.2.7", "http://192.0.2.7:8000", "")),
        ("http://nas:80", Site("http", "nas", "http://nas", "")),
        ("https://[2001:DB8::1]:8443/", Site("https", "[2001:db8::1]", "https://[2001:db8::1]:8443", "")),
        ("https://example.org/ai/", Site("https", "example.org", "https://example.org", "/ai")),
        (
            "https://example.org/team_1/chat-2.0",
            Site("https", "example.org", "https://example.org", "/team_1/chat-2.0"),
        ),
    ],
)
def test_an_address_has_a_host_an_origin_and_a_path(value, site):
    assert parsed(value) == site


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("chat.example.org", "must begin with https:// or http://"),
        ("chat.example.org:8000", "must begin with https:// or http://"),
        ("ftp://chat.example.org", "must begin with https:// or http://"),
        ("https://", "must begin with https:// or http:// and name a host"),
        ("https://:8000", "must begin with https:// or http:// and name a host"),
        ("https://a.example:port", "must be one address"),
        ("https://a.example:99999", "must be one address"),
        ("https://[::1", "must be one address"),
        ("https://me:hunter2@a.example", "no user and no password"),
        ("https://a.example/?next=1", "nothing can follow"),
        ("https://a.example/#top", "nothing can follow"),
        ("https://a.example/my chat", "may have a path of letters"),
        ("https://a.example/../x", "may have a path of letters"),
        ("https://a.example//x", "may have a path of letters"),
        ("https://a.example/%2e%2e", "may have a path of letters"),
        ("https://a.example,https://b.example", "must name one host"),
        ("https://a.example,b.example", "must name one host"),
        ("https://*.example.org", "must name one host"),
        ("https://.example.org", "must name one host"),
        ("https://a b.example", "must name one host"),
        ("https://münchen.example", "as name servers know it: xn--mnchen-3ya.example"),
        ("http://0.0.0.0:8000", "which HOST is for"),
        ("http://[::]:8000", "which HOST is for"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_in_one_sentence(value, words):
    with pytest.raises(ImproperlyConfigured) as refusal:
        parsed(value)
    sentence = str(refusal.value)
    assert sentence.startswith("SITE_URL ")
    assert sentence.endswith(".")
    assert words in sentence
    assert "hunter2" not in sentence

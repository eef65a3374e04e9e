import pytest

from parley.checks import address_of_provider
from parley.generation.addresses import Address, is_loopback, read

HERE = [
    "127.0.0.1", "127.255.0.9", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "localhost", "LocalHost", "localhost.",
    "ollama.localhost", "::1", "[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::", "127.0.0.1.",
]  # fmt: skip
ELSEWHERE = [
    "", "10.0.0.1", "192.168.1.9", "128.0.0.1", "api.example.org", "localhost.example.org", "notlocalhost",
    "127.example", "127.0.0.1.example.org", "fe80::1%eth0", "::2", "ünïcode.example", "a" * 300, "256.1.1.1",
]  # fmt: skip


@pytest.mark.parametrize("host", HERE)
def test_knows_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_knows_other_machines(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("https://api.example.org/v1", Address("https://api.example.org/v1", "api.example.org")),
        ("http://LOCALHOST:11434/v1/", Address("http://LOCALHOST:11434/v1/", "localhost", local=True)),
        ("http://[::1]:8000/v1", Address("http://[::1]:8000/v1", "::1", local=True)),
        (
            "https://x.example.org/openai/deployments/d?api-version=2024-10-21&a=",
            Address(
                "https://x.example.org/openai/deployments/d",
                "x.example.org",
                (("api-version", "2024-10-21"), ("a", "")),
            ),
        ),
        (
            "https://me:p%40ss:w@x.example.org/v1",
            Address("https://x.example.org/v1", "x.example.org", login="me:p@ss:w"),
        ),
        (
            "http://localhost:1@evil.example.org/v1",
            Address("http://evil.example.org/v1", "evil.example.org", login="localhost:1"),
        ),
    ],
)
def test_reads_a_base_url(base_url, address):
    assert read(base_url) == address


@pytest.mark.parametrize(
    ("base_url", "key", "ids"),
    [
        ("https://api.example.org/v1?api-version=1", "sk-key", []),
        ("https://me:pass@api.example.org/v1", "", []),
        ("https://me:pass@api.example.org/v1", "sk-key", ["parley.E006"]),
        ("api.example.org/v1", "", ["parley.E005"]),
        ("http://[::1/v1", "", ["parley.E005"]),
        ("https:///v1", "", ["parley.E005"]),
        (None, "", ["parley.E005"]),
    ],
)
def test_checks_the_address_that_is_set(settings, base_url, key, ids):
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": base_url, "API_KEY": key}
    assert [error.id for error in address_of_provider()] == ids

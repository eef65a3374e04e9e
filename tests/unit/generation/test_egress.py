"""Where a person's own connection may lead; the same on each version of Python, since the tables are ours."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation import egress
from parley.generation.egress import is_metadata, is_public, refusal_of

PRIVATE_V4 = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255",
]  # fmt: skip
PUBLIC_V4 = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.1", "192.0.1.1",
             "192.167.255.255", "198.17.255.255", "198.20.0.0", "223.255.255.255"]  # fmt: skip
PRIVATE_V6 = [
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "100::1", "2001:db8::1",
    "2001::1", "2001:2::1", "2001:10::1", "2002::1", "3fff::1", "5f00::1", "4000::1", "64:ff9b:1::808:808",
    "2606:4700::1111%1", "::ffff:0:8.8.8.8", "::8.8.8.8", "2002:808:808::1",
]  # fmt: skip
PUBLIC_V6 = ["2606:4700:4700::1111", "2a00:1450:4001:80e::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
             "2a00:1450::5efe:808:808"]  # fmt: skip
NO_ADDRESS = ["127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.01", "1.1.1.1.", "[::1]",
              " 1.1.1.1", "１.1.1.1", "example.com", "", "1.1.1", "::ffff:127.1"]  # fmt: skip


@pytest.mark.parametrize("address", [*PUBLIC_V4, *PUBLIC_V6])
def test_knows_what_everybody_reaches(address):
    assert is_public(address)


@pytest.mark.parametrize("address", [*PRIVATE_V4, *PRIVATE_V6, *NO_ADDRESS])
def test_knows_what_only_some_reach_and_what_is_no_plain_address(address):
    assert not is_public(address)


def forms_of(v4):
    """An address of IPv4 in all forms of IPv6 that carry one."""
    number = int(IPv4Address(v4))
    parts = f"{number >> 16:x}:{number & 0xFFFF:x}"
    hidden = number ^ 0xFFFFFFFF
    return [
        f"::ffff:{v4}", f"::{v4}", f"::ffff:0:{v4}", f"64:ff9b::{parts}", f"64:ff9b:1::{parts}", f"2002:{parts}::1",
        f"2001:0:{parts}::1", f"2001:0:808:808::{hidden >> 16:x}:{hidden & 0xFFFF:x}",
        f"2a00:1450:4001:80e:0:5efe:{parts}", f"2a00:1450:4001:80e:200:5efe:{parts}",
    ]  # fmt: skip


@pytest.mark.parametrize("v4", PRIVATE_V4)
def test_no_form_leads_to_what_only_some_reach(v4):
    assert [form for form in forms_of(v4) if is_public(form)] == []


@given(st.sampled_from(egress.SPECIAL_V4), st.integers(0, 2**32))
def test_no_form_of_any_such_address_is_public(network, number):
    v4 = str(network[number % network.num_addresses])
    assert not any(map(is_public, [v4, *forms_of(v4)]))


@given(st.integers(0, 2**128 - 1))
def test_is_never_more_generous_than_python(number):
    address = IPv6Address(number)
    if is_public(str(address)) and not address.ipv4_mapped and address not in egress.TRANSLATED[1]:
        assert address.is_global


@pytest.mark.parametrize(
    ("base_url", "code"),
    [
        ("https://api.example.com/v1", ""),
        ("https://api.example.com:8443/v1", ""),
        ("https://xn--bcher-kva.example/v1", ""),
        ("https://1.1.1.1/v1", ""),
        ("https://[2606:4700:4700::1111]/v1", ""),
        ("https://api.example.com:80/v1", ""),
        ("http://api.example.com/v1", "not_https"),
        ("ftp://api.example.com/v1", "not_https"),
        ("api.example.com/v1", "not_https"),
        ("https://api.example.com:22/v1", "low_port"),
        ("https://api.example.com:0/v1", "low_port"),
        ("https://api.example.com:99999/v1", "not_public"),
        ("https://localhost/v1", "not_public"),
        ("https://intranet/v1", "not_public"),
        ("https://api.example.com./v1", "not_public"),
        ("https://127.0.0.1/v1", "not_public"),
        ("https://127.1/v1", "not_public"),
        ("https://0x7f.1/v1", "not_public"),
        ("https://0x7f000001/v1", "not_public"),
        ("https://2130706433/v1", "not_public"),
        ("https://0177.0.0.1/v1", "not_public"),
        ("https://10.0.0.1./v1", "not_public"),
        ("https://[::1]/v1", "not_public"),
        ("https://[fe80::1%25eth0]/v1", "not_public"),
        ("https://[::ffff:10.0.0.1]/v1", "not_public"),
        ("https://me:word@192.168.0.1/v1", "not_public"),
        ("https://１２７.0.0.1/v1", "not_public"),
        ("https://bücher.example/v1", "not_public"),
        ("https://%31%32%37.0.0.1/v1", "not_public"),
        ("https://a..example/v1", "not_public"),
        (f"https://{'a.' * 130}example/v1", "not_public"),
        ("https://[::1/v1", "not_public"),
        ("https:///v1", "not_public"),
    ],
)
def test_says_why_a_base_url_is_none_for_a_person(base_url, code):
    assert refusal_of(base_url) == code


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "169.254.170.2", "0xa9fea9fe", "2852039166", "169.254.43518", "169.254.169.254.",
        "[fd00:ec2::254]", "fd00:ec2::254", "fd00:ec2:0:0::254", *forms_of("169.254.169.254"),
        "metadata.google.internal", "METADATA.google.internal.", "instance-data",
    ],
)  # fmt: skip
def test_knows_where_machines_keep_their_secrets(host):
    assert is_metadata(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost", "fd00::1", "api.example.com", "::ffff:10.0.0.1", ""])
def test_leaves_other_addresses_to_administrators(host):
    assert not is_metadata(host)

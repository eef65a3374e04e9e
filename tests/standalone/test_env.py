"""The environment is read by type, and nonsense is refused in one sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from standalone import env


@pytest.mark.parametrize(
    ("value", "read"),
    [("1", True), ("True", True), ("on", True), (" yes ", True), ("0", False), ("OFF", False), ("no", False)],
)
def test_a_flag_reads_the_usual_words(monkeypatch, value, read):
    monkeypatch.setenv("DEBUG", value)
    assert env.flag("DEBUG", default=not read) is read


def test_a_blank_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("DEBUG", " ")
    assert env.flag("DEBUG", default=True) is True
    assert env.number("DEBUG", 3, at_least=1, at_most=5) == 3


@pytest.mark.parametrize("value", ["maybe", "2", "truee"])
def test_a_flag_refuses_other_words(monkeypatch, value):
    monkeypatch.setenv("DEBUG", value)
    with pytest.raises(ImproperlyConfigured, match=f"DEBUG must be 1 or 0 .*'{value}'"):
        env.flag("DEBUG")


@pytest.mark.parametrize("value", ["0", "65536", "eighty", "80.5", "-1", "٣"])
def test_a_number_refuses_what_is_out_of_bounds(monkeypatch, value):
    monkeypatch.setenv("PORT", value)
    with pytest.raises(ImproperlyConfigured, match="PORT must be a whole number from 1 to 65535"):
        env.number("PORT", 8000, at_least=1, at_most=65535)


@pytest.mark.parametrize("value", ["localhost:6379", "http://here", "redis://", "redis://host:port/0", "redis://a b/0"])
def test_an_address_refuses_what_is_none(monkeypatch, value):
    monkeypatch.setenv("REDIS_URL", value)
    with pytest.raises(
        ImproperlyConfigured, match=r"REDIS_URL must be an address that starts with redis:// or rediss://"
    ):
        env.url("REDIS_URL", schemes=("redis", "rediss"))


def test_a_refused_address_is_not_repeated_since_it_may_hold_a_password(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://me:hunter2@host/name")
    with pytest.raises(ImproperlyConfigured) as refusal:
        env.url("DATABASE_URL", schemes=("postgres",))
    assert "hunter2" not in str(refusal.value)


def test_names_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example, b.example,,")
    assert env.names("ALLOWED_HOSTS") == ["a.example", "b.example"]


def test_origins_need_their_scheme(monkeypatch):
    monkeypatch.setenv("CSRF_TRUSTED_ORIGINS", "chat.example.org")
    with pytest.raises(ImproperlyConfigured, match="CSRF_TRUSTED_ORIGINS must list origins"):
        env.origins("CSRF_TRUSTED_ORIGINS")


@pytest.mark.parametrize("value", ["*", "localhost", ".example.org", "Chat.example.org", "192.0.2.7", "[2001:db8::1]"])
def test_hosts_are_names_addresses_and_domains(monkeypatch, value):
    monkeypatch.setenv("ALLOWED_HOSTS", f"localhost, {value}")
    assert env.hosts("ALLOWED_HOSTS", ()) == ["localhost", value]


@pytest.mark.parametrize(
    "value", ["https://chat.example.org", "a.example:8443", "a.example b.example", "a.example/", "::1", "münchen.de"]
)
def test_hosts_have_no_scheme_no_port_and_no_space(monkeypatch, value):
    monkeypatch.setenv("ALLOWED_HOSTS", f"a.example,{value}")
    with pytest.raises(ImproperlyConfigured, match=f"ALLOWED_HOSTS must list host names .* not '{value}'"):
        env.hosts("ALLOWED_HOSTS", ())


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "::", "192.0.2.7", "chat.example.org"]
)
def test_what_only_this_machine_reaches_is_known(host):
    assert env.is_loopback(host) is (host in {"localhost", "127.0.0.1", "127.8.8.8", "::1"})


@pytest.mark.parametrize(
    ("host", "names"), [("0.0.0.0", ()), ("::", ()), ("192.0.2.7", ("192.0.2.7",)), ("2001:db8::1", ("[2001:db8::1]",))]
)
def test_a_browser_asks_for_the_address_that_is_listened_on(host, names):
    assert env.as_host_name(host) == names

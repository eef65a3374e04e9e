"""The environment is read by type, and nonsense is refused in one sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from parley_server import env


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


@pytest.mark.parametrize(
    "value", ["redis://a/0", "rediss://me:pw@a:6380/1?ssl_ca_certs=/etc/ca.pem", "unix:///run/valkey.sock?db=2"]
)
def test_a_store_may_be_at_a_host_or_a_socket(monkeypatch, value):
    monkeypatch.setenv("REDIS_URL", value)
    assert env.redis_url("REDIS_URL") == value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("sentinel://10.0.0.1:26379", "cannot name a Sentinel: name an address that follows the primary"),
        ("unix://", "must have the path of a socket"),
        ("unix:///run/my valkey", "must have the path of a socket"),
        ("http://a", "must be an address that starts with redis:// or rediss://"),
    ],
)
def test_a_store_elsewhere_is_refused_with_what_to_do(monkeypatch, value, words):
    monkeypatch.setenv("REDIS_URL", value)
    with pytest.raises(ImproperlyConfigured, match=f"REDIS_URL {words}"):
        env.redis_url("REDIS_URL")


def test_a_refused_address_is_not_repeated_since_it_may_hold_a_password(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://me:hunter2@host/name")
    with pytest.raises(ImproperlyConfigured) as refusal:
        env.url("DATABASE_URL", schemes=("postgres",))
    assert "hunter2" not in str(refusal.value)


# Secrets in files


@pytest.fixture
def secret(monkeypatch, tmp_path):
    """A function that has SECRET_KEY_FILE name a file with some bytes."""

    def write(content):
        (tmp_path / "secret").write_bytes(content)
        monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "secret"))

    monkeypatch.delenv("SECRET_KEY", raising=False)
    return write


@pytest.mark.parametrize(
    "content", [b"of the site", b"of the site\n", b" of the site\r\n\n", b"\xef\xbb\xbfof the site\r\n"]
)
def test_a_secret_may_stand_in_a_file_that_ends_with_a_newline(secret, content):
    secret(content)
    assert env.text("SECRET_KEY") == "of the site"


def test_a_secret_is_said_once(secret, monkeypatch):
    secret(b"one")
    monkeypatch.setenv("SECRET_KEY", "other")
    with pytest.raises(
        ImproperlyConfigured, match=r"^SECRET_KEY and SECRET_KEY_FILE are both set: leave one of them out\.$"
    ):
        env.text("SECRET_KEY")
    monkeypatch.setenv("SECRET_KEY_FILE", " ")
    assert env.text("SECRET_KEY") == "other"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has nothing in it"),
        (b"\n ", "has nothing in it"),
        (b"\xff\xfe", "UTF-8"),
        (b"x" * 70_000, "is longer than"),
    ],
)
def test_a_file_that_holds_no_secret_is_named(secret, content, words):
    secret(content)
    with pytest.raises(ImproperlyConfigured, match=f"^SECRET_KEY_FILE .*{words}") as refusal:
        env.text("SECRET_KEY")
    assert "xxx" not in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/nowhere/key", "No such file or directory"), ("/dev", "Is a directory"), ("/dev/zero", "is longer than")],
)
def test_a_file_that_cannot_be_read_is_named(monkeypatch, path, reason):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", path)
    with pytest.raises(ImproperlyConfigured, match=f"^SECRET_KEY_FILE .*{reason}"):
        env.text("SECRET_KEY")


def test_what_is_no_secret_is_read_from_no_file(monkeypatch, tmp_path):
    (tmp_path / "host").write_text("0.0.0.0")
    monkeypatch.delenv("HOST", raising=False)
    monkeypatch.setenv("HOST_FILE", str(tmp_path / "host"))
    assert env.text("HOST", "127.0.0.1") == "127.0.0.1"


def test_who_needs_no_secret_is_not_told_where_they_are(monkeypatch):
    names = {"SECRET_KEY_FILE", "DATABASE_URL_FILE", "OPENAI_API_KEY_FILE"}
    for name in names:
        monkeypatch.setenv(name, "/run/secrets/one")
    assert not names & env.without_secrets().keys()


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

"""The debug mode is for one's own machine, and no error page and no log tells a password."""

import re
import socket
from contextlib import contextmanager
from urllib.parse import quote

import httpx2
import pytest

from parley_server.masking import masked
from parley_server.passwords import without_passwords
from tests.server.programs import run, start
from tests.support.processes import free_port, until

SUPERVISOR = ("-m", "parley_server")
PROVIDER = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
PASSWORDS = {"redis": "of'valkey&", "broker": "of the queue", "database": "of-the-database"}
SECRETS = {"SECRET_KEY": "the-key-of-the-cookies", "OPENAI_API_KEY": "sk-of-the-provider"}
ADDRESSES = {
    "REDIS_URL": f"redis://:{quote(PASSWORDS['redis'])}@127.0.0.1:9/0",
    "BROKER_URL": f"amqp://me:{quote(PASSWORDS['broker'])}@127.0.0.1:9//",
    "DATABASE_URL": f"postgres://me:{quote(PASSWORDS['database'])}@127.0.0.1:9/none",
}
OTHER_HOST = {"Host": "elsewhere.example"}


@contextmanager
def serving(folder, *arguments, **chosen):
    """A web server that somebody started by hand → its port, and a list to which its lines are added at the end."""
    port, lines = free_port(), []
    command = ("-m", "uvicorn", "parley_server.asgi:application", "--port", str(port), *arguments)
    server = start(folder, *command, **PROVIDER, **chosen)
    try:
        until(lambda: answers(port) or server.poll() is not None, 60)
        yield port, lines
    finally:
        server.terminate()
        lines.append(server.communicate(timeout=30)[0])


def answers(port):
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
    except httpx2.TransportError:
        return None


def assert_no_secret(words):
    for secret in (*PASSWORDS.values(), *map(quote, PASSWORDS.values()), *SECRETS.values(), "of&#x27;valkey"):
        assert secret not in words


@pytest.mark.parametrize(("host", "program"), [("0.0.0.0", SUPERVISOR), ("chat.example.org", ("manage.py", "check"))])
def test_is_refused_where_others_can_reach_it(tmp_path, host, program):
    done = run(tmp_path, *program, DEBUG="1", HOST=host, **PROVIDER)
    assert done.returncode == 1
    assert done.stderr.startswith(f"DEBUG shows the inside of the site to everybody who reaches HOST={host}:")
    assert done.stderr.count("\n") == 1


def test_its_pages_tell_no_password(tmp_path):
    with serving(tmp_path, DEBUG="1", **ADDRESSES, **SECRETS) as (port, lines):
        site = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
        refused = [site.get("/", headers={**OTHER_HOST, "Accept": kind}).text for kind in ("text/html", "text/plain")]
        broken = site.get("/accounts/login/").text
    for words in refused:
        assert "DisallowedHost" in words
        assert re.search(r"CELERY_BROKER_URL\W.*amqp://\*\*\*@127\.0\.0\.1:9", words, re.DOTALL)
    for words in (*refused, broken, *lines):
        assert_no_secret(words)


def test_its_pages_are_for_this_machine_only(tmp_path):
    here = address_in_the_network()
    with serving(tmp_path, "--host", "0.0.0.0", DEBUG="1") as (port, _):
        refused = httpx2.get(f"http://{here}:{port}/", trust_env=False)
        assert (refused.status_code, refused.headers["content-type"]) == (403, "text/plain; charset=utf-8")
        assert refused.text.startswith("DEBUG is on")
        assert httpx2.get(f"http://127.0.0.1:{port}/", headers=OTHER_HOST, trust_env=False).status_code == 400


def address_in_the_network():
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("192.0.2.1", 9))  # nothing is sent: the system only says from where it would be
        return asking.getsockname()[0]


def test_without_it_a_wrong_host_is_told_nothing(tmp_path):
    with serving(tmp_path, **ADDRESSES, **SECRETS) as (port, lines):
        refused = httpx2.get(f"http://127.0.0.1:{port}/", headers=OTHER_HOST, trust_env=False)
    assert refused.status_code == 400
    assert "settings" not in refused.text
    assert "healthz" not in "".join(lines)
    assert_no_secret("".join(lines))


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("redis://:pa@ss@host:6379/0", "redis://***@host:6379/0"),
        ("'amqp://me:pass@host//' and rediss://x:y@other", "'amqp://***@host//' and rediss://***@other"),
        ("&#x27;postgres://me:p%40ss@host/name&#x27;", "&#x27;postgres://***@host/name&#x27;"),
        ("https://example.org/@somebody and me@example.org", "https://example.org/@somebody and me@example.org"),
    ],
)
def test_addresses_lose_their_passwords(words, left):
    assert without_passwords(words) == left


def test_secrets_of_this_site_are_masked_wherever_they_stand(settings):
    assert masked(f"key={settings.SECRET_KEY!r}") == 'key="***"'

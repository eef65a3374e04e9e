"""A person's own connection reaches public addresses only, whatever names, answers and proxies say."""

import asyncio
import socket
import time
from dataclasses import replace

import httpx2
import pytest

from parley.conf import conf
from parley.generation import catalogue, clients, egress, guarded, inquiry, streaming
from parley.generation.egress import NotPublic
from parley.generation.outcome import ProviderError
from parley.generation.prompt import Request
from tests.support.recording_proxy import RecordingProxy
from tests.support.tls_server import Names, TlsServer

LOOPBACK = egress.SPECIAL_V4[3]
NAME = "api.example.test"
REQUEST = Request("secured", [{"role": "user", "content": "Hello?"}])


@pytest.fixture(autouse=True)
async def _afresh():
    yield
    await clients.close()


@pytest.fixture
def server(tmp_path, monkeypatch):
    with TlsServer(tmp_path, NAME) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        yield server


@pytest.fixture
def _loopback_is_public(monkeypatch):
    """The server is on this machine, and has to be somewhere."""
    monkeypatch.setattr(egress, "SPECIAL_V4", [network for network in egress.SPECIAL_V4 if network != LOOPBACK])


@pytest.fixture
def names(monkeypatch):
    def answer(**answers):
        double = Names(**answers)
        monkeypatch.setattr(socket, "getaddrinfo", double)
        return double

    return answer


@pytest.fixture
def nobody(monkeypatch):
    """What would have been sent on, to whatever address."""
    sent = []
    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", lambda self, request: sent.append(request))
    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", lambda self, request: sent.append(request))
    return sent


def personal(host, port=None):
    place = host if port is None else f"{host}:{port}"
    return replace(conf.provider, base_url=f"https://{place}/v1", key="sk-own", public_only=True)


async def answer(provider):
    return [chunk async for batch in streaming.stream(provider, REQUEST) for chunk in batch]


async def assert_refuses(provider):
    with pytest.raises((NotPublic, httpx2.InvalidURL, ValueError)):
        inquiry.ask(provider)
    with pytest.raises(ProviderError, match=r"not_public|unreachable") as refused:
        await answer(provider)
    assert refused.value.retriable is False


@pytest.mark.usefixtures("_loopback_is_public")
async def test_reaches_the_address_under_its_name_without_a_proxy(server, names, monkeypatch):
    looked_up = names(api=[["127.0.0.1"]])
    provider = personal(NAME, server.port)
    with RecordingProxy() as proxy:
        for name, value in proxy.environment.items():
            monkeypatch.setenv(name, value)
        assert [*inquiry.ask(provider)] == ["secured"]
        assert (await answer(provider))[-1] == "[DONE]"
        assert proxy.asked == []
    host = f"{NAME}:{server.port}"
    assert server.seen == [("GET", "/v1/models", host, None), ("POST", "/v1/chat/completions", host, None)]
    assert set(server.names) == {NAME}
    assert looked_up.asked == [NAME, NAME]


@pytest.mark.usefixtures("_loopback_is_public")
async def test_a_name_that_means_something_else_a_moment_later_is_looked_up_once_a_request(server, names):
    looked_up = names(api=[["127.0.0.1"], ["10.0.0.1"]])
    provider = personal(NAME, server.port)
    assert [*inquiry.ask(provider)] == ["secured"]
    assert looked_up.asked == [NAME]
    await assert_refuses(provider)
    assert len(server.seen) == 1


@pytest.mark.usefixtures("_loopback_is_public")
async def test_keeps_no_cookie(server, names):
    names(api=[["127.0.0.1"]])
    provider = personal(NAME, server.port)
    await answer(provider)
    await answer(provider)
    assert [cookie for *_, cookie in server.seen] == [None, None]


@pytest.mark.usefixtures("_loopback_is_public")
async def test_follows_no_redirect(server, names):
    names(api=[["127.0.0.1"]])
    server.redirect = f"https://{NAME}:{server.port}/elsewhere"
    provider = personal(NAME, server.port)
    with pytest.raises(inquiry.Refused, match="302"):
        inquiry.ask(provider)
    with pytest.raises(ProviderError, match="redirected"):
        await answer(provider)
    assert [path for _, path, *_ in server.seen] == ["/v1/models", "/v1/chat/completions"]


@pytest.mark.usefixtures("_loopback_is_public")
async def test_a_certificate_of_another_name_is_none(server, names):
    names(other=[["127.0.0.1"]])
    provider = personal("other.example.test", server.port)
    with pytest.raises(httpx2.ConnectError, match="ertificate"):
        inquiry.ask(provider)
    with pytest.raises(ProviderError, match="unreachable") as error:
        await answer(provider)
    assert "ertificate" in error.value.cause
    assert server.seen == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254",
        "localhost", "intranet", "api.example.test.", "[::1]", "[::ffff:10.0.0.1]", "[2002:7f00:1::1]",
        "[64:ff9b::a00:1]", "[2001:0:7f00:1::1]", "[fd00:ec2::254]", "[fe80::1%25eth0]", "１２７.0.0.1",
    ],
)  # fmt: skip
async def test_refuses_hosts_before_any_is_looked_up(host, names, nobody):
    looked_up = names()
    await assert_refuses(personal(host))
    assert (looked_up.asked, nobody) == ([], [])


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["::1"], ["fd00::1"], ["fe80::1%eth0"],
        ["::ffff:127.0.0.1"], ["2002:a00:1::1"], ["64:ff9b::7f00:1"], ["2001:0:808:808::80ff:fffe"],
        ["2a00:1450::5efe:a00:1"], ["1.1.1.1", "10.0.0.1"], ["2606:4700::1111", "::1"], [],
    ],
)  # fmt: skip
async def test_refuses_names_of_which_any_address_is_not_public(addresses, names, nobody):
    names(api=[addresses])
    await assert_refuses(personal(NAME))
    assert nobody == []


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("http", 8443), ("https", 22), ("https", 1023)])
async def test_refuses_other_schemes_and_the_ports_of_other_services(scheme, port, nobody):
    provider = replace(personal(NAME), base_url=f"{scheme}://{NAME}:{port}/v1")
    await assert_refuses(provider)
    assert nobody == []


async def test_prefers_the_older_addresses(names):
    names(api=[["2606:4700::1111", "1.1.1.1"]])
    assert guarded.resolve(httpx2.URL(f"https://{NAME}/v1")) == "1.1.1.1"


async def test_gives_up_a_name_that_is_not_looked_up_in_time(monkeypatch):
    monkeypatch.setattr(guarded, "resolve", lambda url: time.sleep(1))
    monkeypatch.setattr(inquiry, "PATIENCE", 0.1)
    begun = asyncio.get_running_loop().time()
    with pytest.raises(httpx2.ConnectTimeout):
        inquiry.ask(personal(NAME))
    with pytest.raises(ProviderError, match="timeout"):
        await answer(replace(personal(NAME), connect_timeout=0.1))
    assert asyncio.get_running_loop().time() - begun < 0.9


@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:169.254.169.254]", "metadata.google.internal"])
async def test_nobody_asks_where_machines_keep_their_secrets(host, nobody, empty_valkey):
    provider = replace(conf.provider, base_url=f"http://{host}/v1")
    assert not catalogue.refresh(provider)
    with pytest.raises(ProviderError, match="unreachable"):
        await answer(provider)
    assert nobody == []

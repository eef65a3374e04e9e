"""By which way a provider is asked, and what proves who asks."""

from base64 import b64encode
from contextlib import suppress

import httpx2
import pytest

from parley.conf import conf
from parley.generation import catalogue, clients, inquiry, streaming
from parley.generation.outcome import ProviderError
from parley.generation.prompt import Request
from tests.support.recording_proxy import RecordingProxy

HERE = ["127.0.0.1", "localhost", "LOCALHOST"]
HERE_BY_ODD_NAMES = ["[::1]", "localhost.", "127.1", "LocalHost."]
"""Whether a machine knows these is its own affair; nobody else is asked for them."""


@pytest.fixture(autouse=True)
async def _afresh(settings):
    yield
    await clients.close()


@pytest.fixture
def proxy(monkeypatch):
    """A proxy that the environment names for everything."""
    with RecordingProxy() as proxy:
        for name, value in proxy.environment.items():
            monkeypatch.setenv(name, value)
        yield proxy


@pytest.fixture
def at(settings):
    def point_at(base_url, key="sk-key"):
        settings.PARLEY = {**settings.PARLEY, "BASE_URL": base_url, "API_KEY": key}

    return point_at


async def answer(question="/say 3 words"):
    request = Request("fake-1", [{"role": "user", "content": question}])
    async for _ in streaming.stream(conf.provider, request):
        pass


def list_models():
    return inquiry.ask(conf.provider)


@pytest.mark.parametrize("host", HERE)
async def test_asks_this_machine_without_a_proxy(provider, proxy, at, host):
    at(provider.base_url.replace("127.0.0.1", host))
    await answer()
    assert list_models()
    assert proxy.asked == []
    assert [request.path for request in provider.requests] == ["/v1/chat/completions", "/v1/models"]


@pytest.mark.parametrize("host", HERE_BY_ODD_NAMES)
async def test_asks_no_proxy_for_this_machine_by_whatever_name(provider, proxy, at, host):
    at(provider.base_url.replace("127.0.0.1", host))
    with suppress(ProviderError):
        await answer()
    with suppress(httpx2.TransportError):
        list_models()
    assert proxy.asked == []


async def test_asks_other_machines_through_the_proxy_that_the_environment_names(proxy, at):
    at("http://api.example.invalid/v1")
    with pytest.raises(ProviderError, match="bad_request"):
        await answer()
    with pytest.raises(Exception, match="418"):
        list_models()
    address = "http://api.example.invalid/v1"
    assert proxy.asked == [("POST", f"{address}/chat/completions"), ("GET", f"{address}/models")]


async def test_sends_what_the_base_url_asks_for_with_each_request(provider, at):
    at(f"{provider.base_url}?api-version=2024-10-21&x=")
    await answer()
    list_models()
    assert [request.query for request in provider.requests] == ["api-version=2024-10-21&x="] * 2
    assert {request.headers["authorization"] for request in provider.requests} == {"Bearer sk-key"}
    assert {request.headers["api-key"] for request in provider.requests} == {"sk-key"}


async def test_signs_in_with_what_the_base_url_says(provider, at):
    at(provider.base_url.replace("//", "//me:p%40ss@"), key="")
    await answer()
    list_models()
    expected = f"Basic {b64encode(b'me:p@ss').decode()}"
    assert [request.headers["authorization"] for request in provider.requests] == [expected] * 2


async def test_reads_no_more_of_a_refusal_than_a_sentence(provider, at):
    at(provider.base_url)
    with pytest.raises(ProviderError, match="provider_down"):
        await answer("/endless-error")


@pytest.mark.parametrize("named", ["gopher://127.0.0.1:1", "socks5://127.0.0.1:1"])
async def test_says_that_nobody_is_reached_by_a_proxy_of_another_kind(proxy, at, monkeypatch, named, empty_valkey):
    monkeypatch.setenv("HTTP_PROXY", named)
    monkeypatch.setenv("http_proxy", named)
    at("http://api.example.invalid/v1")
    with pytest.raises(ProviderError, match="unreachable"):
        await answer()
    assert not catalogue.refresh(conf.provider)
    assert proxy.asked == []

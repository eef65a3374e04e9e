"""What is asked of servers beside their list of models, and how much of it."""

import time
from dataclasses import replace

import pytest

from parley.conf import conf
from parley.generation import abilities, catalogue, inquiry
from parley.generation.abilities import Model
from tests.fake_provider import vendors
from tests.fake_provider.server import LISTS


@pytest.fixture
def at(provider):
    """A function: the provider at another base URL."""
    return lambda path: replace(conf.provider, base_url=f"{provider.url}/{path}/v1", key="sk-key")


def kept(provider):
    assert catalogue.refresh(provider)
    return [*catalogue.offered(provider).models.values()]


def test_ollama_is_asked_about_each_of_its_models(at, provider, empty_valkey):
    asked = at("ollama")
    assert kept(asked) == [
        Model("gone:1b"),
        Model("llama3.2-vision:11b", could_read=131_072, pictures=True, reasoning=False),
        Model("qwen3:4b", could_read=40_960, pictures=False, reasoning=True),
    ]
    assert [request.body["model"] for request in provider.requests[1:]] == [*catalogue.offered(asked).names]
    assert {request.headers["authorization"] for request in provider.requests} == {"Bearer sk-key"}


def test_llama_cpp_tells_what_it_reads(at, empty_valkey):
    assert kept(at("llama")) == [Model("smollm2.gguf", window=8192, could_read=32_768, pictures=False)]


def test_lm_studio_tells_it_of_what_is_loaded(at, empty_valkey):
    assert kept(at("studio")) == [
        Model("llama-3.1-8b-instruct", could_read=131_072, pictures=False),
        Model("qwen2-vl-7b-instruct", window=4096, could_read=32_768, pictures=True),
    ]


def test_a_list_may_tell_it_all(at, provider, empty_valkey):
    models = {model.name: model for model in kept(at("openrouter"))}
    assert models["maker/thinker"].prices["output"] == 10
    assert len(provider.requests) == 1


def test_nobody_else_is_asked_for_more(provider, empty_valkey):
    assert [model.window for model in kept(conf.provider)] == [None] * 3
    assert [request.path for request in provider.requests] == ["/v1/models"]


def test_of_many_models_the_first_are_asked_about(at, provider, monkeypatch, empty_valkey):
    rows = [{"id": f"m{number:03}", "owned_by": "library"} for number in range(80)]
    monkeypatch.setitem(LISTS, "/ollama/v1/models", {"data": rows})
    assert len(kept(at("ollama"))) == 80
    assert len(provider.requests) == 1 + inquiry.MAX_SHOWN


def test_what_comes_too_late_is_left_out(at, monkeypatch, empty_valkey):
    told = inquiry._read

    def slowly(client, method, url, until, **more):
        if method == "POST":
            time.sleep(0.2)
        return told(client, method, url, until, **more)

    monkeypatch.setattr(inquiry, "_read", slowly)
    monkeypatch.setattr(inquiry, "PATIENCE", 0.3)
    assert [model.could_read for model in kept(at("ollama"))][2] is None


def test_nonsense_beside_a_list_is_no_failure(at, monkeypatch, empty_valkey):
    monkeypatch.setitem(LISTS, "/llama/props", ["nonsense"])
    assert kept(at("llama")) == [Model("smollm2.gguf", could_read=32_768)]


def test_what_an_older_version_kept_is_still_offered(at, empty_valkey):
    asked = at("vllm")
    with empty_valkey.client() as client:
        client.hset(catalogue._key(asked), mapping={"names": '["old"]', "at": time.time()})
    assert catalogue.offered(asked).models == {"old": Model("old")}


def test_servers_are_known_by_whom_their_models_belong_to():
    assert {abilities.server_of(body["data"]) for body in (vendors.OPENROUTER, vendors.VLLM, {"data": [None]})} == {""}

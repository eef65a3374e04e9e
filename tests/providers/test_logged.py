"""What a provider says comes into the log as one line that shows itself and nothing else."""

import pytest

from parley.conf import conf
from parley.generation import catalogue, clients, streaming, titles
from parley.generation.outcome import ProviderError
from parley.generation.prompt import Request
from parley.models import Conversation, Message

KEY = "sk-do-not-show-this-to-anybody"


@pytest.fixture(autouse=True)
async def _with_key(provider, settings, caplog):
    caplog.set_level("INFO", "parley")
    settings.PARLEY = {**settings.PARLEY, "API_KEY": KEY, "TITLE_MODEL": "fake-1"}
    yield
    await clients.close()


REQUEST = Request("fake-1", [{"role": "user", "content": "/forged-error"}], {"max_tokens": 5})


def assert_is_harmless(lines):
    assert lines
    for line in lines:
        assert line.isprintable()
        assert KEY not in line
        assert len(line) < 1500
    assert "\\r\\n2026-11-28 ERROR all is lost" in "".join(lines).replace("\\\\", "\\")


async def test_tells_of_a_refused_question_in_one_harmless_line(caplog):
    with pytest.raises(ProviderError):
        async for _ in streaming.stream(conf.provider, REQUEST):
            pass
    assert_is_harmless([record.getMessage() for record in caplog.records])


async def test_tells_of_a_list_of_models_in_one_harmless_line(provider, settings, caplog, empty_valkey):
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": f"{provider.url}/forged/v1"}
    assert not catalogue.refresh(conf.provider)
    assert_is_harmless([record.getMessage() for record in caplog.records if record.name.startswith("parley")])


async def test_tells_of_a_title_in_one_harmless_line(caplog, monkeypatch):
    async def in_database(function, *args):
        return reply, REQUEST

    reply = Message(conversation=Conversation())
    writing = titles.Titles(in_database)
    writing.soon(reply, conf.provider)
    await next(iter(writing._running))
    assert_is_harmless([record.getMessage() for record in caplog.records if record.name.startswith("parley")])

"""What a provider does not take is left out or put in another form; only what a person has set is worth a word."""

from random import Random

import pytest

from parley.conf import conf
from parley.generation import clients, engine, streaming
from parley.generation.accumulator import Accumulator
from parley.generation.chat_completions import GO_ON, Dialect
from parley.generation.outcome import Outcome, ProviderError, retry_delay
from parley.generation.prompt import Request
from parley.models import Conversation, Message
from tests.fake_provider import expected_text
from tests.fake_provider.refusals import WAYS


@pytest.fixture(autouse=True)
async def _afresh(provider, monkeypatch):
    """A process that has asked nobody yet."""
    monkeypatch.setattr(streaming, "_dialects", {})
    yield
    await clients.close()


async def answer(question, model="fake-1", *, optional=(), **parameters):
    request = Request(model, [{"role": "user", "content": question}], parameters, frozenset(optional))
    chunks = [chunk async for batch in streaming.stream(conf.provider, request) for chunk in batch]
    choices = [chunk["choices"][0] for chunk in chunks if isinstance(chunk, dict) and chunk["choices"]]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


@pytest.mark.parametrize("way", WAYS)
async def test_leaves_out_what_it_adds_itself_in_every_dialect_of_refusal(provider, way):
    question = f"/refuse stream_options as {way} then /say 3 words"
    assert await answer(question) == expected_text(question)
    assert ["stream_options" in request.body for request in provider.completions] == [True, False]


async def test_remembers_what_a_model_refuses(provider):
    question = "/refuse stream_options as pydantic then /say 3 words"
    await answer(question)
    await answer(question)
    await answer(question, model="fake-2")
    sent = [(request.body["model"], "stream_options" in request.body) for request in provider.completions]
    assert sent == [("fake-1", True), ("fake-1", False), ("fake-1", False), ("fake-2", True), ("fake-2", False)]


async def test_remembers_of_a_bounded_number_of_models(provider, monkeypatch):
    monkeypatch.setattr(streaming, "MAX_MODELS", 2)
    for name in "abc":
        await answer("/refuse stream_options then /say 1 words", model=name)
    assert [model for _, model in streaming._dialects] == ["b", "c"]


def test_remembers_nothing_that_it_only_guessed():
    for guessed, remembered in ((True, 0), (False, 1)):
        streaming._remember((conf.provider, "fake-1"), Dialect(going_on="question", guessed=guessed))
        assert len(streaming._dialects) == remembered


async def test_remembers_nothing_that_did_not_help(provider):
    with pytest.raises(ProviderError, match="bad_request"):
        await answer("/refuse model as nameless then /say 3 words")
    assert len(provider.completions) == 2
    assert streaming._dialects == {}


@pytest.mark.parametrize("way", ["openai", "pydantic", "azure", "bedrock"])
@pytest.mark.parametrize("name", ["temperature", "top_p", "reasoning_effort"])
async def test_says_what_was_set_and_refused_and_asks_no_more(provider, way, name):
    with pytest.raises(ProviderError, match=f"refused_{name}"):
        await answer(f"/refuse {name} as {way} then /say 3 words", **{name: 1})
    assert len(provider.completions) == 1


async def test_leaves_out_a_limit_that_nobody_has_set(provider):
    question = "/refuse max_tokens as pydantic then /say 3 words"
    assert await answer(question, max_tokens=500, optional=("max_tokens",)) == expected_text(question)
    assert "max_tokens" not in provider.completions[-1].body
    with pytest.raises(ProviderError, match="refused_max_tokens"):
        await answer("/refuse max_tokens as pydantic then /say 3 words", model="fake-2", max_tokens=500)


async def test_gives_the_limit_its_newer_name(provider):
    question = "/refuse max_tokens then /say 3 words"
    assert await answer(question, max_tokens=500) == expected_text(question)
    assert provider.completions[-1].body["max_completion_tokens"] == 500
    assert len(provider.completions) == 2


QUESTION = "/say 30 words"
WHOLE = expected_text(QUESTION)
BEGUN = WHOLE[:70]


async def go_on(model):
    messages = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": BEGUN}]
    reply = Message(content=BEGUN, model=model, conversation=Conversation())
    writing = engine.Writing(reply, conf.provider, Request(model, messages), Accumulator(BEGUN))
    outcome = await engine.write(writing, lambda _: None, Random(1))
    return outcome, writing.text


@pytest.mark.parametrize(
    ("model", "requests", "last"),
    [
        ("fake-1", 1, {"role": "assistant", "content": BEGUN}),
        ("fake-no-prefill", 2, {"role": "user", "content": GO_ON}),
        ("fake-prefix", 2, {"role": "assistant", "content": BEGUN, "prefix": True}),
    ],
)
async def test_goes_on_with_an_answer_in_the_form_that_the_model_takes(provider, model, requests, last):
    assert await go_on(model) == (Outcome("done"), WHOLE)
    assert await go_on(model) == (Outcome("done"), WHOLE)
    assert len(provider.completions) == requests + 1
    assert provider.completions[-1].messages[-1] == last


async def test_keeps_the_text_and_can_go_on_again_where_no_form_is_taken(provider):
    outcome, text = await go_on("no-such-model")
    assert (outcome.status, outcome.error, text) == ("interrupted", "model_not_found", BEGUN)


def asking(question):
    request = Request("fake-1", [{"role": "user", "content": question}])
    return engine.Writing(Message(model="fake-1", conversation=Conversation()), conf.provider, request, Accumulator())


@pytest.mark.parametrize("words", [0, 5])
async def test_knows_from_words_inside_of_the_stream_that_a_conversation_is_too_long(provider, words):
    spoken = "The model is loaded with context length of only 4096 tokens, which is not enough."
    question = f"/in-band-error {words} saying {spoken}"
    outcome = await engine.write(asking(question), lambda _: None, Random(1))
    assert outcome == Outcome("interrupted" if words else "failed", "too_long", spoken)


async def test_asks_again_when_an_error_inside_of_the_stream_may_pass_and_nothing_came(provider, monkeypatch):
    monkeypatch.setattr(engine, "retry_delay", lambda *args, **received: 0 if retry_delay(*args, **received) else None)
    question = "/fail-first 1 with in-band-error 0 coded 429 then /say 5 words"
    writing = asking(question)
    assert await engine.write(writing, lambda _: None, Random(1)) == Outcome("done")
    assert (writing.text, len(provider.completions)) == (expected_text(question), 2)


@pytest.mark.parametrize(("words", "code", "error"), [(5, 429, "rate_limited"), (0, 400, "provider_error")])
async def test_asks_no_more_once_words_came_or_when_it_would_not_help(provider, words, code, error):
    writing = asking(f"/in-band-error {words} coded {code} saying No.")
    outcome = await engine.write(writing, lambda _: None, Random(1))
    assert outcome == Outcome("interrupted" if words else "failed", error, "No.")
    assert len(provider.completions) == 1

"""The fake provider speaks the streaming API as the official SDK understands it."""

import asyncio
import base64
import socket
import time

import openai
import pytest

from tests.fake_provider import RemoteProvider, ThreadProvider, expected_text
from tests.fake_provider.server import MODELS
from tests.support.processes import Process, python


@pytest.fixture(scope="module")
def fake():
    with ThreadProvider() as provider:
        yield provider


@pytest.fixture(autouse=True)
def _forget_requests(fake):
    fake.clear()


@pytest.fixture
async def client(fake):
    async with openai.AsyncOpenAI(base_url=fake.base_url, api_key="sk-test", max_retries=0, timeout=5) as client:
        yield client


async def chunks_of(client, question, **more):
    messages = [{"role": "user", "content": question}]
    stream = await client.chat.completions.create(model="fake-1", messages=messages, stream=True, **more)
    return [chunk async for chunk in stream]


def contents(chunks):
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    return [delta.content for delta in deltas if delta and delta.content]


async def answer(client, question):
    return "".join(contents(await chunks_of(client, question)))


WHOLE = """
hello
/say 120 words at 2000
/markdown
/crlf
/comments
/multiline-data
/null-content 5
/usage-last
/two-done
/after-done
/no-done
/length
/content-filter
/reasoning
/gzip
/utf8-every-byte
/huge-line
/say-text "Anything \\"at\\" all\\n\\n- 😀" seed 3
""".strip().splitlines()


@pytest.mark.parametrize("question", WHOLE, ids=lambda question: question.split()[0])
async def test_tells_the_expected_text(client, question):
    assert await answer(client, question) == expected_text(question)


async def test_says_the_same_words_every_time(client):
    first = await answer(client, "/say 30 words")
    assert first == await answer(client, "/say 30 words")
    assert len(first.split()) == 30


async def test_takes_a_text_as_base64(client):
    encoded = base64.b64encode("# Title\n\nمرحبا".encode()).decode()
    assert await answer(client, f"/say-text {encoded} at 500") == "# Title\n\nمرحبا"


async def test_has_the_shape_of_a_chunk(client):
    chunks = await chunks_of(client, "/say 2 words", stream_options={"include_usage": True})
    first, *_, last, usage = chunks
    assert len({chunk.id for chunk in chunks}) == 1
    assert first.object == "chat.completion.chunk"
    assert first.choices[0].delta.role == "assistant"
    assert last.choices[0].finish_reason == "stop"
    assert usage.choices == []
    assert usage.usage.completion_tokens == 2


async def test_sends_no_usage_unasked(client):
    assert all(chunk.usage is None for chunk in await chunks_of(client, "/say 2 words"))


@pytest.mark.parametrize(("question", "reason"), [("/length", "length"), ("/content-filter", "content_filter")])
async def test_names_the_finish_reason(client, question, reason):
    assert (await chunks_of(client, question))[-1].choices[0].finish_reason == reason


async def test_keeps_the_pace(client):
    start = time.monotonic()
    await answer(client, "/say 20 words at 40")
    assert 0.45 < time.monotonic() - start < 5


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_fails_with_a_status(client, status):
    with pytest.raises(openai.APIStatusError) as failure:
        await answer(client, f"/error {status}")
    assert failure.value.status_code == status


async def test_says_when_to_come_back(client):
    with pytest.raises(openai.RateLimitError) as failure:
        await answer(client, "/error 429 retry-after 2")
    assert failure.value.response.headers["retry-after"] == "2"


async def test_fails_with_a_web_page(client):
    with pytest.raises(openai.InternalServerError) as failure:
        await answer(client, "/error 503html")
    assert "<h1>" in failure.value.response.text


async def test_fails_the_first_requests_of_a_question(client, fake):
    question = "/fail-first 2 with 429 then /say 3 words"
    for _ in range(2):
        with pytest.raises(openai.RateLimitError):
            await answer(client, question)
    assert await answer(client, question) == expected_text(question) == expected_text("/say 3 words")
    assert [request.status for request in fake.asked(question)] == [429, 429, 200]


async def test_refuses_the_wrong_key_and_repeats_it_as_some_providers_do(client):
    with pytest.raises(openai.AuthenticationError, match="sk-wrong"):
        await answer(client.with_options(api_key="sk-wrong"), "hello")


async def test_refuses_to_answer_without_streaming(client):
    with pytest.raises(openai.BadRequestError):
        await client.chat.completions.create(model="fake-1", messages=[{"role": "user", "content": "hello"}])


async def test_cuts_the_body_without_an_end(client, fake):
    chunks = await chunks_of(client, "/cut-after 5 of 9")
    assert "".join(contents(chunks)) == expected_text("/cut-after 5 of 9") == expected_text("/say 5 words")
    assert chunks[-1].choices[0].finish_reason is None


@pytest.mark.parametrize("question", ["/drop-after 5", "/reset-after 5"])
async def test_breaks_the_connection(client, fake, question):
    seen = []
    with pytest.raises(openai.APIConnectionError):
        await collect(client, question, seen)
    assert "".join(seen) == expected_text(question)
    assert not fake.asked(question)[0].completed


async def collect(client, question, seen):
    messages = [{"role": "user", "content": question}]
    async for chunk in await client.chat.completions.create(model="fake-1", messages=messages, stream=True):
        seen += contents([chunk])


@pytest.mark.parametrize("question", ["/stall-after 3", "/no-first-byte", "/slow-bytes"])
async def test_stalls(client, question):
    with pytest.raises(openai.APITimeoutError):
        await asyncio.wait_for(stalled(client.with_options(timeout=0.3), question), 10)


async def stalled(client, question):
    await collect(client, question, [])


async def test_sends_an_error_in_band(client):
    with pytest.raises(openai.APIError, match="on fire"):
        await answer(client, "/in-band-error 3")


async def test_sends_broken_json(client):
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|JSON"):
        await answer(client, "/broken-json 3")


@pytest.mark.parametrize("question", ["/empty", "/nothing"])
async def test_answers_nothing(client, question):
    assert await answer(client, question) == expected_text(question) == ""


async def test_splits_a_surrogate_pair(client):
    halves = contents(await chunks_of(client, "/surrogates"))
    assert halves[1:3] == ["\ud83d", "\ude00"]
    assert expected_text("/surrogates") == "Smile 😀 done"
    assert expected_text("/half-surrogate") == "Half \ufffd done"


async def test_redirects_to_another_host(client, fake):
    with ThreadProvider() as other:
        question = f"/redirect {other.url}"
        await answer(client, question)
        assert fake.asked(question)[0].status == 307
        assert other.asked(question)[0].completed


async def test_continues_a_prefilled_answer(client):
    question = "/cut-after 5 of 20"
    messages = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": expected_text("/say 5 words")},
    ]
    stream = await client.chat.completions.create(model="fake-1", messages=messages, stream=True)
    rest = "".join(contents([chunk async for chunk in stream]))
    assert expected_text(question) + rest == expected_text("/say 5 words")


async def test_logs_what_it_was_asked(client, fake):
    await answer(client, "hello")
    [request] = fake.asked("hello")
    assert request.headers["authorization"] == "Bearer sk-test"
    assert request.messages == [{"role": "user", "content": "hello"}]
    assert request.completed


async def test_notices_within_moments_that_the_client_left(client, fake):
    messages = [{"role": "user", "content": "/stall-after 1"}]
    stream = await client.chat.completions.create(model="fake-1", messages=messages, stream=True)
    await anext(aiter(stream))
    await stream.close()
    left = time.monotonic()
    [request] = await asyncio.to_thread(fake.wait_for, lambda requests: requests[0].closed_by_client)
    assert request.closed_by_client - left < 5
    assert not request.completed


async def test_lists_its_models(client):
    assert [model.id async for model in client.models.list()] == list(MODELS)


async def test_lists_other_models_under_other_paths(fake):
    async with openai.AsyncOpenAI(base_url=f"{fake.url}/none/v1", api_key="sk-test", max_retries=0) as client:
        assert [model async for model in client.models.list()] == []
    async with openai.AsyncOpenAI(base_url=f"{fake.url}/unknown/v1", api_key="sk-test", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError):
            await client.models.list()


async def test_refuses_a_parameter_that_was_sent(client):
    question = "/refuse temperature then /say 3 words"
    with pytest.raises(openai.BadRequestError, match="Unsupported parameter") as failure:
        await chunks_of(client, question, temperature=1)
    assert failure.value.param == "temperature"
    assert await answer(client, question) == expected_text(question) == expected_text("/say 3 words")


async def test_names_a_conversation_as_its_question_says(client):
    messages = [{"role": "user", "content": "Name this.\n/say 5 words titled by /say 2 words\nThanks."}]
    stream = await client.chat.completions.create(model="fake-title", messages=messages, stream=True)
    assert "".join(contents([chunk async for chunk in stream])) == expected_text("/say 2 words")


def test_sends_every_byte_of_utf8_in_a_packet_of_its_own(fake):
    body = b'{"model": "m", "stream": true, "messages": [{"role": "user", "content": "/utf8-every-byte"}]}'
    with socket.create_connection(fake.url.removeprefix("http://").split(":"), timeout=5) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        sizes = [len(connection.recv(4096)) for _ in range(600)]
    assert sizes.count(1) > 400


def test_runs_in_a_process_of_its_own(tmp_path):
    process = Process("provider", python("-m", "tests.fake_provider"), tmp_path)
    try:
        remote = RemoteProvider(process.start().wait_for_line(r"ready (\S+)"))
        with openai.OpenAI(base_url=remote.base_url, api_key="sk-test") as client:
            messages = [{"role": "user", "content": "hello"}]
            list(client.chat.completions.create(model="fake-1", messages=messages, stream=True))
        assert remote.asked("hello")[0].completed
        remote.clear()
        assert remote.requests == []
    finally:
        process.kill()

"""A hostile provider: any answer, as any vendor says it, cut anywhere. Nothing received is lost, no bad end is done."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parley.generation.accumulator import Accumulator
from parley.generation.outcome import Outcome, ProviderError, after_end, after_error
from parley.generation.sse import NotAnEvent
from parley.generation.stream_errors import InBandError
from parley.generation.streaming import _chunks
from parley.text import clean
from tests.fake_provider.shapes import (
    BAD_ENDS,
    DIALECTS,
    ENDS,
    FRAMINGS,
    GOOD_ENDS,
    HEARTBEATS,
    SAID,
    TAGGED,
    Answer,
    framed,
    whole_json,
)

PIECES = st.lists(
    st.text(st.sampled_from('ab .\n`<>/[]{}#*é漢"\\\0\ud83d\ude00\u2028'), min_size=1, max_size=12),
    min_size=1,
    max_size=6,
)
CUTS = st.lists(st.integers(0, 3000), max_size=6)
EXTRA = st.dictionaries(
    st.sampled_from(["x_groq", "service_tier", "system_fingerprint", "provider", "obfuscation", "nvext", "timings"]),
    st.none() | st.integers() | st.text(max_size=5) | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    max_size=2,
)


def cut(body, cuts):
    marks = [0, *sorted(min(mark, len(body)) for mark in cuts), len(body)]
    return [body[a:b] for a, b in pairwise(marks)]


async def read(received):
    """(what was understood, how it ended) of a body that came in these pieces."""

    async def network():
        for block in received:
            yield block

    answer = Accumulator()
    try:
        async for batch in _chunks(network()):
            for chunk in batch:
                answer.add(chunk)
    except InBandError as error:
        answer.close()
        return answer, after_error("provider_error", answer, str(error))
    except (ProviderError, NotAnEvent, ValueError) as error:
        answer.close()
        return answer, after_error("garbage", answer, getattr(error, "detail", ""))
    except ConnectionError:
        answer.close()
        return answer, after_error("unreachable", answer)
    answer.close()
    return answer, after_end(answer)


LOOP = asyncio.new_event_loop()


def heard(body, cuts=()):
    return LOOP.run_until_complete(read(cut(body, cuts)))


def understood(answer):
    return str(answer.reasoning), str(answer.text)


def assert_ended_as_it_should(words, answer, outcome, *, done=""):
    has_text = bool(str(answer.text).strip())
    if words.end in GOOD_ENDS:
        assert outcome.status == ("done" if has_text else "failed")
        assert outcome.error != "empty" or not answer.reasoning
    elif words.end == "cut" and done:
        assert outcome.status == ("done" if has_text else "failed")
    else:
        assert outcome.status == ("interrupted" if has_text else "failed")
        assert outcome.error in ("cut", "broken_off", "provider_error") or not (answer.text or answer.reasoning)
    if words.end in BAD_ENDS and words.end != "cut" and "reason" not in words.end:
        assert outcome.detail == SAID


@settings(max_examples=200, deadline=None)
@given(
    dialect=st.sampled_from(sorted(DIALECTS)),
    words=st.builds(Answer, PIECES, st.just([]) | PIECES, st.sampled_from(sorted(ENDS))),
    framing=st.sampled_from(FRAMINGS),
    done=st.sampled_from(["[DONE]", "[done]", " [DONE] ", ""]),
    heartbeats=st.lists(st.sampled_from(HEARTBEATS), max_size=8),
    extra=EXTRA,
    cuts=CUTS,
)
def test_loses_nothing_and_calls_no_bad_end_good(dialect, words, framing, done, heartbeats, extra, cuts):
    events = [*DIALECTS[dialect](words), *ENDS[words.end]]
    events = [{**extra, **event} for event in events]
    done = "" if framing == "NDJSON" else done
    beats = heartbeats if framing in ("plain", "no space") else ()
    answer, outcome = heard(framed(events, framing, done=done, heartbeats=beats), cuts)
    assert understood(answer) == (clean(words.thought), clean(words.text))
    unsure = words.end == "an error after it" or (not done and words.end in (*GOOD_ENDS, "cut"))
    if dialect == "stop_on_every_chunk" and unsure:
        return  # whether it is whole cannot be known; see the next test
    assert_ended_as_it_should(words, answer, outcome, done=done)


@pytest.mark.parametrize(
    ("body", "error", "detail"),
    [
        (b"", "empty", ""),
        (b": ping\n\ndata:\n\ndata: [DONE]\n\n", "empty", ""),
        (b"<!DOCTYPE html>\n<html></html>\n", "garbage", ""),
        (b"Rate limit exceeded", "garbage", "Rate limit exceeded"),
        (b"data: {'error': 'Boom'}\n\n", "garbage", "{'error': 'Boom'}"),
        (b"data: Rate limit exceeded\n\ndata: [DONE]\n\n", "garbage", "Rate limit exceeded"),
        (b'{"candidates":[]}', "garbage", ""),
        (b"[" * 100_000, "garbage", ""),
        (b'error: {"code":400,"message":"Too long."}\n\ndata: [DONE]\n\n', "provider_error", "Too long."),
        (b"event: error\ndata: Too long.\n\n", "provider_error", "Too long."),
        (b'{"error":{"message":"Too long."}}', "provider_error", "Too long."),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_says_what_came_in_place_of_an_answer(body, error, detail):
    assert heard(body)[1] == Outcome("failed", error, detail)


SAYS_SO = b'data: {"choices":[{"delta":{"content":"So."}}]}\n\n'
ENDS_SO = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}'


async def broken_off(received, error=None):
    """Return the batches of a body that ends, or breaks off with an error."""

    async def network():
        yield received
        if error:
            raise error

    batches = []
    try:
        async for batch in _chunks(network()):
            batches += batch
    except OSError as raised:
        batches.append(type(raised))
    return batches


@pytest.mark.parametrize("error", [None, ConnectionResetError()], ids=["closed", "reset"])
@pytest.mark.parametrize("rest", [ENDS_SO[:9], ENDS_SO[:-1], b"data: [DO", b'{"choices":[', b'data: {"a":{}\n'])
def test_knows_an_event_that_broke_off_from_one_that_is_none(rest, error):
    [said, raised] = LOOP.run_until_complete(broken_off(SAYS_SO + rest, error))
    assert said["choices"]
    assert issubclass(raised, ConnectionError)


@pytest.mark.parametrize("ends", [b"", b"\n", b"\r\n"])
def test_reads_an_event_that_lacks_only_its_end_when_the_connection_breaks(ends):
    reset = ConnectionResetError()
    [_, ended, raised] = LOOP.run_until_complete(broken_off(SAYS_SO + ENDS_SO + ends, reset))
    assert (ended["choices"][0]["finish_reason"], raised) == ("stop", ConnectionResetError)
    assert LOOP.run_until_complete(broken_off(SAYS_SO + b"data: [DONE]", reset))[1:] == ["[DONE]"]


@pytest.mark.parametrize("rest", [b"d", b"data", b"data:", b"data: "])
def test_takes_the_beginning_of_an_event_for_no_words(rest):
    assert heard(SAYS_SO + rest)[1] == Outcome("interrupted", "cut")


def test_reads_control_characters_in_json():
    answer, outcome = heard(SAYS_SO + b'data: {"choices":[{"delta":{"content":"\x1b[1m"}}]}\n\n' + ENDS_SO)
    assert (str(answer.text), outcome) == ("So.\x1b[1m", Outcome("done"))


def test_reads_events_in_events():
    answer, outcome = heard(b'data: data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: data: [DONE]\n\n')
    assert (str(answer.text), outcome) == ("a", Outcome("done"))


@pytest.mark.parametrize("end", ["cut", "OpenAI"])
def test_calls_an_answer_with_a_reason_on_every_chunk_whole_only_where_the_stream_says_so(end):
    words = Answer(["a", "b"], end=end)
    body = framed([*DIALECTS["stop_on_every_chunk"](words), *ENDS[end]], "plain")
    answer, outcome = heard(body)
    assert (str(answer.text), outcome.status) == ("ab", "interrupted")
    assert heard(framed(DIALECTS["stop_on_every_chunk"](words), "plain", done="[DONE]"))[1].status == "done"


@settings(max_examples=100, deadline=None)
@given(
    dialect=st.sampled_from(sorted(TAGGED)),
    words=st.builds(Answer, PIECES, PIECES, st.sampled_from(sorted(ENDS))),
    cuts=CUTS,
)
@example("no opener", Answer(["So"], ["Well", "."]), [])
def test_tells_thoughts_in_tags_from_the_answer(dialect, words, cuts):
    thinking = ["Let me see: ", *words.thoughts, "Well."] if dialect != "no opener" else ["Let me see.\n", "Well."]
    texts = ["So ", *words.texts]
    words = Answer(texts, thinking, words.end)
    answer, outcome = heard(framed([*TAGGED[dialect](words), *ENDS[words.end]], "plain"), cuts)
    thought, text = understood(answer)
    assert (thought, text.rstrip("\n")) == (clean(words.thought), clean(words.text).rstrip("\n"))
    assert_ended_as_it_should(words, answer, outcome)


@settings(max_examples=30, deadline=None)
@given(words=st.builds(Answer, PIECES, st.just([]) | PIECES), indent=st.sampled_from([None, 2, 4]), cuts=CUTS)
def test_reads_an_answer_that_is_no_stream(words, indent, cuts):
    answer, outcome = heard(whole_json(words, indent=indent), cuts)
    assert understood(answer) == (clean(words.thought), clean(words.text))
    assert outcome.status == ("done" if str(answer.text).strip() else "failed")
    assert answer.usage == {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}


WORDS = """
choices delta message content text reasoning reasoning_details type thinking error detail code object usage index
title url finish_reason citations annotations url_citation images image_url audio transcript tool_calls
"""
NAMES = st.sampled_from(WORDS.split())
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "a", "\ud83d", "\0", "https://example.com/"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
CHOICE = st.fixed_dictionaries({"delta": st.dictionaries(NAMES, JSON, max_size=4)})


@settings(max_examples=100, deadline=None)
@given(st.lists(JSON | st.fixed_dictionaries({"choices": st.lists(JSON | CHOICE, max_size=2)}), max_size=4))
def test_survives_any_json(chunks):
    answer = Accumulator()
    for chunk in chunks:
        try:
            answer.add(chunk)
        except InBandError as error:
            str(error).encode()
    answer.close()
    for words in (
        str(answer.text),
        str(answer.reasoning),
        answer.finish_reason,
        str(answer.usage),
        str(answer.beside.as_parts()),
    ):
        words.encode()
        assert "\0" not in words
    assert len(answer.finish_reason) <= 40
    assert after_end(answer).status in ("done", "interrupted", "failed")


TOKENS = (
    b"data:", b"event: error", b"error:", b"\n", b"\r", b"{", b"}", b"[", b"]", b"[DONE]", b" ", b"x", b"null", b"\xff",
    b'{"choices":[{"delta":{"content":"a"}}]}', b"\xef\xbb\xbf",
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=30), CUTS)
def test_survives_any_bytes(parts, cuts):
    _, outcome = heard(b"".join(parts), cuts)
    assert outcome.status in ("done", "interrupted", "failed")

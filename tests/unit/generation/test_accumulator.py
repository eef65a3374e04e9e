from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation.accumulator import DONE, Accumulator, Text
from parley.generation.stream_errors import InBandError
from parley.text import clean

ANYTHING = st.text(st.one_of(st.characters(codec=None), st.sampled_from("\r\n\0\ud83d\ude00\ud800\udfff")), max_size=40)
"""Text as JSON may hold it: halves of surrogate pairs, NUL and carriage returns included."""


def chunk(content, **choice):
    return {"choices": [{"delta": {"content": content}, **choice}]}


def accumulated(*chunks, text=""):
    answer = Accumulator(text)
    for each in chunks:
        answer.add(each)
    answer.text.close()
    return answer


def text_of(*pieces):
    text = Text()
    for piece in pieces:
        text.add(piece)
    text.close()
    return str(text)


# Text


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["\ud83d", "\ude00"], "😀"),
        (["a\ud83d", "", "\ude00b"], "a😀b"),
        (["\ud83d", "x"], "\ufffdx"),
        (["\ud83d"], "\ufffd"),
        (["\ud83d", "\ud83d", "\ude00"], "\ufffd😀"),
        (["\ude00\ud83d"], "\ufffd\ufffd"),
        (["a\0b"], "a\ufffdb"),
        (["a\r", "\nb"], "a\nb"),
        (["a\r", "b"], "a\nb"),
        (["a\r"], "a\n"),
        (["a\r\r\n\rb"], "a\n\n\nb"),
        (["é\r", "\n"], "é\n"),
        ([], ""),
    ],
)
def test_makes_what_no_store_takes_harmless(pieces, expected):
    assert text_of(*pieces) == expected


@given(ANYTHING, st.lists(st.integers(0, 40)))
def test_makes_the_same_text_of_any_cutting(text, cuts):
    marks = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    assert text_of(*(text[a:b] for a, b in pairwise(marks))) == clean(text)


@given(ANYTHING)
def test_makes_text_that_every_store_takes(text):
    cleaned = clean(text)
    cleaned.encode()
    assert not {"\0", "\r"} & set(cleaned)
    assert clean(cleaned) == cleaned


@given(st.lists(ANYTHING))
def test_never_takes_back_what_it_has_shown(pieces):
    text, shown = Text("before "), "before "
    for piece in pieces:
        text.add(piece)
        assert str(text).startswith(shown)
        shown = str(text)


def test_holds_back_half_a_character_and_calls_it_nothing_yet():
    text = Text()
    text.add("\ud83d")
    assert not text
    assert str(text) == ""


# Chunks


def test_adds_the_text_of_chunks_in_order():
    assert str(accumulated(chunk("Hel"), chunk("lo"), DONE).text) == "Hello"


def test_goes_on_after_the_text_that_is_there():
    assert str(accumulated(chunk(" world"), text="Hello").text) == "Hello world"


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [None]},
        {"choices": ["x"]},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {}}]},
        {"choices": {"0": {}}},
        {"error": None},
        chunk(None),
        chunk(5),
        chunk(["x"]),
        chunk("", finish_reason=None),
        chunk("", finish_reason=5),
        {"usage": None},
        {"usage": "much"},
        None,
        [],
        "text",
        7,
    ],
    ids=repr,
)
def test_passes_over_a_chunk_without_text(odd):
    answer = accumulated(chunk("a"), odd, chunk("b"))
    assert (str(answer.text), answer.finish_reason, answer.usage, answer.ended) == ("ab", "", {}, False)


def test_takes_the_usage_of_a_last_chunk_without_choices():
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "details": {"cached": 1}}
    answer = accumulated(chunk("a", finish_reason="stop"), {"choices": [], "usage": usage}, DONE)
    assert answer.usage == {"prompt_tokens": 5, "completion_tokens": 7}


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "tool_calls"])
def test_knows_why_the_answer_finished(reason):
    assert accumulated(chunk("a"), chunk(None, finish_reason=reason)).finish_reason == reason


def test_keeps_no_longer_reason_than_its_column():
    assert len(accumulated(chunk("a", finish_reason="x" * 1000)).finish_reason) == 40


def test_keeps_nothing_beside_the_text_that_no_store_takes():
    odd = {"half \ud83d": 1, "nul\0": 2, "total_tokens": 10**30, "completion_tokens": "7"}
    answer = accumulated({**chunk("a", finish_reason="st\ud83do\0p"), "usage": odd})
    assert (answer.finish_reason, answer.usage) == ("st\ufffdo\ufffdp", {"completion_tokens": 7})


def test_takes_text_until_the_end_of_the_stream_whatever_reason_comes_with_it():
    assert str(accumulated(chunk("a", finish_reason="stop"), chunk("b")).text) == "ab"
    thought = {"choices": [{"delta": {"reasoning_content": "Hm."}, "finish_reason": "stop"}]}
    assert str(accumulated(thought, chunk("a", finish_reason="stop")).text) == "a"


def test_takes_nothing_after_done():
    answer = accumulated(
        chunk("a"), DONE, chunk("b", finish_reason="stop"), {"error": "late"}, DONE, {"usage": {"x": 1}}
    )
    assert (str(answer.text), answer.finish_reason, answer.usage, answer.ended) == ("a", "", {}, True)


SAID = "The engine is on fire."
ERRORS = {
    "OpenAI": {"error": {"message": SAID, "type": "server_error", "param": None, "code": None}},
    "a text": {"error": SAID},
    "vLLM": {"object": "error", "message": SAID, "type": "InternalServerError", "param": None, "code": 500},
    "FastAPI": {"detail": SAID},
    "FastAPI, validation": {"detail": [{"loc": ["body"], "msg": SAID, "type": "value_error"}]},
    "Anthropic": {"type": "error", "error": {"details": None, "type": "overloaded_error", "message": SAID}},
    "type error": {"type": "error", "message": SAID},
    "DashScope": {"code": "InternalError", "message": SAID, "request_id": "1"},
    "Cohere": {"message": SAID},
    "Gemini": {"error": {"code": 503, "message": SAID, "status": "UNAVAILABLE"}},
    "llama.cpp": {"error": {"code": 400, "message": SAID, "type": "invalid_request_error", "n_ctx": 4096}},
    "TGI": {"error": SAID, "error_type": "incomplete_generation"},
    "OpenRouter": {
        "error": {"code": 502, "message": SAID, "metadata": {"provider_name": "x"}},
        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
    },
    "OpenRouter, before": {"choices": [], "error": {"code": 502, "message": SAID}},
    "in the choice": {"choices": [{"delta": {"content": ""}, "error": {"code": 502, "message": SAID}}]},
    "MiniMax": {"choices": None, "base_resp": {"status_code": 1008, "status_msg": SAID}},
    "nested": {"error": {"error": {"error": {"message": SAID}}}},
    "with breaks": {"error": {"message": "The engine\r\n is \x1b[31mon\x1b[0m fire."}},
    "without choices": {"choices": None, "errors": [{"message": SAID}, {"message": SAID}]},
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_raises_an_error_in_band_in_the_words_of_the_provider_and_keeps_the_text(error):
    answer = Accumulator()
    answer.add(chunk("a"))
    with pytest.raises(InBandError) as raised:
        answer.add(error)
    assert str(raised.value) == SAID
    assert str(answer.text) == "a"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"type": "overloaded_error", "message": None}, "overloaded_error"),
        ({"code": 529}, "529"),
        ({"message": "Provider returned error", "metadata": {"raw": "No."}}, "Provider returned error; No."),
        ([{"msg": "Too long."}, {"msg": "Too hot."}], "Too long.; Too hot."),
        (True, ""),
        (5, ""),
        ({"message": {"message": {"message": {"message": {"message": "deep"}}}}}, ""),
        ({"message": "half \ud83d nul\0"}, "half \ufffd nul\ufffd"),
    ],
)
def test_finds_the_sentence_of_an_error(error, said):
    with pytest.raises(InBandError) as raised:
        Accumulator().add({"error": error})
    assert str(raised.value) == said


def test_keeps_what_came_with_an_error():
    answer = Accumulator()
    with pytest.raises(InBandError):
        answer.add({**chunk("a"), "error": {"message": "x"}})
    assert str(answer.text) == "a"


@pytest.mark.parametrize(
    "harmless",
    [
        {"type": "ping"},
        {"choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]},
        {"choices": [], "usage": {"total_tokens": 1}},
        {"id": "x", "object": "chat.completion.chunk", "choices": [], "code": 0, "status": "ok"},
        {"choices": None, "base_resp": {"status_code": 0, "status_msg": ""}},
        {"error": None, "choices": []},
        {"message": ""},
    ],
    ids=repr,
)
def test_calls_nothing_an_error_that_is_none(harmless):
    assert str(accumulated(chunk("a"), harmless, chunk("b")).text) == "ab"

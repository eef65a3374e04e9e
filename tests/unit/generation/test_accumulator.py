from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation.accumulator import DONE, Accumulator
from parley.generation.fragments import MAX_SOURCES
from parley.generation.outcome import Outcome, after_end, after_error
from parley.generation.stream_errors import InBandError
from parley.generation.streamed_text import LONGEST_TEXT, Text
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


def text_of(*blocks):
    text = Text()
    for block in blocks:
        text.add(block)
    text.close()
    return str(text)


# Text


@pytest.mark.parametrize(
    ("blocks", "expected"),
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
def test_makes_what_no_store_takes_harmless(blocks, expected):
    assert text_of(*blocks) == expected


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
def test_never_takes_back_what_it_has_shown(blocks):
    text, shown = Text("before "), "before "
    for block in blocks:
        text.add(block)
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
        chunk(True),
        chunk([]),
        chunk([None, 5, {}, {"type": "text"}, {"type": "text", "text": None}]),
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
    ("error", "spoken"),
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
def test_finds_the_sentence_of_an_error(error, spoken):
    with pytest.raises(InBandError) as raised:
        Accumulator().add({"error": error})
    assert str(raised.value) == spoken


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": 429, "message": "x"}, 429), ({"status": "503"}, 503), ({"code": "server_error"}, 0), ("x", 0),
        ({"code": 7}, 0), ({"code": 10**9}, 0), ({"code": None, "status": 529}, 529),
    ],
)  # fmt: skip
def test_finds_the_status_of_an_error(error, status):
    for chunk_ in ({"error": error}, {"choices": [{"error": error}]}, {"choices": [{"delta": {}}], "error": error}):
        with pytest.raises(InBandError) as raised:
            Accumulator().add(chunk_)
        assert raised.value.status == status


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


# Other shapes than a delta with a text; every dialect and every end is in test_shapes.py


def delta(**fields):
    return {"choices": [{"index": 0, "delta": fields}]}


@pytest.mark.parametrize(
    ("content", "thought", "text"),
    [
        (["x", {"text": "y"}], "", "xy"),
        ([{"type": "text", "text": {"value": "x", "annotations": []}}], "", "x"),
        (
            [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "x"}],
            "hm",
            "x",
        ),
        ([{"type": "thinking", "thinking": "hm"}, {"type": "output_text", "text": "x"}], "hm", "x"),
        ([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}], "hm", ""),
        ([{"text": "hm", "thought": True}, {"text": "x"}], "hm", "x"),
        ({"type": "text", "text": "x"}, "", "x"),
        ({"parts": [{"text": "x"}]}, "", "x"),
        ([{"type": "redacted_thinking", "data": "x"}], "", ""),
        ([[[[[[[["deep"]]]]]]]], "", ""),
        (42, "", "42"),
        (0, "", "0"),
        (0.5, "", "0.5"),
        (True, "", ""),
        ([], "", ""),
    ],
)
def test_reads_content_that_is_no_string(content, thought, text):
    answer = accumulated(chunk(content))
    assert (str(answer.reasoning), str(answer.text), answer.beside.as_parts()) == (thought, text, [])


@pytest.mark.parametrize(
    ("fields", "thought", "text"),
    [
        ({"reasoning_content": "", "reasoning": "hm"}, "hm", ""),
        ({"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}, "hm", ""),
        ({"reasoning_details": [{"type": "reasoning.summary", "summary": "hm"}]}, "hm", ""),
        ({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]}, "", ""),
        ({"content": None, "refusal": "I cannot."}, "", "I cannot."),
        ({"content": "", "reasoning_content": 7}, "7", ""),
        ({"content": 7, "reasoning": "hm", "role": "assistant"}, "hm", "7"),
        ({"audio": {"id": "a", "transcript": "spoken"}}, "", "spoken"),
    ],
)
def test_finds_what_is_said_wherever_it_is(fields, thought, text):
    answer = accumulated(delta(**fields))
    assert (str(answer.reasoning), str(answer.text)) == (thought, text)


PICTURE = "data:image/png;base64," + "A" * 2_000_000


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"images": [{"type": "image_url", "image_url": {"url": PICTURE}}]}, "image"),
        ({"content": [{"type": "image_url", "image_url": {"url": PICTURE}}]}, "image"),
        ({"content": [{"type": "image", "source": {"data": PICTURE}}]}, "image"),
        ({"content": [{"inline_data": {"data": PICTURE}, "type": "x"}]}, "data"),
        ({"audio": {"id": "a", "data": PICTURE}}, "audio"),
        ({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{}"}}]}, "tool_call"),
        ({"function_call": {"name": "f", "arguments": ""}}, "tool_call"),
    ],
)
def test_notes_what_cannot_be_shown_and_keeps_nothing_of_it(fields, kind):
    answer = accumulated(delta(**fields), delta(**fields), chunk("a", finish_reason="stop"))
    assert (str(answer.text), answer.beside.as_parts()) == ("a", [{"type": kind}])


def test_notes_no_call_that_is_an_empty_form():
    assert not accumulated(delta(function_call={"name": "", "arguments": ""}, tool_calls=[], images=None)).beside


SOURCE = {"type": "citation", "name": "A title", "url": "https://example.com/a?b=c"}
CITED = {"url": "https://example.com/a?b=c", "title": "A\r\ntitle\0"[:-1]}


@pytest.mark.parametrize(
    "cited",
    [
        delta(content="", annotations=[{"type": "url_citation", "url_citation": {**CITED, "start_index": 0}}]),
        delta(content=None, annotations=[{"type": "url_citation", **CITED}]),
        delta(content="", context={"citations": [{**CITED, "content": "…"}], "intent": "x"}),
        {"choices": [], "citations": [CITED["url"]], "search_results": [CITED]},
        {**chunk(""), "citations": [{"source": CITED}]},
        {**chunk(""), "search_results": [{"web": {"uri": CITED["url"], "title": CITED["title"]}}]},
    ],
)
def test_keeps_the_sources_of_an_answer(cited):
    assert accumulated(cited, chunk("a"), cited).beside.as_parts() == [SOURCE]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//example.com", "https://me:you@example.com/", "https://a b/",
     "http://", "https://example.com/\u202e", "https://example.com/\ud83d", "https://example.com/\0", "x" * 3000,
     None, 5, {}, ""],
    ids=lambda url: ascii(url)[:30],
)  # fmt: skip
def test_keeps_no_source_that_is_no_address_of_the_web(url):
    assert accumulated({"choices": [], "citations": [url, {"url": url, "title": "x"}]}).beside.as_parts() == []


def test_keeps_no_more_sources_than_anybody_reads():
    answer = accumulated({"choices": [], "citations": [f"https://example.com/{number}" for number in range(900)]})
    assert [part["url"] for part in answer.beside.as_parts()] == [
        f"https://example.com/{n}" for n in range(MAX_SOURCES)
    ]


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": [{"index": 0, "delta": "a"}]},
        {"choices": [{"index": 0, "content": "a"}]},
        {"choices": [{"delta": {"type": "text_delta", "text": "a"}}]},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}},
        {"model": "m", "message": {"role": "assistant", "content": "a"}, "done": False},
        [{"choices": [{"delta": {"content": "a"}}]}],
    ],
    ids=repr,
)
def test_finds_the_text_of_a_chunk_that_is_almost_as_it_should_be(odd):
    answer = accumulated(odd)
    assert (str(answer.text), answer.strange) == ("a", False)


@pytest.mark.parametrize(
    "last",
    [
        {"choices": [{"finishReason": "STOP"}]},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
        {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"},
    ],
    ids=repr,
)
def test_finds_the_reason_wherever_it_is(last):
    assert accumulated(chunk("a"), last).finish_reason == "stop"


@pytest.mark.parametrize(
    ("odd", "strange"),
    [
        ({"candidates": [{"content": {"parts": [{"text": "a"}]}}]}, True),
        ({"type": "response.output_text.delta", "delta": "a"}, True),
        ("words", True),
        (5, True),
        (None, False),
        ({"choices": []}, False),
        ({"type": "ping"}, False),
    ],
    ids=repr,
)
def test_knows_what_it_does_not_understand(odd, strange):
    answer = accumulated(odd)
    assert (answer.strange, str(answer.text)) == (strange, "")
    assert after_end(answer) == Outcome("failed", "garbage" if strange else "empty")


def test_takes_a_message_beside_deltas_for_a_repetition():
    last = {"choices": [{"index": 0, "delta": {}, "message": {"content": "ab"}, "finish_reason": "stop"}]}
    assert str(accumulated(chunk("a"), chunk("b"), last).text) == "ab"
    assert str(accumulated(delta(content="a"), delta(content="b"), last).text) == "ab"
    assert str(accumulated(last).text) == "ab"


def test_takes_the_first_of_two_choices():
    def both(first, second):
        return {"choices": [{"index": 1, "delta": {"content": second}}, {"index": 0, "delta": {"content": first}}]}

    alone = {"choices": [{"index": 1, "delta": {"content": "?"}, "finish_reason": "stop"}]}
    answer = accumulated(both("a", "x"), both("b", "y"), alone)
    assert (str(answer.text), answer.finish_reason) == ("ab", "")


def of_choice(index, reason=None, **fields):
    return {"choices": [{"index": index, "delta": fields, "finish_reason": reason}]}


@pytest.mark.parametrize(
    "before",
    [
        [of_choice(0, role="assistant")],
        [of_choice(0, role="assistant", content="")],
        [of_choice(0, reasoning="Hm.")],
        [of_choice(0, reasoning="H"), of_choice(0, reasoning="m.")],
    ],
)
def test_takes_the_first_choice_that_says_something(before):
    answer = accumulated(
        *before, of_choice(1, content="a"), of_choice(0, content="x"), of_choice(1, "stop", content="b")
    )
    assert (str(answer.text), answer.finish_reason) == ("ab", "stop")
    assert str(answer.reasoning) == ("Hm." if "reasoning" in before[0]["choices"][0]["delta"] else "")


def test_reads_an_index_that_is_text():
    chunks = of_choice("0", content="a"), of_choice(0, content="b"), of_choice("0", "stop", content="c")
    answer = accumulated(*chunks, of_choice("x" * 9, content="?"))
    assert (str(answer.text), answer.finish_reason) == ("abc", "stop")


@pytest.mark.parametrize("choices", [{"index": 0, "delta": {"content": "a"}}, {"0": {"delta": {"content": "a"}}}])
def test_reads_choices_that_are_an_object(choices):
    assert str(accumulated({"choices": choices}, chunk("b")).text) == "ab"


NO_ERRORS = [{"code": 0, "message": ""}, {"code": None, "message": None}, {"code": 200, "message": "OK"}, {"code": "0"}]


@pytest.mark.parametrize("error", NO_ERRORS, ids=repr)
def test_takes_an_error_that_says_nothing_for_none(error):
    last = {**chunk("", finish_reason="stop"), "error": error}
    answer = accumulated({**chunk("a"), "error": error}, last, {"choices": [], "usage": {}, "error": error})
    assert after_error("unreachable", answer) == Outcome("done")
    with pytest.raises(InBandError):
        answer.add({"error": error})


def test_keeps_the_beginning_of_an_answer_without_end():
    answer = accumulated(*[chunk("word " * 50_000)] * 5)
    assert answer.too_long
    assert len(str(answer.text)) == LONGEST_TEXT
    assert not accumulated(chunk("a" * LONGEST_TEXT)).too_long


def counted(*words, first=1, last="length"):
    """As text-generation-inference did before 1.4.4: the index says which token it is."""
    reasons = [None] * (len(words) - 1) + [last]
    deltas = enumerate(zip(words, reasons, strict=True), first)
    return [
        {"choices": [{"index": index, "delta": {"role": "assistant", "content": word}, "finish_reason": reason}]}
        for index, (word, reason) in deltas
    ]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("words", [["I"], ["I", "'m"], ["I", "'m", " here"], list("I'm all here")])
def test_takes_all_tokens_of_a_server_that_counts_them(words, first):
    answer = Accumulator()
    for chunk in counted(*words, first=first):
        answer.add(chunk)
    answer.close()
    assert (str(answer.text), answer.finish_reason, answer.whole) == ("".join(words), "length", True)


@pytest.mark.parametrize("order", [[0, 1, 0, 1], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 2], [1, 1, 0, 0]])
def test_takes_the_first_of_two_answers_that_come_in_turn(order):
    answer, first = Accumulator(), order[0]
    for index in order:
        answer.add({"choices": [{"index": index, "delta": {"content": f"{index}"}, "finish_reason": None}]})
    answer.close()
    assert str(answer.text) == f"{first}" * order.count(first)


def test_takes_the_message_beside_deltas_that_say_nothing():
    answer = Accumulator("So far")
    for spoken in ("", "So", "So."):
        message = {"role": "assistant", "content": spoken}
        answer.add({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "message": message}]})
    answer.close()
    answer.close()
    assert str(answer.text) == "So farSo."


def test_knows_that_a_server_tells_thoughts_itself():
    answer = Accumulator()
    for delta in ({"reasoning_content": "Well."}, {"content": "<think>"}, {"content": " is a tag."}):
        answer.add({"choices": [{"index": 0, "delta": delta}]})
    answer.close()
    assert (str(answer.text), str(answer.reasoning)) == ("<think> is a tag.", "Well.")


@pytest.mark.parametrize(
    "news",
    [
        {"code": 0, "message": "Success", "choices": []},
        {"status": "processing", "message": "Warming up"},
        {"type": "info", "message": "You are number 3."},
    ],
)
def test_takes_news_for_no_error(news):
    assert str(accumulated(news, chunk("So."), news).text) == "So."

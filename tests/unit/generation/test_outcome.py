from datetime import UTC, datetime
from random import Random

import pytest

from parley.generation.accumulator import DONE, Accumulator
from parley.generation.finish_reasons import BAD, GOOD
from parley.generation.outcome import (
    LONGEST_WAIT,
    MAX_TRIES,
    Outcome,
    ProviderError,
    after_end,
    after_error,
    retry_delay,
    seconds_of,
)
from parley.generation.stream_errors import InBandError
from parley.generation.streamed_text import LONGEST_TEXT
from parley.text import clean_line

WORST, BEST = (
    type("Fixed", (Random,), {"uniform": lambda self, low, high, pick=pick: pick(low, high)})() for pick in (max, min)
)


def answer_of(text="", thought="", finish_reason=""):
    answer = Accumulator()
    answer.add({"choices": [{"delta": {"reasoning_content": thought}}]})
    answer.add({"choices": [{"delta": {"content": text}, "finish_reason": finish_reason or None}]})
    return answer


def ended(text="", finish_reason="", done=False, thought=""):
    answer = answer_of(text, thought, finish_reason)
    if done:
        answer.add(DONE)
    return after_end(answer)


@pytest.mark.parametrize(
    ("text", "finish_reason", "done", "expected"),
    [
        ("a", "stop", True, Outcome("done")),
        ("a", "stop", False, Outcome("done")),
        ("a", "", True, Outcome("done")),
        ("a", "length", True, Outcome("done")),
        ("a", "content_filter", True, Outcome("done")),
        ("a", "", False, Outcome("interrupted", "cut")),
        ("", "stop", True, Outcome("failed", "empty")),
        ("", "", True, Outcome("failed", "empty")),
        ("", "", False, Outcome("failed", "empty")),
        ("", "content_filter", True, Outcome("failed", "filtered")),
        ("", "length", True, Outcome("failed", "thought_too_long")),
        (" \n", "stop", True, Outcome("failed", "empty")),
    ],
)
def test_knows_what_an_end_means(text, finish_reason, done, expected):
    assert ended(text, finish_reason, done) == expected


def test_is_ended_by_a_budget_unless_it_was_whole_just_then():
    assert after_end(answer_of("a"), shortage="why") == Outcome("interrupted", "budget_used_up", "why")
    assert after_end(answer_of(thought="a"), shortage="why") == Outcome("failed", "budget_used_up", "why")
    assert after_end(answer_of("a", finish_reason="stop"), shortage="why") == Outcome("done")


@pytest.mark.parametrize(
    ("finish_reason", "done", "error"),
    [
        ("", False, "cut"),
        ("", True, "only_thought"),
        ("stop", True, "only_thought"),
        ("length", True, "thought_too_long"),
        ("content_filter", True, "filtered"),
        ("error", True, "broken_off"),
    ],
)
def test_knows_what_an_end_means_after_thoughts_only(finish_reason, done, error):
    outcome = ended("", finish_reason, done, thought="Hm.")
    assert (outcome.status, outcome.error) == ("failed", error)


@pytest.mark.parametrize("reason", sorted(GOOD))
def test_knows_the_good_ends_of_many_vendors(reason):
    for words in (reason, reason.upper()):
        answer = answer_of("a", finish_reason=words)
        assert after_end(answer) == Outcome("done")
        assert answer.finish_reason in ("stop", "length", "tool_calls", "content_filter")


@pytest.mark.parametrize("reason", [*sorted(BAD), "OTHER", "from the future", "st\ud83dop"])
def test_calls_no_end_good_that_is_not_known_to_be(reason):
    for done in (True, False):
        own = clean_line(reason, 40)
        words = own.lower() if own.lower() in BAD else own
        assert ended("a", reason, done) == Outcome("interrupted", "broken_off", words)
        assert ended("", reason, done) == Outcome("failed", "broken_off", words)


def says(answer, *choices):
    for content, reason in choices:
        answer.add({"choices": [{"delta": {"content": content}, "finish_reason": reason}]})


@pytest.mark.parametrize(
    ("choices", "done", "outcome", "reason"),
    [
        ([("a", "stop"), ("b", "stop"), ("c", "stop")], True, Outcome("done"), "stop"),
        ([("a", "stop"), ("b", "stop"), ("c", "length")], False, Outcome("done"), "length"),
        ([("a", "stop"), ("b", "stop"), ("c", "error")], True, Outcome("interrupted", "broken_off", "error"), "error"),
        ([("a", "stop"), ("b", "stop"), ("c", "stop")], False, Outcome("interrupted", "cut"), "stop"),
        ([("a", "stop"), ("b", None)], False, Outcome("interrupted", "cut"), "stop"),
        ([("a", ""), ("b", "null"), ("c", "stop")], False, Outcome("done"), "stop"),
        ([("a", "error"), ("", "stop")], True, Outcome("interrupted", "broken_off", "error"), "error"),
        ([("a", "running"), ("b", "running"), ("", "stop")], False, Outcome("done"), "stop"),
        ([("a", "length"), ("", "stop")], False, Outcome("done"), "length"),
    ],
)
def test_takes_a_reason_that_comes_with_every_chunk_for_none(choices, done, outcome, reason):
    answer = Accumulator()
    says(answer, *choices)
    if done:
        answer.add(DONE)
    assert (after_end(answer), answer.finish_reason) == (outcome, reason)
    assert str(answer.text) == "".join(content for content, _ in choices)


@pytest.mark.parametrize(
    ("choices", "outcome"),
    [
        ([("a", None), ("", "stop")], Outcome("done")),
        ([("a", None), ("", "stop"), ("", "stop")], Outcome("done")),
        ([("a", "stop")], Outcome("interrupted", "provider_error", "Boom.")),
        ([("a", "stop"), ("b", "stop")], Outcome("interrupted", "provider_error", "Boom.")),
        ([("a", None), ("", "stop"), ("b", None)], Outcome("interrupted", "provider_error", "Boom.")),
        ([("a", None)], Outcome("interrupted", "provider_error", "Boom.")),
        ([("", "stop")], Outcome("failed", "provider_error", "Boom.")),
    ],
)
def test_believes_an_end_before_an_error_only_if_it_was_told_by_itself(choices, outcome):
    answer = Accumulator()
    says(answer, *choices)
    assert after_error("provider_error", answer, "Boom.") == outcome


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("unreachable", "cut"),
        ("cut", "cut"),
        ("timeout", "stalled"),
        ("stalled", "stalled"),
        ("provider_error", "provider_error"),
        ("garbage", "garbage"),
    ],
)
def test_knows_what_an_error_means_after_thoughts_only(code, error):
    assert after_error(code, answer_of(thought="Hm.")) == Outcome("failed", error)


@pytest.mark.parametrize(
    ("code", "unshown", "shown"),
    [
        ("unreachable", Outcome("failed", "unreachable"), Outcome("interrupted", "cut")),
        ("cut", Outcome("failed", "unreachable"), Outcome("interrupted", "cut")),
        ("timeout", Outcome("failed", "timeout"), Outcome("interrupted", "stalled")),
        ("stalled", Outcome("failed", "timeout"), Outcome("interrupted", "stalled")),
        ("unauthorized", Outcome("failed", "unauthorized"), Outcome("interrupted", "unauthorized")),
        ("rate_limited", Outcome("failed", "rate_limited"), Outcome("interrupted", "rate_limited")),
        ("provider_down", Outcome("failed", "provider_down"), Outcome("interrupted", "provider_down")),
        ("provider_error", Outcome("failed", "provider_error"), Outcome("interrupted", "provider_error")),
        ("garbage", Outcome("failed", "garbage"), Outcome("interrupted", "garbage")),
    ],
)
def test_knows_what_an_error_means(code, unshown, shown):
    assert after_error(code, answer_of()) == unshown
    assert after_error(code, answer_of("a")) == after_error(code, answer_of("a", "Hm.")) == shown


def delay(tries=1, *, shown=False, retriable=True, retry_after=None, random=WORST):
    return retry_delay(
        ProviderError("x", retriable=retriable, retry_after=retry_after), tries, shown=shown, random=random
    )


def test_tries_again_only_while_nothing_was_shown():
    assert delay() is not None
    assert delay(shown=True) is None


def test_tries_again_only_what_may_get_better():
    assert delay(retriable=False) is None
    assert delay(retriable=False, retry_after=1) is None


def test_tries_three_times():
    assert [delay(tries) is not None for tries in range(1, 5)] == [True, True, False, False]
    assert MAX_TRIES == 3


def test_waits_longer_each_time_and_never_all_at_once():
    assert [(delay(tries, random=BEST), delay(tries, random=WORST)) for tries in (1, 2)] == [(0.5, 1.0), (1.0, 2.0)]


@pytest.mark.parametrize("seconds", [0, 3, LONGEST_WAIT])
def test_waits_as_long_as_the_provider_asks(seconds):
    assert (
        seconds == delay(retry_after=seconds, random=BEST) < delay(retry_after=seconds, random=WORST) <= seconds + 0.5
    )


def test_fails_when_the_provider_asks_for_too_long():
    assert delay(retry_after=LONGEST_WAIT + 0.1) is None


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("0", 0),
        ("-3", 0),
        ("Mon, 23 Nov 2026 12:00:20 GMT", 20),
        ("Mon, 23 Nov 2026 13:00:20 +0100", 20),
        ("Mon, 23 Nov 2026 12:00:20 -0000", 20),
        ("Monday, 23-Nov-26 12:00:20 GMT", 20),
        ("Mon Nov 23 12:00:20 2026", 20),
        ("Mon, 23 Nov 2026 11:59:00 GMT", 0),
        ("Mon, 23 Nov 1926 12:00:20 GMT", 0),
        ("", None),
        ("soon", None),
        ("Mon, 99 Nov 2026 12:00:20 GMT", None),
        ("Mon, 23 Nov 99999999999999999999 12:00:20 GMT", None),
        ("Mon, 23 Nov 2026 12:00:20 +999999", None),
    ],
)
def test_reads_for_how_long_the_provider_asks_to_wait(retry_after, seconds):
    assert seconds_of(retry_after, datetime(2026, 11, 23, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("retry_after", ["inf", "nan", "1e99"])
def test_takes_no_number_for_a_reason_to_wait_for_ever(retry_after):
    waits = delay(retry_after=seconds_of(retry_after, datetime.now(UTC)))
    assert waits is None or waits <= LONGEST_WAIT


def test_does_not_blame_thoughts_where_no_token_was_left_for_an_answer():
    answer = answer_of("", finish_reason="length")
    answer.add({"choices": [], "usage": {"prompt_tokens": 4096, "completion_tokens": 0}})
    assert after_end(answer) == Outcome("failed", "empty")


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ("tool-calls", "tool_calls"),
        ("content-filter", "content_filter"),
        ("FINISH_REASON_STOP", "stop"),
        ("FINISH_REASON_MAX_TOKENS", "length"),
        ("FINISH_REASON_UNSPECIFIED", ""),
        ("end_of_turn", "stop"),
        ("Network-Error", "network_error"),
    ],
)
def test_knows_reasons_however_they_are_spelt(words, word):
    assert answer_of("a", finish_reason=words).finish_reason == word


@pytest.mark.parametrize("end", [after_end, lambda answer: after_error("provider_error", answer)])
def test_calls_no_answer_whole_that_was_cut_off_here(end):
    answer = answer_of("a" * (LONGEST_TEXT + 1))
    says(answer, ("", "stop"))
    assert (answer.reason.good, answer.reason.alone) == (True, True)
    assert end(answer) == Outcome("interrupted", "too_much")


@pytest.mark.parametrize("where", ["chunk", "choice"])
def test_believes_no_end_that_comes_together_with_an_error(where):
    answer, error = answer_of("Half a"), {"error": {"message": "Boom.", "code": 502}}
    chunk = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    (chunk if where == "chunk" else chunk["choices"][0]).update(error)
    with pytest.raises(InBandError):
        answer.add(chunk)
    assert after_error("provider_error", answer, "Boom.") == Outcome("interrupted", "provider_error", "Boom.")


def test_takes_spaces_for_no_answer():
    assert after_error("provider_error", answer_of(" \n", finish_reason="stop")) == Outcome("failed", "provider_error")

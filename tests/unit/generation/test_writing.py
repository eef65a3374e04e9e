from parley.generation.accumulator import Accumulator
from parley.generation.prompt import Request
from parley.generation.writing import Writing
from parley.models import Message
from parley.provider import Provider

PROVIDER = Provider("http://127.0.0.1:9/v1")


def writing(begun="", **earlier):
    return Writing(Message(content=begun, **earlier), PROVIDER, Request("m"), Accumulator(begun), checkpointed=begun)


def say(written, **delta):
    written.answer.add({"choices": [{"delta": delta}]})


def test_has_nothing_to_save_before_its_first_words():
    assert not writing().unsaved
    assert not writing("so far").unsaved


def test_shows_its_reasoning_which_is_saved_with_the_next_checkpoint_and_not_at_once():
    written = writing()
    say(written, reasoning="hm")
    assert (written.shown, written.unsaved, written.changed) == (True, False, True)
    assert written.new_reasoning == ("hm", None)


def test_has_its_reasoning_saved_once():
    written = writing("so far", reasoning="well", reasoning_seconds=2)
    assert (written.changed, written.new_reasoning) == (False, None)
    say(written, reasoning="hm")
    assert written.new_reasoning == ("well\n\nhm", 2)
    written.saved_reasoning = written.new_reasoning
    assert (written.changed, written.new_reasoning) == (False, None)
    say(written, content=" and")
    assert (written.changed, written.new_reasoning) == (True, None)


def test_is_to_be_saved_at_its_first_words_only():
    for begun in ("", "so far"):
        written = writing(begun)
        say(written, content=" and")
        assert written.unsaved
        written.checkpointed = written.text
        say(written, content=" on")
        assert not written.unsaved


def test_needs_more_of_the_budgets_before_it_has_written_what_they_hold():
    written = writing("so far")
    written.events = 9000
    assert (written.needs_more, written.used_up) == (False, False)
    written.step = written.allowance = 400
    say(written, content="a" * 900)
    written.events = 1
    assert (written.tokens, written.needs_more) == (300, False)
    written.events = 301
    assert (written.tokens, written.needs_more, written.used_up) == (301, True, False)
    written.shortage = "none"
    assert (written.needs_more, written.used_up) == (False, False)
    say(written, reasoning="b" * 300)
    assert (written.tokens, written.used_up) == (400, True)

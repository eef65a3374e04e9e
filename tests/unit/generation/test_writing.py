from types import SimpleNamespace

from parley.generation.accumulator import Accumulator
from parley.generation.engine import Writing


def writing(begun=""):
    return Writing(SimpleNamespace(content=begun), {}, Accumulator(begun), checkpointed=begun)


def say(written, **delta):
    written.answer.add({"choices": [{"delta": delta}]})


def test_has_nothing_to_save_before_its_first_words():
    assert not writing().unsaved
    assert not writing("so far").unsaved


def test_shows_its_reasoning_without_anything_to_save():
    """What is not in the text would otherwise be written again for every token of it."""
    written = writing()
    say(written, reasoning="hm")
    assert (written.shown, written.unsaved) == (True, False)


def test_is_to_be_saved_at_its_first_words_only():
    for begun in ("", "so far"):
        written = writing(begun)
        say(written, content=" and")
        assert written.unsaved
        written.checkpointed = written.text
        say(written, content=" on")
        assert not written.unsaved

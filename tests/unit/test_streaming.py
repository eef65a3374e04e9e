"""Markdown while it streams: whole and harmless at every moment, and in the end what a reload shows."""

from random import Random

import pytest

from parley.delivery.splice import Splicer, fold
from parley.markdown import closed, parse_open, render, wire
from tests.unit.elements import assert_harmless
from tests.unit.texts import ANSWERS, PAYLOADS, corpus, growing

EXAMPLES = [case["markdown"] for case in corpus("commonmark.json")] or list(ANSWERS.values())


def stream(text, seed):
    """What a page shows after every frame of a text that comes in random chunks; at last, the settled text."""
    dice, splicer, blocks = Random(seed), Splicer(), []
    for so_far in growing(text, [dice.randint(1, 40) for _ in range(20)]):
        blocks = fold([splicer.advance(so_far)], blocks)
        yield blocks


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ANSWERS)
def test_is_whole_and_harmless_at_every_moment_of_an_answer(name, seed):
    for blocks in stream(ANSWERS[name], seed):
        assert_harmless(map(closed, blocks))


def test_is_whole_and_harmless_at_every_moment_of_the_examples():
    for seed, text in enumerate(EXAMPLES):
        for blocks in stream(text, seed):
            assert_harmless(map(closed, blocks))


@pytest.mark.exhaustive
def test_is_whole_and_harmless_at_every_moment_of_what_tries_to_act():
    for seed, text in enumerate(PAYLOADS):
        for blocks in stream(text[:200], seed):
            assert_harmless(map(closed, blocks))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ANSWERS)
def test_ends_in_what_a_reload_shows(name, seed):
    *_, blocks = stream(f"{ANSWERS[name]}\nThe end", seed)
    assert [closed(block) for block in blocks] == [closed(wire(block)) for block in render(f"{ANSWERS[name]}\nThe end")]


def test_ends_in_what_a_reload_shows_of_the_examples():
    """But for references, which only the whole text can resolve, and for code at the end, which is not coloured yet."""
    for seed, text in enumerate(text for text in EXAMPLES if "]:" not in text):
        *_, blocks = stream(text, seed)
        whole = [wire(block) for block in render(text)]
        assert blocks[: len(parse_open(text).finished)] == whole[: len(parse_open(text).finished)], text

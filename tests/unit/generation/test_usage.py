import pytest
from hypothesis import given

from parley.generation.accumulator import Accumulator
from parley.generation.inclusion import Picture
from parley.generation.usage import billed, counted, unread
from parley.text import LARGEST_NUMBER
from tests.unit.test_text import ANYTHING

PICTURE = Picture("a.png", "attachments/a/picture", "image/png", 900_000, 300)
VENDORS = {
    "OpenAI": {
        "prompt_tokens": 90,
        "completion_tokens": 7,
        "total_tokens": 97,
        "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 3, "accepted_prediction_tokens": 0},
    },
    "OpenAI's responses": {
        "input_tokens": 90,
        "input_tokens_details": {"cached_tokens": 64},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 97,
    },
    "Azure": {
        "completion_tokens": 7,
        "completion_tokens_details": {
            "accepted_prediction_tokens": 0, "audio_tokens": 0, "reasoning_tokens": 3, "rejected_prediction_tokens": 0
        },
        "prompt_tokens": 90,
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 64},
        "total_tokens": 97,
    },
    "OpenRouter": {
        "prompt_tokens": 90,
        "completion_tokens": 7,
        "total_tokens": 97,
        "cost": 0.95,
        "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 3},
    },
    "Anthropic": {
        "input_tokens": 90,
        "output_tokens": 7,
        "cache_read_input_tokens": 64,
        "cache_creation_input_tokens": 8,
        "service_tier": "standard",
    },
    "Anthropic by its compatible endpoint": {"prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97},
    "Anthropic by LiteLLM": {
        "prompt_tokens": 162,
        "completion_tokens": 7,
        "total_tokens": 169,
        "prompt_tokens_details": {"cached_tokens": 64, "cache_creation_tokens": 8},
        "cache_read_input_tokens": 64,
        "cache_creation_input_tokens": 8,
    },
    "a gateway that counts the cache apart": {
        "prompt_tokens": 18,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 64, "cache_creation_tokens": 8},
    },
    "Gemini by its compatible endpoint": {"completion_tokens": 1, "prompt_tokens": 5, "total_tokens": 393},
    "xAI": {
        "prompt_tokens": 32,
        "completion_tokens": 9,
        "total_tokens": 135,
        "prompt_tokens_details": {"text_tokens": 32, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 6},
        "completion_tokens_details": {"reasoning_tokens": 94, "audio_tokens": 0},
        "num_sources_used": 0,
    },
    "reasoning beside, and no total": {
        "prompt_tokens": 32, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 94}
    },
    "DeepSeek": {
        "prompt_tokens": 90,
        "completion_tokens": 7,
        "total_tokens": 97,
        "prompt_tokens_details": {"cached_tokens": 64},
        "prompt_cache_hit_tokens": 64,
        "prompt_cache_miss_tokens": 26,
        "completion_tokens_details": {"reasoning_tokens": 3},
    },
    "Moonshot": {"prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97, "cached_tokens": 64},
    "Perplexity": {
        "prompt_tokens": 90,
        "completion_tokens": 7,
        "total_tokens": 97,
        "search_context_size": "low",
        "cost": {"total_cost": 0.95, "request_cost": 0.5},
    },
    "Ollama": {"prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97},
    "vLLM": {"prompt_tokens": 90, "total_tokens": 97, "completion_tokens": 7, "prompt_tokens_details": None},
    "llama.cpp": {
        "completion_tokens": 7,
        "prompt_tokens": 90,
        "total_tokens": 97,
        "prompt_tokens_details": {"cached_tokens": 64},
    },
    "none at all": None,
}  # fmt: skip
COLUMNS = (
    *("prompt_tokens", "completion_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens", "provider_cost"),
)
PLAIN = (90, 7, None, None, None, None)
FOUND = {
    "OpenAI": (90, 7, 64, None, 3, None),
    "OpenAI's responses": (90, 7, 64, None, 3, None),
    "Azure": (90, 7, 64, None, 3, None),
    "OpenRouter": (90, 7, 64, 8, 3, 0.95),
    "Anthropic": (162, 7, 64, 8, None, None),
    "Anthropic by its compatible endpoint": PLAIN,
    "Anthropic by LiteLLM": (162, 7, 64, 8, None, None),
    "a gateway that counts the cache apart": (90, 7, 64, 8, None, None),
    "Gemini by its compatible endpoint": (5, 388, None, None, None, None),
    "xAI": (32, 103, 6, None, 94, None),
    "reasoning beside, and no total": (32, 103, None, None, 94, None),
    "DeepSeek": (90, 7, 64, None, 3, None),
    "Moonshot": (90, 7, 64, None, None, None),
    "Perplexity": (90, 7, None, None, None, 0.95),
    "Ollama": PLAIN,
    "vLLM": PLAIN,
    "llama.cpp": (90, 7, 64, None, None, None),
    "none at all": (None,) * 6,
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_reads_what_many_vendors_say(vendor):
    found = billed(VENDORS[vendor])
    cost = found["provider_cost"] if found["provider_cost"] is None else float(found["provider_cost"])
    assert (*(found[column] for column in COLUMNS[:-1]), cost) == FOUND[vendor]


@given(ANYTHING)
def test_makes_of_anything_what_every_database_takes(value):
    for found in (billed(value), billed(dict.fromkeys(VENDORS["OpenRouter"], value))):
        assert found.keys() == set(COLUMNS)
        assert all(count is None or 0 <= count <= LARGEST_NUMBER for count in found.values())


def test_takes_no_count_whose_sums_would_be_too_large():
    found = billed({"prompt_tokens": LARGEST_NUMBER, "completion_tokens": 10**10, "total_tokens": LARGEST_NUMBER})
    assert (found["prompt_tokens"], found["completion_tokens"]) == (None, 10**10)


@given(ANYTHING, ANYTHING, ANYTHING)
def test_a_part_is_never_more_than_the_whole(prompt, completion, part):
    details = {"cached_tokens": part, "reasoning_tokens": part}
    found = billed({"prompt_tokens": prompt, "completion_tokens": completion, **details})
    for whole, parts in (("prompt_tokens", "cached_tokens"), ("completion_tokens", "reasoning_tokens")):
        assert found[whole] is None or (found[parts] or 0) <= found[whole]


def test_estimates_what_nobody_has_counted():
    messages = [{"content": "x" * 400}, {"content": [PICTURE, "words"]}]
    said = billed({"prompt_tokens": 0, "completion_tokens": 0, "cost": 0.5})
    found = counted(said, messages, 9)
    assert (found["prompt_tokens"], found["completion_tokens"], found["estimated"]) == (402, 3, True)
    assert float(found["provider_cost"]) == 0.5
    assert counted(said, messages, None) == said
    assert counted(billed({"completion_tokens": 1}), messages, 9)["prompt_tokens"] is None
    assert unread([{"content": [PICTURE, "Few words."]}], {"prompt_tokens": 3}) == 0


def test_is_there_as_far_as_it_came_when_an_answer_is_broken_off():
    answer = Accumulator()
    answer.add({"choices": [{"delta": {"content": "So"}}], "usage": VENDORS["OpenAI"]})
    assert answer.billed["cached_tokens"] == 64


@pytest.mark.parametrize("usage", [{"prompt_tokens": 10}, {"prompt_tokens": 10, "completion_tokens": 1}])
def test_estimates_an_answer_that_was_cut_off_after_its_prompt_was_counted(usage):
    found = counted(billed(usage), [], 10_000)
    assert (found["prompt_tokens"], found["completion_tokens"], found["estimated"]) == (10, 2500, True)


def test_believes_a_count_that_can_be():
    said = billed({"prompt_tokens": 10, "completion_tokens": 1250})
    assert counted(said, [], 10_000) == said

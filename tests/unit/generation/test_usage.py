import pytest
from hypothesis import given

from parley.generation.accumulator import Accumulator
from parley.generation.usage import billed
from parley.text import LARGEST_NUMBER
from tests.unit.test_text import ANYTHING

VENDORS = {
    "OpenAI": {
        "prompt_tokens": 90,
        "completion_tokens": 7,
        "total_tokens": 97,
        "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 3, "accepted_prediction_tokens": 0},
    },
    "OpenRouter": {
        "prompt_tokens": 90,
        "completion_tokens": 7,
        "cost": 0.95,
        "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 3},
    },
    "Anthropic": {
        "input_tokens": 90,
        "output_tokens": 7,
        "cache_read_input_tokens": 64,
        "cache_creation_input_tokens": 8,
    },
    "DeepSeek": {
        "prompt_tokens": 90,
        "completion_tokens": 7,
        "prompt_cache_hit_tokens": 64,
        "completion_tokens_details": {"reasoning_tokens": 3},
    },
    "Perplexity": {"prompt_tokens": 90, "completion_tokens": 7, "cost": {"total_cost": 0.95, "request_cost": 0.5}},
    "a server without details": {"prompt_tokens": 90, "completion_tokens": 7, "prompt_tokens_details": None},
}
COLUMNS = ("prompt_tokens", "completion_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens", "cost")
FOUND = {
    "OpenAI": (90, 7, 64, None, 3, None),
    "OpenRouter": (90, 7, 64, 8, 3, 0.95),
    "Anthropic": (90, 7, 64, 8, None, None),
    "DeepSeek": (90, 7, 64, None, 3, None),
    "Perplexity": (90, 7, None, None, None, 0.95),
    "a server without details": (90, 7, None, None, None, None),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_reads_what_many_vendors_say(vendor):
    found = billed(VENDORS[vendor])
    cost = found["cost"] if found["cost"] is None else float(found["cost"])
    assert (*(found[column] for column in COLUMNS[:-1]), cost) == FOUND[vendor]


@given(ANYTHING)
def test_makes_of_anything_what_every_database_takes(value):
    for found in (billed(value), billed(dict.fromkeys(VENDORS["OpenRouter"], value))):
        assert found.keys() == set(COLUMNS)
        assert all(count is None or 0 <= count <= LARGEST_NUMBER for count in found.values())


def test_is_there_as_far_as_it_came_when_an_answer_is_broken_off():
    answer = Accumulator()
    answer.add({"choices": [{"delta": {"content": "So"}}], "usage": VENDORS["OpenAI"]})
    assert answer.billed["cached_tokens"] == 64

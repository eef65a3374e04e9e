"""What providers tell of their models, each in its own shape."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation import abilities
from parley.generation.abilities import Model, facts_in
from tests.fake_provider import vendors

ROW = {"id": "m"}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
NAMES = [*abilities.WINDOWS, "architecture", "input_modalities", "capabilities", "pricing", "supported_parameters",
         "meta", "owned_by", "model_info", "default_generation_settings", "modalities", "type"]  # fmt: skip


def model(body, name):
    rows = {row["id"]: row for row in body["data"]}
    return Model.of(name, facts_in(rows[name]))


def test_openai_tells_nothing():
    assert facts_in({"id": "gpt-5", "object": "model", "created": 1, "owned_by": "system"}) == {}


def test_openrouter_tells_nearly_everything():
    found = model(vendors.OPENROUTER, "maker/thinker")
    assert (found.window, found.pictures, found.reasoning) == (400_000, True, True)
    prices = {"input": "1.25", "output": "10", "cached_input": "0.125"}
    assert found.prices == {kind: Decimal(price) for kind, price in prices.items()}


def test_openrouter_tells_what_a_model_cannot_and_that_it_is_free():
    found = model(vendors.OPENROUTER, "maker/small:free")
    assert (found.pictures, found.reasoning, found.prices) == (False, False, {"input": 0, "output": 0})


def test_a_router_whose_price_depends_has_none():
    found = model(vendors.OPENROUTER, "router/auto")
    assert (found.prices, found.window) == (None, 2_000_000)


@pytest.mark.parametrize(
    ("row", "facts"),
    [
        (vendors.VLLM["data"][0], {"window": 16_384}),
        ({**ROW, "context_window": 131_072, "max_completion_tokens": 8192}, {"window": 131_072}),  # Groq
        (
            {
                **ROW,
                "max_context_length": 131_072,
                "capabilities": {"completion_chat": True, "vision": True},
            },  # Mistral
            {"window": 131_072, "pictures": True},
        ),
        (
            {
                **ROW,  # Anthropic
                "max_input_tokens": 200_000,
                "capabilities": {"image_input": {"supported": True}, "thinking": {"supported": False}},
            },
            {"window": 200_000, "pictures": True, "reasoning": False},
        ),
        (vendors.LLAMA_CPP["data"][0], {"could_read": 32_768}),
    ],
)
def test_reads_the_shapes_of_others(row, facts):
    assert facts_in(row) == facts


def test_ollama_tells_what_a_model_could_read_which_is_no_window():
    facts = abilities.facts_by_ollama(vendors.SHOWN["llama3.2-vision:11b"])
    assert facts == {"could_read": 131_072, "pictures": True, "reasoning": False}
    assert Model.of("m", facts).window is None


@pytest.mark.parametrize("tokens", [0, -1, 12, 10**9, "many", True, 1.5e300, None, [8192], float("nan")])
def test_takes_no_odd_window(tokens):
    assert facts_in({**ROW, "max_model_len": tokens}) == {}


@pytest.mark.parametrize("price", ["-1", "NaN", "Infinity", "1e9", "much", None, True, [], "0" * 50])
def test_takes_no_odd_price(price):
    assert facts_in({**ROW, "pricing": {"prompt": price, "completion": "0.1"}}) == {}


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING), ANYTHING)
def test_never_fails_and_tells_only_what_can_be_kept(row, other):
    for told in (
        abilities.facts_in(row),
        *(tell(odd) for tell in (abilities.facts_by_ollama, abilities.facts_by_llama_cpp) for odd in (row, other)),
        *(abilities.facts_by_lm_studio(odd) for odd in (row, other)),
    ):
        found = Model.of("m", told)
        assert all(tokens is None or 256 <= tokens <= 10**8 for tokens in (found.window, found.could_read))
        assert {found.pictures, found.reasoning} <= {True, False, None}
    assert abilities.server_of([row, other]) in ("", *abilities.SERVERS.values())


def test_leaves_out_what_another_version_has_kept():
    assert Model.of("m", {"window": 4096, "name": "other", "colour": "red"}) == Model("m", window=4096)

"""What providers tell of their models, in the shapes of many vendors → facts that can be kept as JSON. Pure.

What is odd is left out: nothing here raises.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from parley.text import clean_cost, clean_count

Facts = dict[str, Any]
"""Fields of a Model, without those that are unknown; prices as text."""

FEWEST, MOST = 256, 100_000_000
"""Tokens of a window; anything else is a mistake, or "unknown"."""
MILLION = 1_000_000
WINDOWS = (
    "max_model_len",  # vLLM
    "context_length",  # OpenRouter
    "context_window",  # Groq
    "max_context_length",  # Mistral
    "max_input_tokens",  # Anthropic
)
MODALITIES = ("architecture.input_modalities", "input_modalities")
PICTURES = ("capabilities.vision", "capabilities.image_input.supported")
REASONING = ("capabilities.reasoning", "capabilities.thinking.supported")
PRICES = {
    "input": "pricing.prompt",
    "output": "pricing.completion",
    "cached_input": "pricing.input_cache_read",
    "cache_write": "pricing.input_cache_write",
}
"""OpenRouter's, as text for one token."""
SERVERS = {"library": "ollama", "llamacpp": "llama.cpp", "organization_owner": "lm studio"}
"""``owned_by`` of listed models → the server, which tells more of them elsewhere."""


@dataclass(frozen=True)
class Model:
    """What is known of a model, None for what is not.

    ``window``: tokens that its provider reads; ``could_read``: those that the model could, if its server was told to;
    ``pictures``, ``reasoning``: whether it looks at pictures, and thinks before it answers; ``prices``: of input,
    output, cached_input and cache_write → the provider's currency for 1,000,000 tokens.
    """

    name: str
    window: int | None = None
    pictures: bool | None = None
    reasoning: bool | None = None
    prices: Mapping[str, Decimal] | None = None
    could_read: int | None = None

    @classmethod
    def of(cls, name: str, facts: Facts) -> "Model":
        """Return a model with what is kept of it, by whatever version of this code."""
        known = {field: facts[field] for field in cls.__dataclass_fields__ if field in facts and field != "name"}
        if "prices" in known:
            known["prices"] = {kind: Decimal(price) for kind, price in known["prices"].items()}
        return cls(name, **known)


def facts_in(row: Mapping[str, Any]) -> Facts:
    """Return what one row of a list of models tells.

    >>> facts_in({"id": "m", "max_model_len": 8192}), facts_in({"id": "m", "max_model_len": "many"})
    ({'window': 8192}, {})
    """
    window = next(filter(None, (_tokens(row.get(name)) for name in WINDOWS)), None)
    lists = (_at(row, name) for name in MODALITIES)
    modalities = next((value for value in lists if isinstance(value, list)), None)
    parameters = row.get("supported_parameters")
    return _known(
        window=window,
        could_read=_tokens(_at(row, "meta.n_ctx_train")),
        pictures=_flag(row, PICTURES) if modalities is None else "image" in modalities,
        reasoning="reasoning" in parameters if isinstance(parameters, list) else _flag(row, REASONING),
        prices=_prices(row),
    )


def facts_by_ollama(shown: Any) -> Facts:
    """Return what /api/show tells of a model: what it could read, which is not what the server lets it read.

    >>> facts_by_ollama({"model_info": {"llama.context_length": 131072}, "capabilities": ["completion", "vision"]})
    {'could_read': 131072, 'pictures': True, 'reasoning': False}
    """
    info, able = _at(shown, "model_info"), _at(shown, "capabilities")
    info = info if isinstance(info, dict) else {}
    lengths = (_tokens(value) for name, value in info.items() if str(name).endswith(".context_length"))
    abilities = {"pictures": "vision" in able, "reasoning": "thinking" in able} if isinstance(able, list) else {}
    return _known(could_read=max(filter(None, lengths), default=None), **abilities)


def facts_by_llama_cpp(props: Any) -> Facts:
    """Return what /props tells of the one model of a server.

    >>> facts_by_llama_cpp({"default_generation_settings": {"n_ctx": 4096}, "modalities": {"vision": False}})
    {'window': 4096, 'pictures': False}
    """
    window = _tokens(_at(props, "default_generation_settings.n_ctx"))
    return _known(window=window, pictures=_flag(props, ("modalities.vision",)))


def facts_by_lm_studio(row: Any) -> Facts:
    """Return what a row of /api/v0/models tells; what a model reads is only known while it is loaded.

    >>> facts_by_lm_studio({"type": "vlm", "max_context_length": 32768, "loaded_context_length": 4096})
    {'window': 4096, 'could_read': 32768, 'pictures': True}
    """
    kind = _at(row, "type")
    pictures = kind == "vlm" if kind in ("vlm", "llm") else None
    window, could_read = _tokens(_at(row, "loaded_context_length")), _tokens(_at(row, "max_context_length"))
    return _known(window=window, could_read=could_read, pictures=pictures)


def server_of(rows: Iterable[Any]) -> str:
    """Return the server that lists these models, of those in SERVERS, or ""."""
    owners = (_at(row, "owned_by") for row in rows)
    return next((SERVERS[owner] for owner in owners if isinstance(owner, str) and owner in SERVERS), "")


def _known(**facts: Any) -> Facts:
    return {name: value for name, value in facts.items() if value is not None}


def _prices(row: Any) -> dict[str, str] | None:
    """Return prices where those of input and output are known: a router of unknown price says -1."""
    prices = _known(**{kind: _price(_at(row, name)) for kind, name in PRICES.items()})
    return prices if prices.keys() >= {"input", "output"} else None


def _price(value: Any) -> str | None:
    """Return the price of 1,000,000 tokens; nobody asks for more than 1 for one."""
    price = None if clean_cost(value) is None else round(Decimal(str(value)) * MILLION, 6)
    return None if price is None or price > MILLION else f"{price.normalize():f}"


def _tokens(value: Any) -> int | None:
    count = clean_count(value)
    return count if count is not None and FEWEST <= count <= MOST else None


def _flag(row: Any, names: Iterable[str]) -> bool | None:
    return next((value for name in names if isinstance(value := _at(row, name), bool)), None)


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value

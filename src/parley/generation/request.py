"""A question to a model, whatever the wire. Pure."""

from dataclasses import dataclass, field
from typing import Any

from .prompt import ProviderMessage


@dataclass(frozen=True)
class Request:
    """``parameters``: by our names; ``optional``: those that nobody has set, left out where they are refused."""

    model: str
    messages: list[ProviderMessage] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()

"""Generation settings: the model, instructions and parameters of conversations, folders and presets."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from parley import policy
from parley.choice import name_of

from .connection import Unavailable, default_choice, provider_of

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
MAX_TOKENS = 10_000_000


@dataclass(frozen=True)
class Range:
    """The numbers from ``least`` to ``most``; ``whole``: integers only, ``above``: without ``least`` itself.

    >>> 0 in Range(0, 2), 0 in Range(0, 1, above=True), 1.5 in Range(1, 9, whole=True), True in Range(0, 2)
    (True, False, False, False)
    """

    least: float
    most: float
    whole: bool = False
    above: bool = False

    def __contains__(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            return False
        return self.least <= value <= self.most and not (self.above and value == self.least)


PARAMETERS: dict[str, Range | tuple[str, ...]] = {
    "temperature": Range(0, 2),
    "top_p": Range(0, 1, above=True),
    "max_tokens": Range(1, MAX_TOKENS, whole=True),
    "reasoning_effort": EFFORTS,
}
"""Name → its possible values. A parameter that is not set is not sent, so the provider's default holds."""


def sound(parameters: Any) -> dict[str, Any]:
    """Return those of untrusted parameters that exist and have a possible value.

    >>> sound({"temperature": 0.5, "top_p": 7, "unknown": 1})
    {'temperature': 0.5}
    """
    if not isinstance(parameters, dict):
        return {}
    return {name: value for name, value in parameters.items() if name in PARAMETERS and _possible(name, value)}


def _possible(name: str, value: Any) -> bool:
    return isinstance(value, int | float | str) and value in PARAMETERS[name]


def may_ask(choice: str, user: Any = None) -> bool:
    """Return whether a person may make a choice, also one that no list offers."""
    try:
        asked = provider_of(choice, getattr(user, "pk", None))
    except Unavailable:
        return False
    return asked.allows(name_of(choice)) and choice in policy.allowed(user, [choice])


class GenerationSettings(models.Model):
    """``parameters``: those of PARAMETERS that are set.

    Settings that are empty here come from the folder, if there is one, else from the site or the provider.
    """

    model = models.CharField(_("model"), max_length=200, blank=True, help_text=_("Empty: the default model."))
    instructions = models.TextField(_("instructions"), blank=True, help_text=_("The system prompt."))
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)

    class Meta:
        abstract = True

    @property
    def generation_settings(self) -> dict[str, Any]:
        """Return what is set here, for a copy: ``model``, ``instructions``, ``parameters``."""
        return {"model": self.model, "instructions": self.instructions, "parameters": sound(self.parameters)}

    def set_generation_settings(self, **generation_settings: Any) -> None:
        """Save these ``model``, ``instructions`` and ``parameters``."""
        for name, value in generation_settings.items():
            setattr(self, name, value)
        self.save(update_fields=None if self._state.adding else [*generation_settings])

    @property
    def fallback(self) -> "GenerationSettings | None":
        """Return the folder whose settings are the fallback, or None."""
        return getattr(self, "folder", None)

    @property
    def effective_model(self) -> str:
        return self.model or self.fallback_model

    @property
    def fallback_model(self) -> str:
        """Return the choice that counts if none is made here."""
        return self.fallback.effective_model if self.fallback else default_choice()

    @property
    def effective_instructions(self) -> str:
        if self.instructions.strip() or not self.fallback:
            return self.instructions
        return self.fallback.effective_instructions

    @property
    def effective_parameters(self) -> dict[str, Any]:
        """Return the parameters to send to the provider."""
        return {**(self.fallback.effective_parameters if self.fallback else {}), **sound(self.parameters)}

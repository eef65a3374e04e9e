"""Whom to ask, and how: what conversations, folders and presets have in common."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from parley.conf import conf
from parley.provider import Provider

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
MOST_TOKENS = 10_000_000


@dataclass(frozen=True)
class Range:
    """Numbers that a parameter may have; ``whole``: without a fraction, ``above``: more than ``least``."""

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
    "max_tokens": Range(1, MOST_TOKENS, whole=True),
    "reasoning_effort": EFFORTS,
}
"""Name → what it may be. A parameter that is not set is not sent, and the provider's own default holds."""


def sound(parameters: Any) -> dict[str, Any]:
    """Of parameters from anywhere, those that exist and that have a possible value."""
    if not isinstance(parameters, dict):
        return {}
    return {name: value for name, value in parameters.items() if name in PARAMETERS and _possible(name, value)}


def _possible(name: str, value: Any) -> bool:
    return isinstance(value, int | float | str) and value in PARAMETERS[name]


def may_ask(model: str) -> bool:
    """Whether the administrator allows a model (MODELS); the default model always is."""
    return conf.provider.allows(model)


class Tuned(models.Model):
    """``parameters``: temperature, top_p, max_tokens, reasoning_effort, as far as they are set.

    What is not set here is as in the folder, if there is one, else as the site or the provider has it.
    """

    model = models.CharField(_("model"), max_length=200, blank=True, help_text=_("Empty: the default model."))
    instructions = models.TextField(_("instructions"), blank=True, help_text=_("The system prompt."))
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)

    class Meta:
        abstract = True

    @property
    def tuning(self) -> dict[str, Any]:
        """What is set here, to be given to another: ``model``, ``instructions``, ``parameters``."""
        return {"model": self.model, "instructions": self.instructions, "parameters": sound(self.parameters)}

    def tune(self, **tuning: Any) -> None:
        """Save these ``model``, ``instructions`` and ``parameters``."""
        for name, value in tuning.items():
            setattr(self, name, value)
        self.save(update_fields=None if self._state.adding else [*tuning])

    @property
    def beneath(self) -> "Tuned | None":
        """Whose settings hold where this has none."""
        return getattr(self, "folder", None)

    @property
    def provider(self) -> Provider:
        """Who is asked."""
        return conf.provider

    @property
    def model_in_force(self) -> str:
        return self.model or self.model_beneath

    @property
    def model_beneath(self) -> str:
        """The model that is asked when none is chosen here."""
        return self.beneath.model_in_force if self.beneath else self.provider.model

    @property
    def instructions_in_force(self) -> str:
        if self.instructions.strip() or not self.beneath:
            return self.instructions
        return self.beneath.instructions_in_force

    @property
    def parameters_in_force(self) -> dict[str, Any]:
        """What is sent to the provider."""
        return {**(self.beneath.parameters_in_force if self.beneath else {}), **sound(self.parameters)}

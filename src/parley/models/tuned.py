"""Whom to ask, and how: what conversations, folders and presets have in common."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tuned(models.Model):
    """``parameters``: temperature, top_p, max_tokens, reasoning_effort, as far as they are set."""

    model = models.CharField(_("model"), max_length=200, blank=True, help_text=_("Empty: the default model."))
    instructions = models.TextField(_("instructions"), blank=True, help_text=_("The system prompt."))
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)

    class Meta:
        abstract = True

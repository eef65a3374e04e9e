"""The tree of a conversation's messages: which branch is shown, and what is on it."""

from django.db import models


class Branching(models.Model):
    """``shown``: the message at the end of the branch that is looked at; null for the newest.

    The messages above it may belong to another conversation, from which this one was forked.
    """

    shown = models.ForeignKey(
        "parley.Message", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        abstract = True

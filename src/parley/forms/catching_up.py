"""The form by which a page without a socket catches up."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import QueryDict

from parley.positions import LAST, MAX_FOLLOWED, parse_position


class CatchUpForm(forms.Form):
    """What a page shows: a conversation or none, a version of the feed, and replies: follow=<id>@<attempt>-<seq>&…"""

    conversation = forms.UUIDField(required=False)
    version = forms.IntegerField(min_value=0, max_value=LAST)

    def clean(self) -> dict[str, Any]:
        """Parse ``follow`` as {reply: position}, of at most MAX_FOLLOWED replies."""
        cleaned = super().clean() or {}
        try:
            pairs = [follow.split("@") for follow in cast(QueryDict, self.data).getlist("follow")[:MAX_FOLLOWED]]
            cleaned["follow"] = {UUID(reply): parse_position(position) for reply, position in pairs}
        except ValueError:
            raise forms.ValidationError("follow must be <reply id>@<attempt>-<seq>.") from None
        return cleaned

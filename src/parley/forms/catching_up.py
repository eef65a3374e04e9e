"""What a page says it shows."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import QueryDict

from parley.positions import LAST, MOST_FOLLOWED, parse_position


class CatchUpForm(forms.Form):
    """What a page shows: a conversation or none, the feed's version, and replies: follow=<id>@<attempt>-<seq>&…"""

    conversation = forms.UUIDField(required=False)
    version = forms.IntegerField(min_value=0, max_value=LAST)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            pairs = [follow.split("@") for follow in cast(QueryDict, self.data).getlist("follow")[:MOST_FOLLOWED]]
            cleaned["follow"] = {UUID(reply): parse_position(position) for reply, position in pairs}
        except ValueError:
            raise forms.ValidationError("follow must be <reply id>@<attempt>-<seq>.") from None
        return cleaned

"""DOM ids, made in one place."""

from django.db.models import Model


def dom_id(row: Model) -> str:
    """``message_<id>``, ``conversation_<id>``: the id of the element that shows a row."""
    return f"{row._meta.model_name}_{row.pk}"

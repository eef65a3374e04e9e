"""Make DOM ids, all in one place."""

from django.db.models import Model


def dom_id(row: Model) -> str:
    """Return the id of the element that shows a row: ``message_<id>``, ``conversation_<id>``."""
    return f"{row._meta.model_name}_{row.pk}"

"""The changes in a person's feed since a version, as Turbo Streams, of every model that is registered."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.signals import post_delete
from django.template.loader import render_to_string

from parley.models import Feed

MAX_CHANGES = 50
"""After more changes than these the page is loaded again."""

REFRESH = '<turbo-stream action="refresh"></turbo-stream>'
_conversation = models.UUIDField()


@dataclass(frozen=True, slots=True)
class Page:
    """The person's lists and one conversation (anybody's id, or None), as a tab shows them at a version of the feed."""

    user: Any
    conversation: UUID | None
    version: int


@dataclass(frozen=True, slots=True)
class Live:
    """How changes of one model are found and rendered. ``changed``: an SQL condition that there are any."""

    changed: str
    visible: Callable[[Page], models.QuerySet[Any]]
    order: str
    render: Callable[[Page, list[Any]], str]

    def newer(self, page: Page) -> list[Any]:
        """Return the rows that changed after the page's version, at most MAX_CHANGES and one more."""
        rows = self.visible(page).filter(version__gt=page.version)
        return list(rows.order_by(self.order)[: MAX_CHANGES + 1])


_registered: dict[type[models.Model], Live] = {}


def register(
    model: type[models.Model],
    *,
    template: str = "",
    visible: Callable[[Page], models.QuerySet[Any]] | None = None,
    render: Callable[[Page, list[Any]], str] | None = None,
    within: str = "owner",
    order: str = "version",
) -> None:
    """Make the rows of a model live in every tab: each change is sent, and a deletion loads the pages again.

    The model has a ``version``, which takes the next number of the owner's feed with every change (``Versioned``).
    ``template`` renders the Turbo Streams of one row, which it finds under the name of its model in lower case.
    ``visible(page)`` gives the rows that this page may show, by default ``objects.visible_to(user)``.
    ``render(page, rows)``, in the place of a template, gives the streams of all rows, or REFRESH.
    ``within`` names the column by which rows are looked for: ``owner`` or ``conversation``.
    """
    owner: Any = model._meta.get_field(within)
    table, column = (connection.ops.quote_name(name) for name in (model._meta.db_table, owner.column))
    _registered[model] = Live(
        f"EXISTS (SELECT 1 FROM {table} WHERE {column} = %({within})s AND version > %(since)s)",
        visible or (lambda page: model.objects.visible_to(page.user)),  # type: ignore[attr-defined]
        order,
        render or (lambda page, rows: render_each(template, page, rows)),
    )
    _question.cache_clear()
    if within == "owner":
        post_delete.connect(_row_deleted, sender=model, dispatch_uid=f"parley.{model._meta.label_lower}_deleted")


def render_each(template: str, page: Page, rows: list[Any]) -> str:
    """Render a template for each row, with the id of the conversation that the page shows as ``current.id``."""
    current = {"id": page.conversation}
    return "".join(render_to_string(template, {row._meta.model_name: row, "current": current}) for row in rows)


def changes_since(user: Any, conversation_id: UUID | None, version: int) -> tuple[int, str]:
    """Return (newest version, Turbo Streams that bring a page from ``version`` to it).

    The page shows the person's lists and the messages of one conversation. That may be anybody's id: of what this user
    may not see nothing is returned. A page at a higher version than the newest was there before an older database was
    restored, and is loaded again.
    """
    page = Page(user, conversation_id, version)
    newest, removed, *changed = _look(page)
    if newest < version:
        return newest, REFRESH
    if newest == version:
        return newest, ""
    rows = [(live, live.newer(page)) for live, has in zip(_registered.values(), changed, strict=False) if has]
    if removed > version or sum(len(newer) for _, newer in rows) > MAX_CHANGES:
        return newest, REFRESH
    streams = ""
    for live, newer in rows:
        sent = live.render(page, newer) if newer else ""
        if sent == REFRESH:
            return newest, REFRESH
        streams += sent
    return newest, streams


def _look(page: Page) -> tuple[int, ...]:
    """Return (newest version, version of the newest deletion, whether each registered model has changes).

    It is one query: mostly one model has changes, and a query for each would take longer than all the rest.
    """
    values = {
        "owner": Feed.key_of(page.user.pk),
        "conversation": _conversation.get_db_prep_value(page.conversation, connection),
        "since": page.version,
    }
    with connection.cursor() as cursor:
        cursor.execute(_question(), values)
        return cursor.fetchone() or (0, 0)


@cache
def _question() -> str:
    columns = ["version", "removed", *(live.changed for live in _registered.values())]
    return f"SELECT {', '.join(columns)} FROM parley_feed WHERE owner_id = %(owner)s"


def _row_deleted(instance: Any, **kwargs: object) -> None:
    if instance.is_live:
        Feed.note_removal(instance.owner_id)

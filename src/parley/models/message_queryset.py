"""What is done with many messages at once: checkpointed, rendered, looked for."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef
from django.db.models.expressions import RawSQL
from django.utils import timezone

from parley import markdown

from .job import JobQuerySet
from .portions import ROW, Pace, portions
from .states import UNSETTLED, Status

if TYPE_CHECKING:
    from .message import Message

Attempt = tuple[UUID, int]
"""(id, attempt) of a reply."""
Thoughts = tuple[str, int | None]
"""(reasoning, reasoning_seconds) of a reply."""
CHECKPOINT = """
UPDATE {table} SET content = %s,
    reasoning = COALESCE(%s, reasoning), reasoning_seconds = COALESCE(%s, reasoning_seconds)
WHERE id = %s AND attempt = %s AND status = 'streaming'
"""
CHECKPOINT_OF_FREE = """
WITH free AS (
    SELECT id FROM {table} WHERE id = ANY(%s::uuid[]) AND status = 'streaming' ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE {table} AS message SET content = new.content,
    reasoning = COALESCE(new.reasoning, message.reasoning),
    reasoning_seconds = COALESCE(new.reasoning_seconds, message.reasoning_seconds)
FROM free JOIN unnest(%s::uuid[], %s::integer[], %s::text[], %s::text[], %s::integer[])
    AS new (id, attempt, content, reasoning, reasoning_seconds) ON new.id = free.id
WHERE message.id = new.id AND message.attempt = new.attempt AND message.status = 'streaming'
RETURNING message.id
"""
"""PostgreSQL: one statement for all, which waits for none of them."""
IS_UNSETTLED = "parley_message.status IN ('pending', 'streaming')"
"""The condition of the index parley_message_unsettled."""
_key = models.UUIDField()
FORGOTTEN_AFTER = 10
"""Seconds after which a worker knows of what it has begun."""


def weight_of(message: "Message") -> int:
    """What it costs to write, as ``portions`` counts it."""
    return ROW + len(message.content) + len(message.reasoning) + len(message.html)


def _rendered(message: "Message") -> "Message":
    message.html = "".join(markdown.render(message.content))
    return message


class MessageQuerySet(JobQuerySet):
    def visible_to(self, user: Any) -> "MessageQuerySet":
        """What this user may see: the messages of their own conversations."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(conversation__owner_id=user.pk, conversation__discarded_at=None)

    def unsettled(self) -> "MessageQuerySet":
        """The few that wait or are written, found by their index: SQLite uses it only for these very words."""
        return self.filter(RawSQL(IS_UNSETTLED, (), output_field=models.BooleanField()))

    def checkpoint(self, texts: dict[Attempt, str], thoughts: dict[Attempt, Thoughts] | None = None) -> set[UUID]:
        """Write the text so far of many running replies in one transaction, and what was thought where that is new.

        Returns the ids of those that are written; where rows can be locked, a row that somebody else holds is left out.
        In the order of their ids, as everybody who changes several replies, so that no two wait for each other.
        """
        new, table = thoughts or {}, self.model._meta.db_table
        rows = [(*key, text, *new.get(key, (None, None))) for key, text in sorted(texts.items())]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                columns = [list(column) for column in zip(*rows, strict=True)]
                cursor.execute(CHECKPOINT_OF_FREE.format(table=table), [columns[0], *columns])
                return {pk for (pk,) in cursor.fetchall()}
            with transaction.atomic():
                cursor.executemany(CHECKPOINT.format(table=table), list(map(self._as_arguments, rows)))
        return {pk for pk, _ in texts}

    def _as_arguments(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """Of CHECKPOINT."""
        pk, attempt, *values = row
        return (*values, _key.get_db_prep_value(pk, connection), attempt)

    def keep_rendered(self, messages: Iterable["Message"]) -> None:
        """Render imported replies when they are first looked at, once; those written here were rendered at their end.

        It is kept for the next time where nobody else holds the row.
        """
        bare = [message for message in messages if message.imported and message.content and not message.html]
        pace = Pace()
        for portion in portions(map(_rendered, bare), pace, weight_of):
            with pace.transaction(sum(map(weight_of, portion))):
                unkept = self.filter(pk__in=[message.pk for message in portion], attempt=0, html="")
                free = set(unkept.select_for_update(skip_locked=True).values_list("pk", flat=True))
                for message in portion:
                    unchanged = self.filter(pk=message.pk, content=message.content).exclude(status__in=UNSETTLED)
                    if message.pk in free:
                        unchanged.update(html=message.html)

    def still_running(self, replies: Iterable[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        """Which of these (id, attempt) are still being written, as the database has it."""
        ids = [key for key, _ in replies]
        return set(self.filter(pk__in=ids, status=Status.STREAMING).values_list("pk", "attempt"))

    def stopped(self, replies: Iterable[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        """Which of these (id, attempt) a person has stopped, or deleted."""
        asked = set(replies)
        rows = list(self.filter(pk__in={pk for pk, _ in asked}).values_list("pk", "attempt", "status"))
        there = {pk for pk, _, _ in rows}
        stopped = {(pk, attempt) for pk, attempt, status in rows if status == Status.STOPPED}
        return {key for key in asked if key[0] not in there or key in stopped}

    def forgotten_by(self, worker_id: UUID, known: Iterable[UUID]) -> "MessageQuerySet":
        """Replies that a worker has begun, as the database has it, but that the worker does not know.

        So it is when a claim was committed and the database's answer to it was lost.
        """
        since = timezone.now() - timedelta(seconds=FORGOTTEN_AFTER)
        begun: MessageQuerySet = self.orphaned(worker_id).filter(started_at__lt=since)
        return begun.exclude(pk__in=list(known))

    def waiting_of(self, owner_id: int) -> "MessageQuerySet":
        """A person's pending replies that wait for no other of their conversation, the first first."""
        unsettled = self.model._default_manager.filter(conversation=OuterRef("conversation"), status__in=UNSETTLED)
        pending = self.unsettled().filter(conversation__owner_id=owner_id, status=Status.PENDING)
        return pending.exclude(Exists(unsettled.filter(id__lt=OuterRef("id")))).order_by("id")

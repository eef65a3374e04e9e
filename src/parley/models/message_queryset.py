"""Queries and statements for many messages at once."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef
from django.db.models.expressions import RawSQL
from django.utils import timezone

from parley import markdown

from . import locks, tree
from .attached import Attached
from .feed import Feed
from .job import JobQuerySet, Unsettled
from .portions import ROW, Pace, portions
from .statements import marks
from .states import UNSETTLED, Role, Status

if TYPE_CHECKING:
    from .message import Message

Attempt = tuple[UUID, int]
"""(id, attempt) of a reply."""
Reasoning = tuple[str, int | None]
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
"""PostgreSQL: one statement for all rows, which waits for none of them."""
IS_UNSETTLED = "parley_message.status IN ('pending', 'streaming')"
"""The condition of the index parley_message_unsettled, to the letter."""
PENDING_OF = (
    "SELECT 1 FROM parley_message JOIN parley_conversation ON parley_conversation.id = parley_message.conversation_id"
    f" WHERE {IS_UNSETTLED} AND parley_message.status = 'pending' AND parley_conversation.owner_id = %s LIMIT 1"
)
"""Asked at the end of each reply: Django takes five times as long to write it as the database to answer it."""
HAS_UNREAD = (
    "SELECT message_id FROM parley_attachment JOIN parley_attached ON attachment_id = parley_attachment.id"
    " WHERE parley_attachment.settled_at IS NULL"
)
"""Questions; asked once for a whole line, by the index parley_attachment_open, which few rows are in."""
IN_LINE = (
    f"SELECT parley_message.id, owner_id, conversation_id, status, parent_id IN ({HAS_UNREAD})"
    " FROM parley_message"
    " JOIN parley_conversation ON parley_conversation.id = conversation_id"
    f" WHERE {IS_UNSETTLED} AND owner_id IN ("
    "SELECT theirs.owner_id FROM parley_message asked JOIN parley_conversation theirs"
    " ON theirs.id = asked.conversation_id WHERE asked.id IN ({ids}) AND asked.status = 'pending'"
    ") ORDER BY parley_message.id"
)
"""Asked twice by each claim."""
_key = models.UUIDField()
FORGOTTEN_AFTER = 10
"""Seconds after which a worker knows every reply that it has begun."""


def weight_of(message: "Message") -> int:
    """Return the weight of a message, in characters, for ``portions``."""
    return ROW + len(message.content) + len(message.reasoning) + len(message.html)


def _rendered(message: "Message") -> "Message":
    message.html = "".join(markdown.render(message.content))
    return message


class MessageQuerySet(JobQuerySet):
    def visible_to(self, user: Any) -> "MessageQuerySet":
        """Return the messages of the user's own conversations that are not in the trash."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(conversation__owner_id=user.pk, conversation__deleted_at=None)

    def visible_to_any(self, users: Iterable[Any]) -> "MessageQuerySet":
        """Return attempt, status, version and ``conversation.owner_id`` of messages that one of these users may see."""
        owners = {user.pk for user in users if user.is_authenticated}
        visible = self.filter(conversation__owner_id__in=owners, conversation__deleted_at=None)
        return visible.select_related("conversation").only("attempt", "status", "version", "conversation__owner_id")

    def unsettled(self) -> "MessageQuerySet":
        """Return pending and streaming replies, by their index, which SQLite uses only for this very condition."""
        return self.filter(RawSQL(IS_UNSETTLED, (), output_field=models.BooleanField()))

    def in_line(self, ids: set[UUID]) -> list[Unsettled]:
        keys = [tree.prepared(pk) for pk in ids]
        with connection.cursor() as cursor:
            cursor.execute(IN_LINE.format(ids=marks(keys)), keys)
            rows = cursor.fetchall()
        return [
            (UUID(str(pk)), owner, lane, status == Status.STREAMING, bool(waits))
            for pk, owner, lane, status, waits in rows
        ]

    def waiting_for(self, attachment_id: UUID) -> Any:
        """Return pending replies to questions with an attachment."""
        asked = Attached.objects.filter(attachment=attachment_id).values("message")
        return self.unsettled().filter(status=Status.PENDING, parent__in=asked)

    def checkpoint(self, texts: dict[Attempt, str], reasoning: dict[Attempt, Reasoning] | None = None) -> set[UUID]:
        """Write the text so far of many running replies in one transaction, and their reasoning where it is new.

        Return the ids of those that were written: PostgreSQL leaves out rows that somebody else has locked. Rows are
        locked in the order of their ids, as everywhere, so that no two transactions wait for each other.
        """
        new, table = reasoning or {}, self.model._meta.db_table
        rows = [(*key, text, *new.get(key, (None, None))) for key, text in sorted(texts.items())]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                columns = [list(column) for column in zip(*rows, strict=True)]
                cursor.execute(CHECKPOINT_OF_FREE.format(table=table), [columns[0], *columns])
                return {pk for (pk,) in cursor.fetchall()}
            arguments = [(*values, _key.get_db_prep_value(pk, connection), attempt) for pk, attempt, *values in rows]
            with transaction.atomic():
                cursor.executemany(CHECKPOINT.format(table=table), arguments)
        return {pk for pk, _ in texts}

    def keep_rendered(self, messages: Iterable["Message"]) -> None:
        """Render imported replies when they are first shown; replies written here were rendered when they settled.

        The HTML is saved for the next time, unless the row cannot be written now.
        """
        bare = [message for message in messages if message.imported and message.content and not message.html]
        pace = Pace()
        for portion in portions(map(_rendered, bare), pace, weight_of):
            with suppress(*locks.DATABASE_AWAY), pace.transaction(sum(map(weight_of, portion))):
                unkept = self.filter(pk__in=[message.pk for message in portion], attempt=0, html="")
                free = set(unkept.select_for_update(skip_locked=True).values_list("pk", flat=True))
                for message in (message for message in portion if message.pk in free):
                    unchanged = self.filter(pk=message.pk, content=message.content).exclude(status__in=UNSETTLED)
                    unchanged.update(html=message.html)

    def number_versions(self, messages: Iterable["Message"]) -> None:
        """Set ``versions`` of messages of one conversation, the ids of each and of its siblings, and ``files``."""
        messages, versions = list(messages), defaultdict[UUID | None, list[UUID]](list)
        parents = {message.parent_id: message.conversation_id for message in messages}
        for pk, parent_id in tree.children(parents):
            versions[parent_id].append(pk)
        for message in messages:
            message.versions = versions[message.parent_id]
        Attached.fill(messages)

    def to_ask_again(self, since: datetime, error: str | None = None) -> Any:
        """Return the replies that have failed or were interrupted since then, oldest first; ``error``: one code.

        Whoever has asked for another answer to the same question has helped themselves.
        """
        ended = self.filter(role=Role.ASSISTANT, status__in=(Status.FAILED, Status.INTERRUPTED), settled_at__gte=since)
        later = self.model.objects.filter(parent=OuterRef("parent"), pk__gt=OuterRef("pk"))
        kept = ended.filter(~Exists(later), conversation__deleted_at=None)
        return (kept.filter(error=error) if error else kept).order_by("pk")

    def still_running(self, replies: Iterable[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        """Return which of these (id, attempt) are still running, according to the database."""
        ids = [key for key, _ in replies]
        return set(self.filter(pk__in=ids, status=Status.STREAMING).values_list("pk", "attempt"))

    def stopped(self, replies: Iterable[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        """Return which of these (id, attempt) a person has stopped or deleted."""
        asked = set(replies)
        rows = list(self.filter(pk__in={pk for pk, _ in asked}).values_list("pk", "attempt", "status"))
        there = {pk for pk, _, _ in rows}
        stopped = {(pk, attempt) for pk, attempt, status in rows if status == Status.STOPPED}
        return {key for key in asked if key[0] not in there or key in stopped}

    def forgotten_by(self, worker_id: UUID, known: Iterable[UUID]) -> "MessageQuerySet":
        """Return replies that a worker has begun, according to the database, but that the worker does not know.

        That happens when a claim was committed and the database's answer was lost.
        """
        since = timezone.now() - timedelta(seconds=FORGOTTEN_AFTER)
        begun: MessageQuerySet = self.orphaned(worker_id).filter(started_at__lt=since)
        return begun.exclude(pk__in=list(known))

    def any_pending_of(self, owner_id: int) -> bool:
        """Return whether a reply of a person waits to be begun."""
        with connection.cursor() as cursor:
            cursor.execute(PENDING_OF, [Feed.key_of(owner_id)])
            return cursor.fetchone() is not None

    def waiting_of(self, owner_id: int) -> "MessageQuerySet":
        """Return a person's pending replies that wait for no other of their conversation, oldest first."""
        unsettled = self.model._default_manager.filter(conversation=OuterRef("conversation"), status__in=UNSETTLED)
        pending = self.unsettled().filter(conversation__owner_id=owner_id, status=Status.PENDING)
        return pending.exclude(Exists(unsettled.filter(id__lt=OuterRef("id")))).order_by("id")

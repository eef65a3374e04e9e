"""What is done with many messages at once: claimed, checkpointed, looked for."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from parley import markdown
from parley.conf import conf

from .feed import Feed
from .states import UNSETTLED, Status
from .worker import Worker

if TYPE_CHECKING:
    from .message import Message

Unsettled = tuple[UUID, Any, UUID, str]
"""(id, owner, conversation, status) of a reply."""


def in_turn(unsettled: Iterable[Unsettled], ids: set[UUID], *, most: int) -> list[UUID]:
    """Which of these replies may be begun, of all unsettled ones in order. Pure.

    A reply waits for all earlier ones of its conversation, and while its person has so many others running.
    """
    rows, begun, busy = list(unsettled), [], set()
    running = Counter(owner for _, owner, _, status in rows if status == Status.STREAMING)
    for pk, owner, conversation, status in rows:
        if status == Status.PENDING and pk in ids and conversation not in busy and running[owner] < most:
            begun.append(pk)
            running[owner] += 1
        busy.add(conversation)
    return begun


def _model_to_ask(reply: "Message") -> str:
    return reply.asked_model or reply.conversation.model_name


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: Any) -> "MessageQuerySet":
        """What this user may see: the messages of their own conversations."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(conversation__owner_id=user.pk, conversation__discarded_at=None)

    def checkpoint(self, texts: dict[tuple[UUID, int], str]) -> None:
        """Write the text so far of many running replies, keyed (id, attempt), in one transaction."""
        table, pk = self.model._meta.db_table, self.model._meta.pk
        assert pk is not None
        rows = [(text, pk.get_db_prep_value(key, connection), attempt) for (key, attempt), text in texts.items()]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {table} SET content = %s WHERE id = %s AND attempt = %s AND status = 'streaming'", rows
            )

    def claim(self, ids: Iterable[UUID], worker_id: UUID) -> list["Message"]:
        """pending → streaming, for one worker, for those of these replies whose turn it is → these.

        Their rows are locked meanwhile, so that one actor wins; the values that are set need not be read again.
        """
        with transaction.atomic():
            turn = self._in_turn(list(ids))
            pending = self.select_for_update(of=("self",)).filter(status=Status.PENDING) if turn else self.none()
            replies: list[Message] = list(
                pending.select_related("conversation__folder").filter(pk__in=turn).order_by("id")
            )
            for model, group in groupby(sorted(replies, key=_model_to_ask), _model_to_ask):
                self._begin(
                    list(group), status=Status.STREAMING, worker=worker_id, started_at=timezone.now(), model=model
                )
        return replies

    def _in_turn(self, ids: list[UUID]) -> list[UUID]:
        owners = set(self.filter(pk__in=ids, status=Status.PENDING).values_list("conversation__owner_id", flat=True))
        Feed.hold(owners)
        unsettled = self.filter(conversation__owner_id__in=owners, status__in=UNSETTLED).order_by("id")
        rows = unsettled.values_list("pk", "conversation__owner_id", "conversation_id", "status")
        return in_turn(rows, set(ids), most=conf.MOST_PER_PERSON)

    def _begin(self, replies: list["Message"], **values: Any) -> None:
        self.filter(pk__in=[reply.pk for reply in replies]).update(attempt=F("attempt") + 1, **values)
        for reply in replies:
            vars(reply).update(attempt=reply.attempt + 1, **values)

    def keep_rendered(self, messages: Iterable["Message"]) -> None:
        """Render imported replies when they are first looked at, once; those written here were rendered at their end."""
        bare = [message for message in messages if message.imported and message.content and not message.html]
        for message in bare:
            message.html = "".join(markdown.render(message.content))
        if bare:
            self.bulk_update(bare, ["html"])

    def still_running(self, replies: Iterable[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        """Which of these (id, attempt) are still being written, as the database has it."""
        ids = [key for key, _ in replies]
        return set(self.filter(pk__in=ids, status=Status.STREAMING).values_list("pk", "attempt"))

    def stopped(self, replies: Iterable[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        """Which of these (id, attempt) a person has stopped."""
        ids = [key for key, _ in replies]
        return set(self.filter(pk__in=ids, status=Status.STOPPED).values_list("pk", "attempt"))

    def orphans(self) -> "MessageQuerySet":
        """Replies whose worker says no more that it is alive."""
        return self.filter(status=Status.STREAMING).exclude(worker__in=Worker.objects.alive()).order_by("id")

    def unheard(self) -> "MessageQuerySet":
        """Pending replies for which no bell was rung, or so long ago that it must be lost."""
        lost = Q(rung_at=None) | Q(rung_at__lt=timezone.now() - timedelta(seconds=conf.BELL_LOST_AFTER))
        return self.filter(lost, status=Status.PENDING).order_by("id")

    def waiting_of(self, owner_id: int) -> "MessageQuerySet":
        """A person's pending replies that wait for no other of their conversation, the first first."""
        unsettled = Message.objects.filter(conversation=OuterRef("conversation"), status__in=UNSETTLED)
        pending = self.filter(conversation__owner_id=owner_id, status=Status.PENDING)
        return pending.exclude(Exists(unsettled.filter(id__lt=OuterRef("id")))).order_by("id")

"""Replies and transfers whose worker is gone, bells that nobody heard, and what is kept no longer."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from parley.conf import conf
from parley.models import Conversation, Message, Transfer
from parley.models.states import MOST_DEATHS

logger = logging.getLogger(__name__)

Ring = Callable[[Message | Transfer], None]

DATABASE_AWAY = (OperationalError, InterfaceError)
MOST_PURGED, LONGEST_PURGE = 20, 1.0
"""Conversations, and transfers, that are deleted at once, and seconds after which no more are begun."""


class Reaper:
    """Sweeps every few seconds, in every worker and every web server; each change is won by one of them.

    Heartbeats are rows. After the database was away all of them are old, so a reaper trusts them
    only when it has reached the database for as long as two beats take.
    """

    def __init__(self, ring: Ring, clock: Callable[[], float] = time.monotonic) -> None:
        self._ring, self._clock = ring, clock
        self._reached_at: float | None = None
        self._reachable_since: float | None = None
        self._stuck: set[UUID] = set()
        self._passing = threading.Lock()
        self._passed_at: float | None = None

    def pass_by(self) -> None:
        """A sweep, unless there is one or was one lately; for those who come often, must not wait, and must not fail."""
        if not self._passing.acquire(blocking=False):
            return
        try:
            if self._passed_at is None or self._clock() - self._passed_at >= conf.BEAT_INTERVAL:
                self._passed_at = self._clock()
                self.sweep()
        except Exception as error:
            logger.warning("The replies could not be looked after (%s); trying again.", error)
        finally:
            self._passing.release()

    def sweep(self) -> None:
        """All of it, where nothing waits for it. Raises what the database raises."""
        self.look_after()
        self.purge()

    def look_after(self) -> None:
        """See to what nobody writes. Raises what the database raises; the next time then waits again."""
        now, reached_at = self._clock(), self._reached_at
        if reached_at is None or _is_long(now - reached_at):
            self._reachable_since = now
        if self._reachable_since is not None and now - self._reachable_since >= 2 * conf.BEAT_INTERVAL:
            self._recover_orphans()
        self._ring_again()
        self._reached_at = self._clock()

    def purge(self) -> None:
        """Delete for good what was kept long enough, a little at a time; what cannot be deleted comes last."""
        until = self._clock() + LONGEST_PURGE
        over = [(model, pk) for model in (Conversation, Transfer) for pk in self._over(model)]
        if not over:
            self._stuck.clear()
        for model, pk in over:
            if self._clock() >= until:
                return
            self._delete(model, pk)

    def _over(self, model: type[Conversation | Transfer]) -> list[UUID]:
        over = model.objects.over().exclude(pk__in=self._stuck)
        return list(over.values_list("pk", flat=True)[:MOST_PURGED])

    def _delete(self, model: type[Conversation | Transfer], pk: UUID) -> None:
        try:
            model.objects.filter(pk=pk).purge()
        except Exception:
            logger.exception("%s %s could not be deleted for good.", model.__name__, pk)
            self._stuck.add(pk)

    def take_back(self, replies: Iterable[Message]) -> None:
        """Replies that nobody writes any more; one that cannot be recovered leaves the others to be."""
        for reply in replies:
            try:
                self._take_back(reply)
            except DATABASE_AWAY:
                raise
            except Exception:
                logger.exception("Reply %s could not be recovered.", reply.pk)

    def _take_back(self, reply: Message) -> None:
        if recover(reply, died=True):
            logger.warning("Reply %s lost its worker and is now %s.", reply.pk, reply.status)
            self._ring_next(reply)

    def _recover_orphans(self) -> None:
        """What is said to be orphaned is believed when the database said it at once, not after it was away."""
        asked_at = self._clock()
        replies = list(Message.objects.orphans().select_related("conversation")[:1000])
        transfers = list(Transfer.objects.orphans().defer("report")[:100])
        if _is_long(self._clock() - asked_at):
            self._reachable_since = self._clock()
            return
        self.take_back(replies)
        for transfer in transfers:
            if transfer.recover():
                logger.warning("Transfer %s lost its worker and is now %s.", transfer.pk, transfer.status)

    def _ring_again(self) -> None:
        for reply in Message.objects.unheard().select_related("conversation")[:1000]:
            unheard = Message.objects.unheard().filter(pk=reply.pk)
            if unheard.update(rung_at=timezone.now()):
                self._ring(reply)
        for transfer in Transfer.objects.unheard().defer("report")[:100]:
            if Transfer.objects.unheard().filter(pk=transfer.pk).update(rung_at=timezone.now()):
                self._ring(transfer)

    def _ring_next(self, reply: Message) -> None:
        for waiting in next_of(reply):
            self._ring(waiting)


def _is_long(seconds: float) -> bool:
    return seconds > 2 * conf.BEAT_INTERVAL


def recover(reply: Message, *, died: bool) -> bool:
    """What becomes of a reply without a worker: written again while no word of the answer was shown, else interrupted."""
    if reply.content:
        return reply.interrupt(reply.content, "worker_gone")
    if died and reply.deaths >= MOST_DEATHS:
        return reply.fail("", "worker_gone_again")
    return reply.requeue(died=died)


def next_of(reply: Message) -> list[Message]:
    """The person's next replies, when one of theirs has settled; mostly there are none, and that is soon found."""
    owner_id = reply.conversation.owner_id
    if not Message.objects.unsettled().filter(conversation__owner_id=owner_id, status="pending").exists():
        return []
    return list(Message.objects.waiting_of(owner_id)[: conf.MOST_PER_PERSON])

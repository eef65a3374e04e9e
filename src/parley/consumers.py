"""One socket per tab, which sends the changes of a person's feed and the logs of the replies that the tab shows."""

import asyncio
import logging
from collections import deque
from typing import Any
from uuid import UUID

import orjson
from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.exceptions import DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.handlers.asgi import get_script_prefix
from django.template.loader import render_to_string
from django.urls import set_script_prefix
from django.utils import translation

from .days import readers_zone
from .delivery.feed import changes_since
from .delivery.hub import End, Follower, hub
from .delivery.listener import BACK, Listener
from .delivery.per_loop import per_loop
from .delivery.protocol import Follow, Frames, Open, Ping, Unfollow, parse
from .delivery.rights import NOT_LET_IN, SIGNED_OUT, Badge, is_let_in, rights, session_of
from .delivery.sockets import language_of, same_origin, tab_closed, tab_opened
from .generation.database import Batcher
from .generation.reaper import Reaper
from .models import Message
from .positions import MAX_FOLLOWED

logger = logging.getLogger(__name__)

MAX_QUEUED = 500_000
"""Characters that may wait for a slow socket; while there are more, its logs are not read."""


@per_loop
def _listener() -> Listener:
    return Listener(Reaper().sweep)


@per_loop
def _followed() -> Batcher[tuple["TabConsumer", UUID], Message]:
    return Batcher(_visible)


@database_sync_to_async
def _visible(asked: list[tuple["TabConsumer", UUID]]) -> dict[tuple["TabConsumer", UUID], Message]:
    """Return those of the replies that the tabs ask for which their people may see, in one query."""
    rows = Message.objects.filter(pk__in={reply_id for _, reply_id in asked}).visible_to_any(
        tab.user for tab, _ in asked
    )
    found = {(str(row.conversation.owner_id), row.pk): row for row in rows}
    own = {(tab, reply_id): found.get((str(tab.user.pk), reply_id)) for tab, reply_id in asked}
    return {key: reply for key, reply in own.items() if reply}


class TabConsumer(AsyncWebsocketConsumer):
    """Serve one tab; docs/protocol.md has the messages."""

    channel_layer_alias = (
        "none"  # one channel per process (delivery/listener.py) serves all tabs, and a tab outlives the layer
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._duties: list[asyncio.Task[Any]] = []
        self._version: int | None = None
        self._conversation: UUID | None = None
        self._tab, self._own, self._newest = "", set[int](), 0
        self._due, self._look = False, asyncio.Event()
        self._follows: dict[int, Follower] = {}
        self._paused: set[Follower] = set()
        self._mending: dict[Follower, asyncio.Task[Any]] = {}
        self._outbox: deque[str] = deque()
        self._queued, self._filled = 0, asyncio.Event()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle an event of the server; whatever asks the database here closes old connections itself."""
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Accept a tab of this site; close it again where nobody is signed in, or the site does not let them in."""
        set_script_prefix(get_script_prefix(self.scope))  # of the addresses in what is rendered here
        if not same_origin(self.scope):
            raise DenyConnection
        await self.accept()
        self.user = self.scope.get("user")
        if self.user is None or not self.user.is_authenticated:
            await self.close(SIGNED_OUT)
            return
        if not await is_let_in(self.user):
            await self.close(NOT_LET_IN)
            return
        self._badge = Badge(self.user, await session_of(self.scope, self.user), self._lose_rights)
        self._duties = [asyncio.create_task(self._tell_changes()), asyncio.create_task(self._send_queued())]
        _listener().watch(self.user.pk, self._feed_advanced)
        rights().watch(self._badge)
        tab_opened.send_robust(TabConsumer)

    async def disconnect(self, code: int) -> None:
        """Stop watching and following for this tab."""
        if self._duties:
            self._leave()

    def _lose_rights(self, code: int) -> None:
        """Send nothing and receive nothing from this moment on, and close."""
        self._leave()
        self._end = asyncio.create_task(self.close(code))

    def _leave(self) -> None:
        rights().unwatch(self._badge)
        _listener().unwatch(self.user.pk, self._feed_advanced)
        for follower in self._follows.values():
            hub().unfollow(follower)
        for duty in self._duties:
            duty.cancel()
        self._duties = []
        tab_closed.send_robust(TabConsumer)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take a message of the protocol; anything else is ignored."""
        match parse(text_data) if self._duties else None:
            case Open() as frame:
                self._open(frame)
            case Follow() as frame:
                await self._follow(frame)
            case Unfollow(handle):
                self._unfollow(handle)
            case Ping():
                self._queue('{"pong":true}')

    # Messages from the tab

    def _open(self, frame: Open) -> None:
        """Look for changes at once on a new connection: nobody here was notified of those before it."""
        self._due = self._due or self._version is None
        self._conversation, self._version, self._tab = frame.conversation, frame.version, frame.tab
        self._own.clear()
        self._look.set()

    async def _follow(self, frame: Follow) -> None:
        self._unfollow(frame.handle)
        reply = await _followed().submit((self, frame.reply))
        if reply is None or not self._duties:
            return
        if reply.settled:  # so the tab has missed the end, whatever it was sent
            self._version = self._version and min(self._version, reply.version - 1)
            self._feed_advanced(BACK, "")
        if len(self._follows) >= MAX_FOLLOWED:
            return
        after = max(frame.position, reply.past)
        ends = frame.ends and not reply.settled
        frames = Frames(frame.handle, begun=frame.position > reply.past, after=after, ends=ends)

        def deliver(position: str, payload: bytes | End) -> None:
            self._deliver(follower, frames, position, payload)

        follower = self._follows[frame.handle] = Follower(reply.pk, after, deliver)
        hub().follow(follower)

    def _unfollow(self, handle: int) -> None:
        follower = self._follows.pop(handle, None)
        if follower is not None:
            hub().unfollow(follower)
            self._paused.discard(follower)
            self._mending.pop(follower, None)

    # Messages to the tab

    def _feed_advanced(self, version: int, tab: str) -> None:
        if version == BACK:
            self._newest, self._due = 0, True
        elif tab and tab == self._tab:
            self._own.add(version)
        self._newest = max(self._newest, version)
        if self._has_changes():
            self._look.set()

    def _has_changes(self) -> bool:
        """Whether there is something to send; a change by the tab itself comes with the response to its form.

        Later changes wait for that as well, or the tab would be sent its own once more. It takes another name when the
        response has come, or never will.
        """
        known = self._version or 0
        return self._due or (self._newest > known and known + 1 not in self._own)

    async def _tell_changes(self) -> None:
        while True:
            await self._look.wait()
            self._look.clear()
            if self._version is None or not self._has_changes():
                continue
            self._due = False
            try:
                await self._tell_changes_since(self._version, self._conversation)
            except Exception:
                self._due = True
                logger.exception("The changes for a tab could not be read; the next poll tries again.")

    async def _tell_changes_since(self, version: int, conversation: UUID | None) -> None:
        newest, stream = await self._changes_since(version, conversation)
        if (self._version, self._conversation) != (version, conversation):
            self._due = True
            self._look.set()
        elif newest != version:
            self._version = newest
            self._queue(orjson.dumps({"version": newest, "stream": stream}).decode())

    @database_sync_to_async
    def _changes_since(self, version: int, conversation: UUID | None) -> tuple[int, str]:
        with translation.override(language_of(self.scope)), readers_zone(self.scope.get("cookies", {})):
            return changes_since(self.user, conversation, version)

    def _deliver(self, follower: Follower, frames: Frames, position: str, payload: bytes | End) -> None:
        if isinstance(payload, End):
            self._send_end(frames, position, payload)
        elif frames.begins(payload):
            self._queue(frames.text(position, payload))
        else:
            self._mend(follower)
        if self._queued > MAX_QUEUED:
            hub().unfollow(follower)
            self._paused.add(follower)

    def _send_end(self, frames: Frames, position: str, end: End) -> None:
        """Send the end to a tab that has all before it; any other reads it in the feed.

        Nothing but this reply changed at its version, so that a tab at the one before it is then as new.
        """
        known = self._version
        if end.model is not None and known is not None and known >= end.version - 1 and frames.can_end(position):
            self._version = max(known, end.version)
            with translation.override(language_of(self.scope)):
                meta = render_to_string("parley/_usage.html", {"message": end})
            self._queue(frames.text(position, orjson.dumps([{"version": end.version, "meta": meta}])))
        self._due = self._due or not end.version
        self._feed_advanced(end.version, "")

    def _mend(self, follower: Follower) -> None:
        """Have a log without its beginning written again, once for each follower that finds it so."""
        if follower not in self._mending:
            self._mending[follower] = asyncio.create_task(hub().forget(follower.reply_id))

    def _queue(self, text: str) -> None:
        self._outbox.append(text)
        self._queued += len(text)
        self._filled.set()

    async def _send_queued(self) -> None:
        """Send at the pace of the socket, and go on reading the logs that were paused for a slow one."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._outbox:
                if self._badge.is_stale:
                    await rights().confirm(self._badge)
                text = self._outbox.popleft()
                self._queued -= len(text)
                await self.base_send({"type": "websocket.send", "text": text})
            paused, self._paused = self._paused, set()
            for follower in paused:
                hub().follow(follower)

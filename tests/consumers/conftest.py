import json
from contextlib import asynccontextmanager

import orjson
import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth import get_user_model
from django.db.backends.utils import CursorWrapper
from django.test import Client

from parley.delivery.stream_log import LogWriter
from parley.models import Conversation
from parley.redis import ONCE, async_connection
from tests.support.frames import Frames

ORIGIN = b"http://testserver"


class Tab:
    """A WebSocket as a tab of the browser has it."""

    def __init__(self, application, headers, query=b""):
        scope = {
            "type": "websocket",
            "path": "/ws/parley/",
            "query_string": query,
            "headers": headers,
            "subprotocols": [],
        }
        self.communicator = ApplicationCommunicator(application, scope)
        self.frames = Frames()

    async def connect(self):
        """Return whether the server accepted."""
        await self.communicator.send_input({"type": "websocket.connect"})
        return (await self.communicator.receive_output(5))["type"] == "websocket.accept"

    async def disconnect(self):
        await self.communicator.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.communicator.wait(5)

    async def send_data(self, data):
        kind = "bytes" if isinstance(data, bytes) else "text"
        await self.communicator.send_input({"type": "websocket.receive", kind: data})

    async def send(self, **message):
        await self.send_data(json.dumps({key.rstrip("_"): value for key, value in message.items()}))

    async def open(self, conversation=None, version=0):
        await self.send(do="open", conversation=conversation and str(conversation.pk), version=version)

    async def follow(self, reply_id, handle=1, position="0", ends=True):
        await self.send(do="follow", reply=str(reply_id), as_=handle, ends=ends, **{"from": position})

    async def receive(self, seconds=5):
        return self.frames.whole(await self.receive_as_sent(seconds))

    async def receive_as_sent(self, seconds=5):
        message = await self.communicator.receive_output(seconds)
        assert message["type"] == "websocket.send", message
        return orjson.loads(message["text"])

    async def is_silent(self, seconds=0.3):
        """Whether nothing comes before the answer to a ping, which is asked for last."""
        quiet = await self.communicator.receive_nothing(seconds)
        await self.send(do="ping")
        return quiet and await self.receive() == {"pong": True}

    async def closed(self, seconds=5):
        """The code with which the server closed."""
        return (await self.communicator.receive_output(seconds))["code"]


@asynccontextmanager
async def connected(user=None, origin=ORIGIN, query=b"", cookies=None):
    """A socket of somebody, or of a browser's cookies: yields the tab, or None where the server refused it."""
    from parley_server.asgi import application

    headers = [(b"host", b"testserver"), (b"cookie", cookies or await sync_to_async(cookies_of)(user))]
    if origin:
        headers.append((b"origin", origin))
    tab = Tab(application, headers, query)
    accepted = await tab.connect()
    try:
        yield tab if accepted else None
    finally:
        await tab.disconnect()


def cookies_of(user):
    client = Client()
    if user:
        client.force_login(user)
    return client.cookies.output(header="", sep=";", attrs=[]).strip().encode()


@pytest.fixture
def queries(monkeypatch):
    """All statements of this process from now on, whichever thread sends them."""
    execute, seen = CursorWrapper.execute, []
    monkeypatch.setattr(
        CursorWrapper, "execute", lambda self, sql, params=None: seen.append(sql) or execute(self, sql, params)
    )
    return seen


@pytest.fixture
def owner(transactional_db, empty_valkey):
    return get_user_model().objects.create_user("owner")


@pytest.fixture
def stranger(transactional_db):
    return get_user_model().objects.create_user("stranger")


@pytest.fixture
def conversation(owner):
    return Conversation.start(owner, "What is a parley?")[0]


@pytest.fixture
def reply(conversation):
    return conversation.messages.get(role="assistant")


@pytest.fixture
async def log(owner):
    """The writer of logs that a worker has."""
    connection = async_connection(again=ONCE)
    yield LogWriter(connection)
    await connection.aclose()

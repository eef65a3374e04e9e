"""A body is refused before it is kept: by address, size, who sends it, and how long it takes."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client

from parley_server import bodies
from parley_server.bodies import SMALL, Bodies
from parley_server.refusals import Refused

IMPORT = "/transfers/import/"
ATTACHMENT, PK = "/attachments/", "0191f0f0-0000-7000-8000-000000000001"
OF_FILES = [IMPORT, ATTACHMENT, f"/folders/{PK}/files/"]
ADDRESSES = ["/accounts/login/", "/admin/login/", "/", "/nowhere/", "/language/", f"{ATTACHMENT}{PK}/", *OF_FILES]
pytestmark = pytest.mark.django_db(transaction=True)


class Upload:
    """A request, and what of its body was handed on."""

    def __init__(self, path, *blocks, length=None, session="", pause=0.0, media_type=b""):
        headers = [(b"cookie", f"{django_settings.SESSION_COOKIE_NAME}={session}".encode())] if session else []
        headers += [(b"content-type", media_type)] if media_type else []
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        self.scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "client": ("192.0.2.1", 1)}
        self.blocks, self.pause, self.read, self.kept = list(blocks), pause, 0, 0

    async def receive(self):
        await asyncio.sleep(self.pause)
        if not self.blocks:
            return await asyncio.Event().wait()
        self.read += 1
        return {"type": "http.request", "body": self.blocks.pop(0), "more_body": bool(self.blocks)}

    async def view(self, scope, receive, send):
        more = True
        while more:
            message = await receive()
            self.kept, more = self.kept + len(message["body"]), message["more_body"]

    async def answer(self, edge=None):
        """Return the status of the refusal, or None."""
        edge = edge or Bodies(None)
        edge._application = self.view
        try:
            await edge(self.scope, self.receive, None)
        except Refused as refused:
            return refused.args[0]


@pytest.fixture
def session(django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_user("person"))
    return client.cookies["sessionid"].value


@pytest.mark.parametrize("session_key", ["", "forged"])
@pytest.mark.parametrize("path", ADDRESSES)
async def test_a_large_body_of_a_stranger_is_refused_before_it_is_read(path, session_key):
    upload = Upload(path, b"x" * 100, length=500_000_000, session=session_key)
    assert await upload.answer() == (403 if path in OF_FILES else 413)
    assert upload.read == 0


@pytest.mark.parametrize("length", [None, 5])
@pytest.mark.parametrize("path", ADDRESSES)
async def test_what_is_not_announced_is_counted(path, length):
    upload = Upload(path, *[b"x" * 10_000] * 100, length=length)
    assert await upload.answer() == (403 if path in OF_FILES else 413)
    assert upload.kept <= SMALL


async def test_forms_of_anybody_are_small(session):
    upload = Upload("/accounts/login/", b"x" * SMALL)
    assert await upload.answer() is None
    assert upload.kept == SMALL


async def test_who_is_signed_in_may_send_long_texts(session):
    most = django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert await Upload("/conversations/", b"x" * most, length=most, session=session).answer() is None
    assert await Upload("/conversations/", b"", length=most + 1, session=session).answer() == 413


async def test_who_is_signed_in_may_send_a_file_where_one_is_wanted(session, settings):
    settings.PARLEY = {**settings.PARLEY, "MAX_IMPORT_SIZE": 5_000_000}
    assert await Upload(IMPORT, *[b"x" * 1_000_000] * 5, session=session).answer() is None
    assert await Upload(IMPORT, *[b"x" * 1_000_000] * 6, session=session).answer() == 413
    assert await Upload(IMPORT, b"", length=6_000_000, session=session).answer() == 413


@pytest.mark.parametrize(
    ("path", "media_type", "most"),
    [
        (ATTACHMENT, b"", 500_000),
        (f"/folders/{PK}/files/", b"", 1_500_000),
        (f"/c/{PK}/messages/", b"multipart/form-data; boundary=x", 1_500_000),
        ("/conversations/", b"multipart/form-data; boundary=x", 1_500_000),
        ("/conversations/", b"application/x-www-form-urlencoded", 0),
        ("/draft/", b"multipart/form-data; boundary=x", 0),
    ],
)
async def test_each_address_takes_as_much_as_its_files_need(session, settings, path, media_type, most):
    settings.PARLEY = {**settings.PARLEY, "MAX_FILE_SIZE": 500_000, "MAX_FILES": 3}
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    for length, status in ((max(most, 100_000), None), (most + 200_000, 413)):
        assert await Upload(path, b"", length=length, session=session, media_type=media_type).answer() == status


async def test_a_person_sends_three_files_at_once(session):
    edge, slow = Bodies(None), {"session": session, "length": 100_000, "pause": 0.2}
    uploads = [Upload(path, b"x" * 100_000, **slow) for path in (*OF_FILES, IMPORT)]
    answers = await asyncio.gather(*[upload.answer(edge) for upload in uploads])
    assert sorted(answers, key=str) == [429, None, None, None]
    assert await Upload(IMPORT, b"x" * 100_000, **slow).answer(edge) is None


async def test_a_body_that_does_not_come_ends(monkeypatch):
    monkeypatch.setattr(bodies, "LONGEST_PAUSE", 0.05)
    assert await Upload("/", b"x", length=10, pause=10).answer() == 408


async def test_a_body_that_trickles_ends(monkeypatch):
    monkeypatch.setattr(bodies, "LONGEST_PAUSE", 0.2)
    upload = Upload("/", *[b"x"] * 1000, pause=0.01)
    assert await upload.answer() == 408
    assert upload.read < 100


async def test_a_whole_body_may_wait_for_its_answer(monkeypatch):
    monkeypatch.setattr(bodies, "LONGEST_PAUSE", 0.05)
    waiting = []

    async def slow_view(scope, receive, send):
        await receive()
        waiting.append(asyncio.ensure_future(receive()))
        await asyncio.sleep(0.2)

    upload = Upload("/", b"x")
    await Bodies(slow_view)(upload.scope, upload.receive, None)
    assert not waiting[0].done()
    waiting[0].cancel()


async def test_without_the_database_nobody_knows_who_sends(session, monkeypatch):
    def away(*args):
        raise OperationalError

    monkeypatch.setattr(bodies, "person_of", away)
    assert await Upload(IMPORT, length=100_000, session=session).answer() == 503


async def test_an_account_that_was_switched_off_sends_nothing(session, django_user_model):
    await sync_to_async(django_user_model.objects.update)(is_active=False)
    assert await Upload(IMPORT, length=100_000, session=session).answer() == 403

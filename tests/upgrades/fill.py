"""Fill the data folder of the old program, which ``make`` runs this with: nothing but the tests is of today.

What a person does goes through the models, and what a worker does through what its tasks call; replies are settled
with the texts here, as if a provider had said them.
"""

# ruff: noqa: E402

import io
import os
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from unittest.mock import patch
from uuid import uuid4

import django

django.setup()

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from parley import files
from parley.attachments import reading
from parley.conf import conf
from parley.generation import ledger
from parley.ids import uuid7
from parley.models import (
    Attached,
    Attachment,
    Budget,
    Call,
    Connection,
    Conversation,
    Draft,
    Feed,
    Folder,
    Message,
    Preset,
    Price,
    Profile,
    Share,
    Transfer,
    holding,
    spending,
    totals,
)
from parley.transfer import jobs
from tests.support.transfers import archive_of

ME = uuid7()
PASSWORD = os.environ["PASSWORD"]
TEXTS = {"text/plain": "text", "text/markdown": "text", "image/png": "picture"}


def main():
    call_command("migrate", verbosity=0)
    everyone = get_user_model().objects
    ann = everyone.create_user("ann", password=PASSWORD, is_staff=True, is_superuser=True)
    ben = everyone.create_user("ben", password=PASSWORD)
    set_up(ann, ben)
    branches(ann)
    ends(ann)
    with_files(ann)
    around(ann, ben)


def set_up(ann, ben):
    group = Group.objects.create(name="Sailors")
    ben.groups.add(group)
    gateway = Connection(name="Gateway", base_url="https://gateway.example/v1", offered=["gpt-5"], position=1)
    gateway.set_secret(os.environ["KEY"], {"X-Team": "sea"})
    gateway.save()
    gateway.groups.add(group)
    Price.objects.create(model="fake-1", input=Decimal("2.5"), output=10, valid_from=date(2026, 1, 1))
    Price.objects.create(connection="gateway", model="*", input=1, output=2, cached_input=Decimal("0.1"))
    Budget.objects.create(group=group, each=True, limit=5, period="week")
    Budget.objects.create(limit=1_000_000, unit="tokens", hard=False)
    Profile.change(ann, name="Ann", about="I sail.", style="Briefly.", favourites=["fake-1"], enter_sends=False)
    preset = Preset(owner=ann, name="Harbour pilot", instructions="You are a pilot.", parameters={"temperature": 0.2})
    preset.version = Feed.advance(ann.pk)
    preset.save()


def branches(ann):
    """A question answered twice, one that is edited, a fork, and two links."""
    talk, reply = Conversation.start(ann, "Where do narwhals spend the winter?")
    answer(reply, "Under the *dense pack ice* of Baffin Bay.", reasoning="They are whales.", reasoning_seconds=2)
    question, reply = talk.ask("And the summer?")
    answer(reply, "In shallow fjords.")
    answer(talk.regenerate(reply), "Near the coast, in bays that are free of ice.")
    _, edited = talk.ask("And in spring?", instead_of=question)
    answer(edited, "They follow the leads northward.")
    fork = talk.fork(reply)
    answer(fork.ask("Whose fjords?")[1], "Greenland's.")
    Conversation.objects.filter(pk=talk.pk).update(pinned=True)
    Share.of(talk, reasoning=True)
    share = Share.of(fork, lasts=timedelta(days=30))
    share.revoke()


def ends(ann):
    """Replies that did not end well, and conversations in the archive and in the trash."""
    failed = begun(Conversation.start(ann, "What is too long?")[1])
    settle(failed, lambda: failed.fail("", "context_full", error_detail="400: too long"), "failed", "context_full")
    cut = begun(Conversation.start(ann, "Tell me of the Kraken")[1])
    Message.objects.filter(pk=cut.pk).update(content="It sleeps beneath the")
    cut.refresh_from_db()
    ledger.recover(cut, cut.recover)
    stopped, reply = Conversation.start(ann, "Count the waves")
    begun(reply)
    reply.stop()
    reply.keep("One, two, three")
    Conversation.objects.filter(pk=stopped.pk).update(archived=True)
    gone, reply = Conversation.start(ann, "Forget this")
    answer(reply, "Forgotten.")
    Conversation.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())


def with_files(ann):
    """Files in questions, in a folder, in a link and in a draft."""
    folder = Folder(owner=ann, name="Lighthouses", instructions="Metres only.", version=Feed.advance(ann.pk))
    folder.save()
    keepers = "# Keepers\n\nThomas Marshall kept the light."
    upload(ann, keepers.encode(), "keepers.md", "text/markdown", folder=folder)
    document = upload(ann, b"The lighthouse of Skerryvore is 48 metres high.", "lighthouse.txt", "text/plain")
    asked = Conversation.start(ann, "How high is it?", attachments=[document.pk], folder=folder)
    answer(asked[1], "48 metres.")
    image = upload(ann, picture(), "sea.png", "image/png")
    talk, reply = Conversation.start(ann, "What is in the picture?", attachments=[image.pk])
    answer(reply, "The sea.")
    Share.of(talk, pictures=True)
    upload(ann, b"not sent yet", "draft.txt", "text/plain")


def around(ann, ben):
    """Another person's answer, an import, an export and a draft."""
    reply = Conversation.start(ben, "Is it high tide?")[1]
    spending.reserve([holding.Need(ben.pk, (reply.pk, 1, "answer"), Decimal("0.01"), 300)])
    answer(reply, "At noon.")
    last_month = timezone.now().date().replace(day=1) - timedelta(days=1)
    Call.objects.filter(reply=reply).update(day=last_month, started_at=timezone.now() - timedelta(days=40))
    totals.of_everybody(totals.Month.named(f"{last_month:%Y-%m}"))
    transfer = Transfer(owner=ben, pk=uuid7())
    name = files.keep(f"transfers/{transfer.pk}.zip", ContentFile(archive_of(3)))
    assert jobs.run(Transfer.begin(ben, "import", name="export.zip", file=name).pk, ME) == "done"
    assert jobs.run(Transfer.begin(ben, "export").pk, ME) == "done"
    Draft.keep(ann, None, "Half a question about krakens")


def begun(reply):
    assert Message.objects.claim([reply.pk], ME).begun
    reply.refresh_from_db()
    return reply


def answer(reply, text, **values):
    begun(reply)
    assert settle(reply, lambda: reply.finish(text, usage={"prompt_tokens": 90}, **values), "done", "")


def settle(reply, change, status, error):
    call = ledger.begin(reply, conf.provider, model="fake-1")
    call.end(status, error, ended_at=timezone.now(), prompt_tokens=90, completion_tokens=30)
    return ledger.settle(reply, change, [call])


def upload(owner, content, name, media_type, **values):
    facts = {"kind": TEXTS[media_type], "size": len(content), "digest": sha256(content).hexdigest()}
    facts |= {"name": name, "media_type": media_type, "key": uuid4()}
    row = Attachment.receive(owner, ContentFile(content), **facts, **values)
    assert reading.run(row.pk, ME) == "ready"
    return row


def picture():
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(file, "PNG")
    return file.getvalue()


with patch("parley.broker.send", return_value=True):
    main()
    assert Attached.objects.exists()

"""Fill the data folder of the old program, which ``make`` runs this with: nothing but the tests is of today.

What a person does goes through the models, and what a worker does through what its tasks call; replies are settled
with the texts here, as if a provider had said them.
"""

# ruff: noqa: E402

import os
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import django

django.setup()

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone

from parley import broker, files
from parley.conf import conf
from parley.generation import ledger
from parley.ids import uuid7
from parley.models import Call, Conversation, Draft, Feed, Folder, Message, Preset, Share, Transfer
from parley.transfer import jobs
from tests.support.transfers import archive_of

ME = uuid7()
PASSWORD = os.environ["PASSWORD"]


def main():
    call_command("migrate", verbosity=0)
    everyone = get_user_model().objects
    ann = everyone.create_user("ann", password=PASSWORD, is_staff=True, is_superuser=True)
    ben = everyone.create_user("ben", password=PASSWORD)
    set_up(ann, ben)
    branches(ann)
    ends(ann)
    in_folders(ann)
    around(ann, ben)


def set_up(ann, ben):
    ben.groups.add(Group.objects.create(name="Sailors"))
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


def in_folders(ann):
    """A conversation in a folder, and what another person may read of it."""
    folder = Folder(owner=ann, name="Lighthouses", instructions="Metres only.", version=Feed.advance(ann.pk))
    folder.save()
    talk, reply = Conversation.start(ann, "How high is Skerryvore?", folder=folder)
    answer(reply, "48 metres.")
    Share.of(talk, instructions=True)


def around(ann, ben):
    """Another person's answer, an import, an export and a draft."""
    reply = Conversation.start(ben, "Is it high tide?")[1]
    answer(reply, "At noon.")
    Call.objects.filter(reply=reply).update(started_at=timezone.now() - timedelta(days=40))
    name = files.keep(f"transfers/{uuid7()}.zip", ContentFile(archive_of(3)))
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
    call.end(status, error, ended_at=timezone.now(), prompt_tokens=90, completion_tokens=30, cost=Decimal("0.00125"))
    return ledger.settle(reply, change, [call])


with patch.object(broker, "send", return_value=True):
    main()

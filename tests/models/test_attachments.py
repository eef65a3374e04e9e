"""Files of questions, folders and drafts: uploaded once, used by many, deleted with the last use."""

import time
from datetime import timedelta
from functools import partial
from io import StringIO
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from parley import files
from parley.generation import reaper
from parley.generation.reaper import Reaper
from parley.ids import uuid7
from parley.models import (
    Attached,
    Attachment,
    AttachmentGone,
    AttachmentText,
    AttachmentUnread,
    Conversation,
    Feed,
    Folder,
    Message,
    Share,
    TooMany,
    portions,
)
from parley.models.admission import Full, Refused, used_by
from parley.models.arriving import BeingCopied
from parley.models.attachment import TOLD_AFTER, UNSENT_FOR
from parley.models.branching import AT_ONCE
from tests.models.conftest import answered, settle
from tests.models.test_races import at_once, everybody
from tests.support.attachments import named, ready, received, settled, stored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _private_files(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path), "UNDO_WITHIN": 0}


@pytest.fixture
def committing(django_capture_on_commit_callbacks):
    """A context at whose end is done what was left for after the commit."""
    return partial(django_capture_on_commit_callbacks, execute=True)


@pytest.fixture
def conf(settings):
    def change(**values):
        settings.PARLEY = {**settings.PARLEY, **values}

    return change


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def sweep(seconds=60):
    """Purge as one process does in a minute."""
    clock = Clock()
    reaper = Reaper(clock)
    for clock.now in range(0, seconds + 1, 5):
        reaper.purge()


def asked(owner, *attachments, text="What is in it?"):
    """A conversation whose question has these files."""
    conversation, _ = Conversation.start(owner, text, attachments=[each.pk for each in attachments])
    return settle(Conversation.objects.get(pk=conversation.pk))


def question_of(conversation):
    return conversation.messages.filter(role="user").latest("id")


def age(attachment, **by):
    Attachment.objects.filter(pk=attachment.pk).update(
        **{name: getattr(attachment, name) - delta for name, delta in by.items()}
    )


# Receiving


def test_an_upload_that_is_sent_twice_is_one_row_whatever_became_of_it(owner, stranger, committing):
    key = uuid4()
    first = settled(received(owner, key=key))
    assert received(owner, key=key) == first
    conversation = asked(owner, first)
    assert received(owner, key=key, conversation=conversation) == first
    other = received(owner, b"other", key=(dropped := uuid4()))
    with committing():
        other.drop()
    assert received(owner, b"other", key=dropped).status == "gone"
    assert received(stranger, key=key) != first
    assert stored() == sorted(each.file for each in Attachment.objects.exclude(pk=other.pk))


def test_the_same_bytes_are_one_file_of_a_draft_and_another_one_elsewhere(owner, conversation, conf):
    folder = Folder.objects.create(owner=owner, name="any")
    first = received(owner, b"x")
    assert received(owner, b"x", name="again.txt") == first
    others = [received(owner, b"x", conversation=conversation), received(owner, b"x", folder=folder)]
    assert received(owner, b"x", folder=folder) == others[1]
    assert len({first, *others}) == 3
    assert list(Attachment.objects.drafted_in(owner, None)) == [first]
    assert list(Attachment.objects.drafted_in(owner, conversation)) == [others[0]]
    assert len(stored()) == 3


@pytest.mark.parametrize(
    ("limit", "error"),
    [({"MAX_FILES": 1}, TooMany), ({"STORAGE_PER_PERSON": 25}, Full), ({}, Refused)],
    ids=["files", "bytes", "unread"],
)
def test_one_that_is_too_many_leaves_nothing(owner, conf, monkeypatch, limit, error):
    conf(**limit)
    monkeypatch.setattr(Attachment, "MAX_UNSETTLED", 50 if limit else 1)
    first = received(owner)
    with pytest.raises(error):
        received(owner, b"The sea is wet.")
    assert stored() == [first.file] == named()
    assert used_by(owner) == first.size


def test_a_storage_that_is_away_keeps_nothing_half(owner, monkeypatch):
    monkeypatch.setattr(files, "keep", Mock(side_effect=OSError("No space left on device")))
    with pytest.raises(OSError, match="No space"):
        received(owner)
    assert not Attachment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_uploads_at_once_get_no_more_than_there_is_room_for(owner, conf):
    conf(MAX_FILES=30, STORAGE_PER_PERSON=35)

    def upload(content):
        try:
            return received(owner, content)
        except Full:
            return None

    uploads = at_once(*[lambda number=number: upload(b"%010d" % number) for number in range(20)])
    assert sum(upload is not None for upload in uploads) == 3
    assert (used_by(owner), len(stored())) == (30, 3)


@pytest.mark.django_db(transaction=True)
def test_one_upload_that_comes_many_times_at_once_is_one_file(owner):
    key = uuid4()
    assert len(set(everybody(lambda: received(owner, key=key).pk))) == 1
    assert stored() == named() == [Attachment.objects.get().file]


# Asking


def test_a_question_takes_its_files_in_the_order_of_the_form(owner):
    first, second = ready(owner, b"1"), ready(owner, b"2")
    conversation = asked(owner, second, first, text="")
    assert conversation.title == "sea.txt"
    assert [message.files for message in conversation.transcript() if message.role == "user"] == [[second, first]]
    assert {(row.drafted, row.conversation_id) for row in Attachment.objects.all()} == {(False, None)}
    assert not Attachment.objects.drafted_in(owner, None)


def test_a_question_without_one_of_its_files_is_not_asked(owner, stranger):
    mine, theirs, dropped = ready(owner, b"1"), ready(stranger, b"2"), ready(owner, b"3")
    dropped.drop()
    for other in (theirs.pk, dropped.pk, uuid4()):
        with pytest.raises(AttachmentGone):
            Conversation.start(owner, "?", attachments=[mine.pk, other])
    failed = received(owner, b"4")
    failed.claim(uuid4())
    failed.fail("password")
    with pytest.raises(AttachmentUnread) as refused:
        Conversation.start(owner, "?", attachments=[mine.pk, failed.pk])
    assert refused.value.attachment.error_sentence == "“sea.txt” needs a password. Save a copy without one."
    assert not Message.objects.exists()
    assert Attachment.objects.drafted_in(owner, None).get(pk=mine.pk)


def test_a_reply_waits_for_the_files_of_its_question(owner, dispatched, committing):
    first, second = received(owner, b"1"), received(owner, b"2")
    _, reply = Conversation.start(owner, "?", attachments=[first.pk, second.pk])
    assert not reply.claim(uuid4())
    settled(first)
    assert not reply.claim(uuid4())
    second.claim(uuid4())
    with committing():
        second.fail("damaged")
    assert dispatched == [reply.pk]
    assert reply.claim(uuid4())


def test_one_that_could_not_be_read_is_read_again_when_it_is_asked_for(owner):
    attachment = received(owner)
    attachment.claim(uuid4())
    assert not attachment.retry()
    attachment.fail("worker_gone_again")
    assert attachment.retry()
    assert Attachment.objects.filter(status="waiting", error="", settled_at=None, worker=None).get() == attachment
    assert settled(attachment).is_ready


# Leaving


def test_one_that_is_taken_out_loses_its_files_at_once_and_its_row_when_every_tab_knows(owner, committing):
    attachment = ready(owner)
    age(attachment, settled_at=timedelta(hours=1))
    version = Feed.version_of(owner)
    with committing():
        assert attachment.drop()
    assert not Attachment.objects.get().drop()
    assert (stored(), used_by(owner)) == ([], 0)
    sweep()
    assert Attachment.objects.get(status="gone").version > version
    age(Attachment.objects.get(), settled_at=TOLD_AFTER)
    sweep()
    assert not Attachment.objects.exists()


def test_one_that_is_taken_out_in_a_transaction_that_fails_keeps_its_files(owner):
    attachment = ready(owner)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        attachment.drop()
        raise ZeroDivisionError
    assert stored() == named() == [attachment.file]


def test_one_that_was_sent_cannot_be_taken_out(owner):
    attachment = ready(owner)
    asked(owner, attachment)
    assert not attachment.drop()
    assert not attachment.discard()
    sweep()
    assert stored() == named() == [attachment.file]


@pytest.mark.parametrize("by", [UNSENT_FOR, -UNSENT_FOR - timedelta(minutes=1)], ids=["long ago", "a clock was moved"])
def test_one_that_is_not_sent_in_time_is_deleted_when_every_tab_knows(owner, by):
    late, young = ready(owner, b"1"), ready(owner, b"2")
    age(late, used_at=by)
    age(young, used_at=UNSENT_FOR - timedelta(minutes=1))
    sweep()
    assert stored() == [young.file]
    age(Attachment.objects.get(status="gone"), settled_at=TOLD_AFTER)
    sweep()
    assert Attachment.objects.get() == young


def test_nothing_is_asked_about_files_more_often_than_twice_a_minute(owner, monkeypatch):
    looks = []
    expired = Attachment.objects.expired
    monkeypatch.setattr(Attachment.objects, "expired", lambda: looks.append(1) or expired(), raising=False)
    sweep(seconds=300)
    assert len(looks) <= 11


def test_many_are_deleted_at_the_next_sweeps(owner, monkeypatch):
    monkeypatch.setattr(reaper, "MAX_PURGED", 3)
    Attachment.objects.bulk_create(
        Attachment(owner=owner, drafted=False, status="ready", settled_at=timezone.now()) for _ in range(20)
    )
    sweep(seconds=30)
    assert not Attachment.objects.exists()


def test_a_storage_that_is_away_loses_no_row_before_its_files(owner, monkeypatch, caplog):
    attachment = ready(owner)
    Attachment.objects.update(drafted=False)
    with monkeypatch.context() as away:
        away.setattr(files, "remove", Mock(side_effect=OSError("The storage is away.")))
        sweep()
    assert "The storage is away." in caplog.text
    assert Attachment.objects.get().status == "gone"
    assert stored() == [attachment.file]
    age(Attachment.objects.get(), settled_at=TOLD_AFTER)
    sweep()
    assert (stored(), Attachment.objects.count()) == ([], 0)


# Each way to lose the last use


def test_it_stays_until_the_last_fork_is_gone(owner):
    """Test 10: edit, ask again, fork, delete the original, delete the fork."""
    attachment = ready(owner)
    conversation = asked(owner, attachment)
    question = question_of(conversation)
    conversation.ask("And now?", instead_of=question, attachments=[attachment.pk])
    settle(conversation)
    edited = question_of(conversation)
    conversation.regenerate(edited)
    settle(conversation)
    fork = conversation.fork(conversation.leaf())
    assert Attached.objects.count() == 3
    conversation.delete_branch(question)
    Conversation.objects.filter(pk=conversation.pk).soft_delete(owner.pk)
    sweep()
    assert not Conversation.objects.filter(pk=conversation.pk).exists()
    assert [message.files for message in fork.transcript() if message.role == "user"] == [[attachment]]
    assert stored() == named() == [attachment.file]
    Conversation.objects.filter(pk=fork.pk).soft_delete(owner.pk)
    sweep()
    assert (stored(), Attachment.objects.count(), AttachmentText.objects.count()) == ([], 0, 0)


def long_branch(owner, attachment):
    """A conversation with more messages than one transaction deletes, of which the last question has a file, too."""
    conversation = answered(owner, times=AT_ONCE // 2 + 5)
    Attached.hold([attachment], message=question_of(conversation))
    Attached.hold([attachment], message=conversation.messages.filter(role="user").earliest("id"))
    Attachment.objects.update(drafted=False)
    return conversation


def delete_person(owner, attachment):
    asked(owner, attachment)
    owner.delete()


def delete_message(owner, attachment):
    conversation = asked(owner, attachment)
    conversation.delete_message(question_of(conversation))


def delete_long_branch(owner, attachment):
    conversation = long_branch(owner, attachment)
    conversation.delete_branch(conversation.messages.earliest("id"))


def empty_trash(owner, attachment):
    Conversation.objects.filter(pk=long_branch(owner, attachment).pk).soft_delete(owner.pk)


def delete_draft_of_conversation(owner, attachment):
    conversation = answered(owner)
    Attachment.objects.update(conversation=conversation)
    Conversation.objects.filter(pk=conversation.pk).soft_delete(owner.pk)


def delete_holder(owner, attachment, **holder):
    Attachment.objects.update(drafted=False)
    Attached.hold([attachment], **holder)
    sweep()
    assert stored() == [attachment.file]
    next(iter(holder.values())).delete()


def delete_folder(owner, attachment):
    delete_holder(owner, attachment, folder=Folder.objects.create(owner=owner, name="any"))


def delete_share(owner, attachment):
    delete_holder(owner, attachment, share=Share.of(answered(owner)))


WAYS = [delete_person, delete_message, delete_long_branch, empty_trash, delete_draft_of_conversation, delete_folder]


@pytest.mark.thorough
@pytest.mark.parametrize("lose", [*WAYS, delete_share], ids=lambda way: way.__name__)
def test_it_goes_with_its_last_use(owner, lose, committing):
    attachment = ready(owner)
    with committing():
        lose(owner, attachment)
        sweep()
    assert (stored(), Attachment.objects.count(), Attached.objects.count()) == ([], 0, 0)


def test_a_use_has_one_holder(owner, conversation):
    attachment, folder = ready(owner), Folder.objects.create(owner=owner, name="any")
    for holder in ({}, {"folder": folder, "message": question_of(conversation)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Attached.objects.create(attachment=attachment, **holder)


@pytest.mark.django_db(transaction=True)
@pytest.mark.thorough
def test_of_a_purge_and_a_question_one_wins(owner):
    """Test 11: never a question whose file is missing."""
    won = {"asked": 0, "purged": 0}
    for number in range(100):
        attachment = ready(owner, b"%d" % number)
        Attachment.objects.filter(pk=attachment.pk).update(used_at=timezone.now() - UNSENT_FOR)

        def ask(pk=attachment.pk):
            try:
                return Conversation.start(owner, "?", attachments=[pk])
            except AttachmentGone:
                return None

        asked_it, _ = at_once(ask, lambda pk=attachment.pk: Attachment.objects.filter(pk=pk).purge())
        there = Attachment.objects.usable().filter(pk=attachment.pk).exists()
        assert bool(asked_it) == there == files.is_there(attachment.file)
        won["asked" if asked_it else "purged"] += 1
        Message.objects.filter(status="pending").update(status="done")
    assert min(won.values()) > 0, won


@pytest.mark.django_db(transaction=True)
@pytest.mark.thorough
def test_of_a_fork_and_the_deletion_of_its_original_no_question_loses_its_file(owner, monkeypatch):
    """Among them forks in several portions, while the file's last other use goes for good, and the file is purged."""
    monkeypatch.setattr(portions, "FIRST", 5 * portions.ROW)
    forked = 0
    for number in range(100):
        attachment = ready(owner, b"%d" % number)
        conversation = asked(owner, attachment)
        long_before = timezone.now() - timedelta(days=1)
        parent = question_of(conversation).pk
        rows = []
        for _ in range(20):
            rows.append(Message(conversation=conversation, parent_id=parent, id=uuid7(parent), role="assistant"))
            parent = rows[-1].pk
        Message.objects.bulk_create(rows)
        Message.objects.update(status="done")
        last = Message.objects.get(pk=parent)

        def fork(conversation=conversation, last=last):
            try:
                return conversation.fork(last)
            except (ObjectDoesNotExist, BeingCopied):
                return None

        def delete(conversation=conversation, wait=number % 20 / 1000, at=long_before):
            time.sleep(wait)
            mine = Conversation.objects.filter(pk=conversation.pk)
            mine.update(deleted_at=at)
            mine.purge()
            Attachment.objects.all().purge()

        copy, _ = at_once(fork, delete)
        if copy:
            assert [use.attachment for use in Attached.objects.filter(message__conversation=copy)] == [attachment]
            assert Attachment.objects.usable().filter(pk=attachment.pk).exists()
            assert files.is_there(attachment.file)
            forked += 1
        Conversation.objects.update(deleted_at=long_before)
        Conversation.objects.all().purge()
    assert forked, forked


# What an operator sees


def test_lists_where_storage_and_rows_disagree_and_deletes_old_strays(owner, monkeypatch, tmp_path):
    kept, lost = ready(owner, b"1"), ready(owner, b"2")
    (tmp_path / lost.file).unlink()
    for name in ("attachments/1/original", "transfers/2.import"):
        files.keep(name, ContentFile(b"x"))

    def lines(*arguments):
        call_command("parley_files", *arguments, stdout=(out := StringIO()))
        return out.getvalue().splitlines()

    missing, total = f"missing  {lost.file}", "3 files, 2 without a row; 1 that rows name are missing."
    strays = ["stray    attachments/1/original", "stray    transfers/2.import"]
    assert lines() == lines("--delete") == [missing, *strays, total]
    tomorrow = timezone.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    assert lines("--delete") == [missing, *(line.replace("stray  ", "deleted") for line in strays), total]
    assert stored() == [kept.file]
    assert lines() == [missing, "1 files, 0 without a row; 1 that rows name are missing."]

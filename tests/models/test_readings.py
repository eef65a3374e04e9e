"""A worker reads an uploaded file once, keeps what a model gets of it, and leaves nothing that no row names."""

from pathlib import Path
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import OperationalError

from parley import files
from parley.attachments import reading
from parley.attachments.run import Result
from parley.ids import uuid7
from parley.models import Attached, Attachment, AttachmentText, Conversation, Folder, Message
from parley.models.admission import used_by
from parley.models.job import MAX_DEATHS
from parley.runner import AT_ONCE
from tests.models.test_transfer import sweep
from tests.support.attachments import named, received, stored
from tests.support.transactions import watched

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _private_files(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}


@pytest.fixture
def told(monkeypatch):
    """A function: what the child is to tell, or to raise; ``meanwhile`` is called while it reads."""

    def tell(result, meanwhile=lambda: None):
        def read(path, media_type, folder, extract, stopped):
            for made in filter(None, (getattr(result, "picture", None), getattr(result, "thumb", None))):
                (folder / made).write_bytes(made.name.encode())
            meanwhile()
            if isinstance(result, Exception):
                raise result
            return in_folder(result, folder)

        monkeypatch.setattr(reading.child, "read", read)

    tell(Result(text="The sea is salty.", breaks=[0, 4], pages=2))
    return tell


def in_folder(result, folder):
    made = {name: folder / path for name in ("picture", "thumb") if (path := getattr(result, name))}
    return Result(**{**vars(result), **made})


@pytest.fixture
def third(django_user_model):
    return django_user_model.objects.create_user("third")


def picture():
    facts = {"picture_type": "image/webp", "width": 40, "height": 30, "notes": ["first_frame"]}
    return Result(picture=Path("picture"), thumb=Path("thumb"), **facts)


def an_upload(owner, **values):
    return received(owner, b"GIF89a", **{"name": "sea.gif", "kind": "picture", "media_type": "image/gif", **values})


def run(attachment, worker=None):
    status = reading.run(worker or uuid4())
    attachment.refresh_from_db()
    return status


def test_the_text_of_a_document_is_kept_beside_the_file(owner, told):
    attachment = received(owner)
    assert [run(attachment), run(attachment)] == ["ready", ""]
    assert (attachment.characters, attachment.pages, attachment.size) == (17, 2, 17)
    assert (attachment.text.text, attachment.text.breaks) == ("The sea is salty.", [0, 4])
    assert stored() == named() == [attachment.file]


def test_of_a_picture_only_what_was_made_of_it_is_kept(owner, told):
    told(picture())
    attachment = an_upload(owner)
    assert run(attachment) == "ready"
    assert (attachment.width, attachment.height, attachment.notes) == (40, 30, ["first_frame"])
    assert (attachment.media_type, attachment.file, attachment.size) == ("image/webp", "", len("picturethumb"))
    assert stored() == named() == [f"{attachment.place}/picture", f"{attachment.place}/thumb"]
    assert used_by(owner) == attachment.size
    assert not AttachmentText.objects.exists()


def test_tells_that_a_name_promises_something_else(owner, told):
    attachment = received(owner, name="sea.pdf", media_type="text/html", kind="document")
    run(attachment)
    assert attachment.notes == ["other_type"]


def test_tells_why_a_file_cannot_be_read(owner, told):
    told(Result(error="too_many_pages", detail={"pages": 1200, "other": 1}))
    attachment = received(owner, name="q3.pdf")
    assert run(attachment) == "failed"
    assert attachment.error_sentence == "“q3.pdf” has 1200 pages; at most 1,000 can be read."
    assert stored() == [attachment.file]


def test_tells_that_the_file_is_missing(owner, told):
    attachment = received(owner)
    files.remove(attachment.file)
    run(attachment)
    assert (attachment.status, attachment.error_sentence) == ("failed", "“sea.txt” is missing in the storage.")


@pytest.mark.parametrize("result", [picture(), Result(text="text"), Result(error="damaged")])
def test_leaves_nothing_of_a_file_that_was_deleted_meanwhile(owner, told, result, django_capture_on_commit_callbacks):
    an_upload(owner)

    def delete():
        with django_capture_on_commit_callbacks(execute=True):
            Attachment.objects.get().delete()

    told(result, delete)
    reading.run(uuid4())
    assert stored() == []
    assert not AttachmentText.objects.exists()


def test_leaves_nothing_of_a_file_that_was_taken_out_meanwhile(owner, told):
    attachment = an_upload(owner)
    told(picture(), lambda: Attachment.objects.get().drop())
    assert run(attachment) == "reading"
    assert (attachment.status, stored()) == ("gone", [])


def test_lets_the_files_of_a_later_attempt_be(owner, told):
    """A worker that was only thought dead ends after another one has begun."""
    attachment = an_upload(owner)
    taken_over = lambda: (Attachment.objects.get().recover(), Attachment.objects.get().claim(uuid4()))  # noqa: E731
    told(picture(), taken_over)
    run(attachment)
    assert (attachment.status, attachment.attempt) == ("reading", 2)
    assert {f"{attachment.place}/picture", f"{attachment.place}/thumb"} < set(stored())


@pytest.mark.parametrize("part", ["picture", "thumb"])
def test_keeps_nothing_half_where_the_storage_is_full(owner, told, monkeypatch, part, caplog):
    told(picture())
    attachment, keep = an_upload(owner), files.keep

    def full(name, file):
        if name.endswith(part):
            raise OSError("No space left on device")
        return keep(name, file)

    monkeypatch.setattr(files, "keep", full)
    assert run(attachment) == "waiting"
    assert stored() == named() == [attachment.file]
    monkeypatch.setattr(files, "keep", keep)
    assert run(attachment) == "ready"
    assert stored() == named()


def test_a_reading_that_lost_the_database_is_begun_again(owner, told):
    told(OperationalError())
    attachment = received(owner)
    run(attachment)
    assert (attachment.status, attachment.deaths) == ("waiting", 1)


@pytest.mark.parametrize("trouble", [OSError("Cannot allocate memory"), MemoryError()])
def test_a_trouble_of_this_server_is_no_verdict_on_a_file(owner, told, trouble):
    attachment = received(owner)
    told(trouble)
    assert [run(attachment) for _ in range(MAX_DEATHS)] == ["waiting"] * MAX_DEATHS
    told(Result(text="The sea is salty."))
    assert run(attachment) == "ready"


def test_a_file_that_this_server_has_never_room_for_fails_and_says_so(owner, told, monkeypatch):
    attachment = received(owner)
    monkeypatch.undo()
    monkeypatch.setattr(reading.child.subprocess, "Popen", Mock(side_effect=BlockingIOError("No more processes")))
    assert [run(attachment) for _ in range(MAX_DEATHS + 1)] == ["waiting"] * MAX_DEATHS + ["failed"]
    assert attachment.error == "host"
    assert attachment.error_sentence == (
        "“sea.txt” could not be read, because this server had no room for it: the file may be in order. "
        "Try again later."
    )


def test_a_worker_that_ends_hands_over_what_it_reads(owner, told, dispatched):
    attachment = received(owner)
    told(reading.child.Stopped())
    reading.runner.end_soon()
    try:
        assert run(attachment) == "waiting"
    finally:
        reading.runner.leaving.clear()
    assert (attachment.deaths, attachment.enqueued_at, dispatched) == (0, None, [])


def test_leaves_the_processor_to_replies(owner, told):
    attachment = received(owner)
    for _ in range(AT_ONCE):
        assert reading.runner.turns.acquire(blocking=False)
    try:
        assert run(attachment) == ""
    finally:
        for _ in range(AT_ONCE):
            reading.runner.turns.release()
    assert run(attachment) == "ready"


def test_leaves_a_turn_to_others_while_many_files_of_one_person_wait(owner, stranger, told, dispatched):
    mine = [received(owner, b"%d" % number) for number in range(3)]
    theirs = received(stranger)
    assert mine[0].claim(uuid4())
    assert order([mine[0]]) == [theirs]
    assert run(received(stranger, b"another")) == "ready"
    assert dispatched == []


def test_serves_first_who_was_served_longest_ago(owner, stranger, third, told):
    mine, theirs = ([received(each, b"%d" % number) for number in range(3)] for each in (owner, stranger))
    late = received(third)
    assert order(4 * [mine[2]]) == [mine[0], theirs[0], late, mine[1]]


def test_files_of_an_import_come_last_but_for_those_that_a_reply_waits_for(owner, stranger, conversation, told):
    old = [imported(owner, b"%d" % number) for number in range(60)]
    Attached.hold([old[50]], message=conversation.messages.get(role="user"))
    own, theirs = received(owner), imported(stranger)
    assert order(5 * [own]) == [old[50], own, theirs, *old[:2]]


def test_an_imported_file_that_is_sent_again_is_one_of_the_question(owner, told):
    old = [imported(owner, b"%d" % number) for number in range(3)]
    Conversation.start(owner, "What does it say?", attachments=[old[2].pk])
    Message.objects.all().delete()
    assert order([old[0]]) == [old[2]]


def imported(owner, content=b"old"):
    row = received(owner, content)
    Attachment.objects.filter(pk=row.pk).update(drafted=False, imported=True)
    Attached.hold([row], folder=Folder.objects.create(owner=owner, name=str(content)))
    return row


def order(tasks):
    """Which ones are read when so many tasks come, one after the other."""
    begun = []
    for _ in tasks:
        before = set(Attachment.objects.filter(started_at=None))
        reading.run(uuid4())
        begun += [row for row in before if Attachment.objects.get(pk=row.pk).started_at]
    return begun


# The reaper


def test_is_read_again_when_its_worker_is_gone_and_given_up_after_a_few(owner, told, dispatched):
    attachment = received(owner)
    for deaths in range(1, MAX_DEATHS + 1):
        attachment.claim(uuid7())
        sweep()
        attachment.refresh_from_db()
        assert (attachment.status, attachment.deaths) == ("waiting", deaths)
    assert dispatched == [attachment.pk] * MAX_DEATHS
    attachment.claim(uuid7())
    sweep()
    attachment.refresh_from_db()
    assert (attachment.status, attachment.error) == ("failed", "worker_gone_again")
    assert attachment.error_sentence == "“sea.txt” could not be read after three tries."


@pytest.mark.django_db(transaction=True)
def test_a_long_text_is_no_long_transaction(owner, told, monkeypatch):
    told(Result(text="sea " * 500_000, breaks=list(range(0, 2_000_000, 2_000))))
    attachment = received(owner)
    with watched(monkeypatch) as transactions:
        run(attachment)
    assert attachment.characters == 2_000_000
    assert transactions.are_short

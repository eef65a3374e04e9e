"""Exports and imports in the background: one attempt at a time, whatever is sent twice, lost or killed."""

import json
from datetime import timedelta
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError
from django.utils import timezone

from parley import files
from parley.delivery.feed import changes_since
from parley.generation.reaper import Reaper
from parley.ids import uuid7
from parley.models import Feed, Transfer, Worker
from parley.models.admission import Refused
from parley.models.job import MAX_DEATHS
from parley.models.transfer import TransferQuerySet
from parley.runner import AT_ONCE
from parley.transfer import jobs
from parley.transfer.reading import read_import
from tests.models.conftest import answered
from tests.support.exports import asked

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


@pytest.fixture(autouse=True)
def _private_files(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}


@pytest.fixture
def transfer(owner):
    return Transfer.begin(owner, "export")


def an_import(owner, content):
    name = files.keep(f"transfers/{uuid4()}.import", ContentFile(content))
    return Transfer.begin(owner, "import", file=name, name="x.json")


class Killed(BaseException):
    """The worker's process ends."""


def begin_and_die(transfer, after):
    """A worker that is killed when it has brought in so many conversations."""

    def progress(done, total):
        if done == after:
            raise Killed

    transfer.claim(uuid7())
    with files.local(transfer.file) as path, pytest.raises(Killed):
        read_import(path, transfer.owner, progress, name=transfer.name)
    transfer.recover()


def sent(transfer):
    """Its report, without what is another one each time."""
    return [{**row, "came_in": [link["title"] for link in row["came_in"]]} for row in transfer.report]


def run(transfer, worker=None):
    status = jobs.run(worker or uuid4())
    transfer.refresh_from_db()
    return status


def fail_with(monkeypatch, error):
    def work(transfer, on_progress):
        raise error

    monkeypatch.setitem(jobs._WORK, "export", work)


def test_refuses_more_than_a_few_of_a_person(owner, stranger):
    for _ in range(Transfer.MAX_UNSETTLED):
        Transfer.begin(owner, "export")
    with pytest.raises(Refused):
        Transfer.begin(owner, "export")
    assert Transfer.objects.count() == Transfer.MAX_UNSETTLED
    Transfer.begin(stranger, "export")


def test_is_claimed_by_one(transfer):
    again = Transfer.objects.get()
    assert [transfer.claim(uuid4()), again.claim(uuid4())] == [True, False]
    assert (transfer.status, transfer.attempt) == ("running", 1)
    assert Transfer.objects.get().started_at == transfer.started_at >= transfer.created_at


def test_goes_on_waiting_while_its_owner_s_feed_is_held(transfer, monkeypatch):
    monkeypatch.setattr(Feed, "hold", lambda owners: set())
    assert Transfer.objects.claim([transfer.pk], uuid4()) == ([], {transfer.pk})
    transfer.refresh_from_db()
    assert (transfer.status, transfer.attempt) == ("waiting", 0)


def test_waits_for_the_other_one_of_its_person(owner, stranger):
    first, second, other = (Transfer.begin(person, "export") for person in (owner, owner, stranger))
    assert [first.claim(uuid4()), second.claim(uuid4()), other.claim(uuid4())] == [True, False, True]
    first.finish()
    assert second.claim(uuid4())


def test_runs_once_when_it_is_sent_twice(transfer, owner):
    answered(owner)
    assert [run(transfer), run(transfer)] == ["done", ""]
    assert (transfer.attempt, transfer.progress, transfer.total) == (1, 1, 1)
    assert transfer.size > 0


def test_dispatches_the_next_one_when_it_is_done(owner, dispatched):
    first, second = Transfer.begin(owner, "export"), Transfer.begin(owner, "export")
    assert run(first) == "done"
    assert dispatched == [second.pk]


def test_dispatches_none_when_it_was_not_begun(owner, dispatched):
    first, second, _ = (Transfer.begin(owner, "export") for _ in range(3))
    first.claim(uuid4())
    assert run(second) == run(first) == ""
    assert dispatched == []


def test_dispatches_the_first_of_each_person_for_whom_none_runs(owner, stranger, django_user_model, dispatched):
    busy = django_user_model.objects.create_user("busy")
    running, *_ = (Transfer.begin(busy, "export") for _ in range(3))
    running.claim(uuid4())
    mine, next_of_mine, _ = (Transfer.begin(owner, "export") for _ in range(3))
    theirs = Transfer.begin(stranger, "export")
    assert run(mine) == "done"
    assert dispatched == [theirs.pk, next_of_mine.pk]


def test_is_begun_although_the_database_was_locked(transfer, monkeypatch):
    claim, tries = TransferQuerySet.claim, []

    def locked_at_first(transfers, ids, worker):
        tries.append(worker)
        if len(tries) == 1:
            raise OperationalError("database is locked")
        return claim(transfers, ids, worker)

    monkeypatch.setattr(TransferQuerySet, "claim", locked_at_first)
    assert run(transfer) == "done"
    assert len(tries) == 2


def test_leaves_the_processor_to_replies(transfer):
    for _ in range(AT_ONCE):
        assert jobs.runner.turns.acquire(blocking=False)
    try:
        assert run(transfer) == ""
        assert transfer.status == "waiting"
    finally:
        for _ in range(AT_ONCE):
            jobs.runner.turns.release()
    assert run(transfer) == "done"


def test_fails_visibly_when_something_goes_wrong(transfer, monkeypatch):
    fail_with(monkeypatch, ZeroDivisionError())
    run(transfer)
    assert (transfer.status, transfer.error, transfer.settled) == ("failed", "internal", True)


def test_is_begun_again_when_the_database_was_away(transfer, monkeypatch):
    fail_with(monkeypatch, OperationalError())
    run(transfer)
    assert (transfer.status, transfer.deaths) == ("waiting", 1)
    for _ in range(MAX_DEATHS):
        run(transfer)
    assert (transfer.status, transfer.error) == ("failed", "worker_gone_again")


def test_is_handed_over_by_a_worker_that_ends(transfer, owner):
    answered(owner)
    jobs.runner.end_soon()
    try:
        run(transfer)
    finally:
        jobs.runner.leaving.clear()
    assert (transfer.status, transfer.deaths, transfer.enqueued_at) == ("waiting", 0, None)


def test_ends_when_it_is_deleted_while_it_runs(transfer, owner, monkeypatch, django_capture_on_commit_callbacks):
    def work(transfer, on_progress):
        Transfer.objects.get().delete()
        on_progress(1, 2)
        pytest.fail("It went on.")

    monkeypatch.setitem(jobs._WORK, "export", work)
    jobs.run(uuid4())
    assert not Transfer.objects.exists()


def test_leaves_no_file_when_it_is_deleted_at_the_last_moment(transfer, monkeypatch, tmp_path):
    def keep(name, file):
        Transfer.objects.all().delete()
        return kept(name, file)

    kept = files.keep
    monkeypatch.setattr(files, "keep", keep)
    jobs.run(uuid4())
    assert list(tmp_path.glob("*/*")) == []


def test_an_attempt_that_was_taken_over_writes_nothing(transfer):
    sleeper = Transfer.objects.get()
    sleeper.claim(uuid4())
    sleeper.recover()
    transfer.claim(uuid4())
    late = Transfer.objects.get()
    late.attempt = 1
    assert not late.advance(5, 10)
    assert not late.finish()
    assert not late.fail("internal")
    assert not late.requeue(died=False)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.progress, transfer.attempt) == ("running", 0, 2)


# The reaper


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def sweep(heartbeat=lambda: None):
    """Sweep until a worker that does not beat is known to be dead."""
    clock = Clock()
    reaper = Reaper(clock)
    for clock.now in range(0, 25, 5):
        heartbeat()
        reaper.sweep()


def test_is_begun_again_when_its_worker_is_gone(transfer, dispatched):
    transfer.claim(uuid7())
    sweep()
    assert dispatched == [transfer.pk]
    transfer.refresh_from_db()
    assert (transfer.status, transfer.deaths) == ("waiting", 1)


def test_is_left_to_a_worker_that_is_alive(transfer, dispatched):
    worker = uuid7()
    transfer.claim(worker)
    sweep(lambda: Worker.heartbeat(worker))
    assert dispatched == []
    transfer.refresh_from_db()
    assert transfer.status == "running"


def test_goes_on_when_its_worker_was_only_thought_dead(transfer, owner):
    transfer.claim(uuid7())
    Transfer.objects.get().recover()
    assert transfer.advance(3, 10)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.progress, transfer.attempt) == ("running", 3, 1)


def test_does_not_go_on_beside_another_of_the_same_person(transfer, owner):
    transfer.claim(uuid7())
    Transfer.objects.get().recover()
    other = Transfer.begin(owner, "export")
    assert other.claim(uuid7())
    assert not transfer.advance(3, 10)


def test_fails_after_a_few_deaths(transfer):
    for _ in range(MAX_DEATHS + 1):
        transfer.claim(uuid7())
        sweep()
        transfer.refresh_from_db()
    assert (transfer.status, transfer.error) == ("failed", "worker_gone_again")


def test_is_dispatched_again_when_its_task_was_lost(transfer, dispatched):
    sweep()
    assert dispatched == []
    Transfer.objects.update(enqueued_at=timezone.now() - timedelta(seconds=60))
    sweep()
    assert dispatched == [transfer.pk]


def test_is_deleted_with_its_file_after_a_while(transfer, django_capture_on_commit_callbacks):
    run(transfer)
    sweep()
    assert files.storage().exists(transfer.file)
    Transfer.objects.update(settled_at=timezone.now() - timedelta(days=7, minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert not Transfer.objects.exists()
    assert not files.storage().exists(transfer.file)


@pytest.mark.parametrize(
    "end", [Transfer.delete, lambda transfer: transfer.fail("unrecognised")], ids=["delete", "fail"]
)
def test_ends_though_its_file_cannot_be_removed(owner, end, monkeypatch, django_capture_on_commit_callbacks, caplog):
    transfer = an_import(owner, b"{}")
    transfer.claim(uuid7())
    monkeypatch.setattr(files, "remove", Mock(side_effect=OSError("The storage is away.")))
    with django_capture_on_commit_callbacks(execute=True):
        end(transfer)
    assert not Transfer.objects.filter(pk=transfer.pk, status="running").exists()
    assert "The storage is away." in caplog.text


def test_goes_with_its_person(transfer, owner, django_capture_on_commit_callbacks):
    run(transfer)
    with django_capture_on_commit_callbacks(execute=True):
        owner.delete()
    assert not Transfer.objects.exists()
    assert not files.storage().exists(transfer.file)


# What pages are told


def test_writes_its_progress_once_a_second(transfer):
    transfer.claim(uuid4())
    clock = Clock()
    progress, versions = jobs.Progress(transfer, clock), []
    for done in range(50):
        clock.now = done * 0.1
        progress(done, 50)
        versions.append(transfer.version)
    assert len(set(versions)) == 5
    transfer.refresh_from_db()
    assert (transfer.progress, transfer.total) == (40, 50)


def test_tells_its_progress_to_every_page(transfer, owner):
    version = Feed.version_of(owner)
    transfer.claim(uuid4())
    transfer.advance(3, 10)
    newest, stream = changes_since(owner, None, version)
    assert newest == transfer.version
    assert f'target="transfer_{transfer.pk}" into="transfers"' in stream
    assert "3 of 10 conversations" in stream


def test_an_import_tells_every_page_once_to_load_again(owner, django_capture_on_commit_callbacks):
    transfer = an_import(owner, b"nonsense")
    version = Feed.version_of(owner)
    with django_capture_on_commit_callbacks(execute=True):
        run(transfer)
    assert (transfer.status, transfer.error) == ("failed", "unrecognised")
    assert Feed.objects.get(pk=owner.pk).removed > version
    assert not files.storage().exists(transfer.file)


def test_an_import_tells_every_page_before_it_is_done(owner, django_capture_on_commit_callbacks):
    transfer = an_import(owner, b'{"format": "parley", "version": 1, "conversation": {"title": "Mine"}}')
    with django_capture_on_commit_callbacks(execute=True):
        run(transfer)
    assert (transfer.status, owner.conversations.count()) == ("done", 1)
    assert 0 < Feed.objects.get(pk=owner.pk).removed < transfer.version
    assert not files.storage().exists(transfer.file)


def test_an_import_that_is_begun_again_tells_of_what_came_in_until_then(owner, monkeypatch):
    def read(path, owner, on_progress, **about):
        raise OperationalError

    monkeypatch.setattr(jobs, "read_import", read)
    transfer = an_import(owner, b"{}")
    run(transfer)
    assert transfer.status == "waiting"
    assert 0 < Feed.objects.get(pk=owner.pk).removed < transfer.version
    assert files.storage().exists(transfer.file)


def test_an_import_that_is_begun_again_tells_of_the_first_attempt_too(owner, stranger):
    content = json.dumps([asked(str(number), title=None) for number in range(6)] + [{"title": "?"}]).encode()
    whole, transfer = an_import(stranger, content), an_import(owner, content)
    run(whole)
    begin_and_die(transfer, 2)
    begin_and_die(transfer, 4)
    run(transfer)
    assert (transfer.status, transfer.attempt, transfer.progress) == ("done", 3, 6)
    assert sent(transfer) == sent(whole)
    assert [link["id"] for link in transfer.report[0]["came_in"]] == [
        str(pk) for pk in owner.conversations.order_by("pk").values_list("pk", flat=True)
    ]


def test_an_import_of_the_same_file_tells_that_all_is_there_though_it_is_begun_again(owner):
    content = json.dumps([asked("1"), asked("2")]).encode()
    first, queued = an_import(owner, content), an_import(owner, content)
    run(first)
    begin_and_die(queued, 1)
    run(queued)
    assert [transfer.report[0]["existing"] for transfer in (first, queued)] == [0, 2]
    assert [transfer.report[0]["conversations"] for transfer in (first, queued)] == [2, 0]


def test_an_import_that_is_given_up_keeps_no_file(owner, django_capture_on_commit_callbacks):
    transfer = an_import(owner, b"{}")
    Transfer.objects.update(deaths=MAX_DEATHS)
    transfer.claim(uuid7())
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    transfer.refresh_from_db()
    assert (transfer.status, transfer.error) == ("failed", "worker_gone_again")
    assert not files.storage().exists(transfer.file)

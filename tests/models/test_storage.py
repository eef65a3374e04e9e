"""What one person keeps has a bound, also when many requests come at once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from parley import files
from parley.models import Share, Transfer
from parley.models import share as sharing
from parley.models.admission import Full, used_by
from parley.models.share import TooLarge
from parley.models.transfer import MAX_EXPORTS
from parley.transfer import jobs
from tests.models.conftest import answered
from tests.models.test_races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _private_files(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}


@pytest.fixture
def room(settings):
    def room_of(size):
        settings.PARLEY = {**settings.PARLEY, "STORAGE_PER_PERSON": size}

    return room_of


def exported(owner):
    transfer = Transfer.begin(owner, "export")
    jobs.run(uuid4())
    transfer.refresh_from_db()
    return transfer


def uploaded(owner, size):
    name = files.keep(f"transfers/{uuid4()}.import", ContentFile(b"x" * size))
    return Transfer.begin(owner, "import", file=name, name="x.json", size=size)


def test_counts_shares_and_uploads_that_wait_but_no_exports(owner, stranger, django_capture_on_commit_callbacks):
    share, export = Share.of(answered(owner)), exported(owner)
    uploaded(owner, 1000)
    assert used_by(owner) == share.size + 1000
    assert 100 < share.size < 1000 < export.size
    assert used_by(stranger) == 0
    jobs.run(uuid4())
    share.revoke()
    export.delete()
    assert used_by(owner) == 0


def test_refuses_a_share_for_which_there_is_no_room(owner, room):
    conversation = answered(owner)
    room(Share.of(conversation).size + 10)
    with pytest.raises(Full):
        Share.of(conversation)
    Share.objects.get().revoke()
    assert Share.of(conversation).is_open


def test_an_expired_link_leaves_room_for_an_upload(owner, room):
    share = Share.of(answered(owner), lasts=timedelta(days=1))
    room(share.size)
    Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert used_by(owner) == 0
    assert uploaded(owner, share.size).size == share.size


def test_refuses_an_upload_for_which_there_is_no_room(owner, room):
    room(1500)
    uploaded(owner, 1000)
    with pytest.raises(Full):
        uploaded(owner, 1000)
    assert owner.transfers.count() == 1


@pytest.mark.parametrize("size", [0, 1500])
def test_who_keeps_as_much_as_they_may_can_still_take_it_out(owner, room, tmp_path, size):
    answered(owner)
    uploaded(owner, size or 1)
    room(size)
    Transfer.objects.update(settled_at=timezone.now(), status="failed")
    export = exported(owner)
    assert (export.status, export.error) == ("done", "")
    assert len(list(tmp_path.rglob("*.zip"))) == 1


def test_exports_take_no_more_than_the_storage_of_a_person_or_are_but_one(
    owner, room, tmp_path, django_capture_on_commit_callbacks
):
    answered(owner)
    with django_capture_on_commit_callbacks(execute=True):
        size = exported(owner).size
    for times in (2.5, 0.5):
        room(round(times * size))
        with django_capture_on_commit_callbacks(execute=True):
            made = [exported(owner) for _ in range(3)]
        assert set(owner.transfers.all()) == set(made[-max(1, int(times)) :])
        assert len(list(tmp_path.rglob("*.zip"))) == max(1, int(times))


def test_keeps_the_newest_exports(owner, tmp_path, django_capture_on_commit_callbacks):
    answered(owner)
    with django_capture_on_commit_callbacks(execute=True):
        made = [exported(owner) for _ in range(MAX_EXPORTS + 2)]
    assert set(owner.transfers.all()) == set(made[2:])
    assert len(list(tmp_path.rglob("*.zip"))) == MAX_EXPORTS


@pytest.mark.parametrize("limit", ["LARGEST", "MAX_MESSAGES"])
def test_refuses_to_share_what_is_too_long(owner, monkeypatch, limit):
    monkeypatch.setattr(sharing, limit, 1)
    with pytest.raises(TooLarge):
        Share.of(answered(owner))


@pytest.mark.django_db(transaction=True)
def test_many_requests_at_once_get_no_more_than_there_is_room_for(owner, room):
    conversation = answered(owner)
    first = Share.of(conversation)
    room(2 * first.size + 10)

    def share():
        try:
            return Share.of(type(conversation).objects.get(pk=conversation.pk))
        except Full:
            return None

    assert sum(made is not None for made in at_once(*[share] * 6)) == 1
    assert used_by(owner) == 2 * first.size

import pytest

from parley import files
from parley.models import Feed, Transfer
from tests.views.transfers import exported, transfer_of

pytestmark = pytest.mark.django_db


def url_of(transfer):
    return f"/transfers/{transfer.pk}/delete/"


def test_deletes_it_with_its_file_at_owner(at_owner, owner, django_capture_on_commit_callbacks):
    transfer = exported(owner)
    assert files.storage().exists(transfer.file)
    with django_capture_on_commit_callbacks(execute=True):
        assert at_owner.post(url_of(transfer)).status_code == 303
    assert not Transfer.objects.exists()
    assert not files.storage().exists(transfer.file)


def test_tells_every_open_page(at_owner, owner):
    transfer = exported(owner)
    at_owner.post(url_of(transfer))
    feed = Feed.objects.get(pk=owner.pk)
    assert feed.removed == feed.version > transfer.version


@pytest.mark.parametrize("status", ["waiting", "running", "done", "failed"])
def test_works_in_every_state(at_owner, owner, status):
    assert at_owner.post(url_of(transfer_of(owner, status=status))).status_code == 303
    assert not Transfer.objects.exists()

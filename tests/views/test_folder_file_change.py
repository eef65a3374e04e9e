import pytest

from parley.delivery.feed import changes_since
from parley.models import Attached, Attachment, Feed, Folder
from tests.support.attachments import received, settled
from tests.views.attachments import attachment_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(owner):
    return Folder.objects.create(owner=owner, name="Seafaring")


def change(client, folder, row, do):
    return client.post(f"/folders/{folder.pk}/files/{row.pk}/", {"do": do})


def test_switches_a_file_off_and_on_and_removes_it(at_owner, owner, folder):
    row = attachment_of(owner, "the text", folder=folder)
    for do, on, words in (("off", [False], "switched off"), ("on", [True], "is sent"), ("remove", [], "Add files")):
        response = change(at_owner, folder, row, do)
        assert (response.status_code, response.url) == (303, f"/folders/{folder.pk}/")
        assert list(folder.attached.values_list("on", flat=True)) == on
        assert words in at_owner.get(response.url).text


@pytest.mark.parametrize("do", ["on", "off", "remove"])
def test_changes_nothing_of_another_folder_or_person(at_owner, owner, stranger, folder, do):
    elsewhere = Folder.objects.create(owner=owner, name="Elsewhere")
    theirs = Folder.objects.create(owner=stranger, name="Theirs")
    rows = [
        attachment_of(owner, folder=elsewhere),
        attachment_of(stranger, folder=theirs),
        attachment_of(owner),
        attachment_of(stranger),
    ]
    before = list(Attached.objects.values())
    assert [change(at_owner, folder, row, do).status_code for row in rows] == [404] * 4
    assert change(at_owner, theirs, rows[1], do).status_code == 404
    assert list(Attached.objects.values()) == before


def test_pages_of_the_folder_learn_of_each_change_of_its_files(at_owner, owner, folder, settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}

    def changed(change):
        before = Feed.version_of(owner)
        change()
        return f'target="look_again_{folder.pk}"' in changes_since(owner, None, before)[1]

    assert changed(lambda: received(owner, folder=folder))
    row = Attachment.objects.get()
    assert changed(lambda: settled(row))
    for do in ("off", "on", "remove"):
        assert changed(lambda do=do: change(at_owner, folder, row, do))
    assert not changed(lambda: settled(received(owner, b"of a question")))
    assert f'id="look_again_{folder.pk}"' in at_owner.get(f"/folders/{folder.pk}/").text

import json
from io import BytesIO
from zipfile import ZipFile

import pytest

from parley import files
from parley.models import Folder, Preset
from tests.views.conftest import answered, forbids_keeping
from tests.views.transfers import exported, transfer_of

pytestmark = pytest.mark.django_db


def url_of(transfer):
    return f"/transfers/{transfer.pk}/download/"


def archive_of(response):
    assert response.status_code == 200
    return ZipFile(BytesIO(b"".join(response.streaming_content)))


def test_gives_at_owner_everything_they_own(at_owner, owner, stranger):
    folder = Folder.objects.create(owner=owner, name="Clocks", instructions="Be exact.")
    Preset.objects.create(owner=owner, name="Editor", parameters={"temperature": 0.2})
    conversation = answered(owner, "What is *a* clock?", "A machine.")
    conversation.folder = folder
    conversation.save()
    answered(stranger, "A stranger's question", "answer")
    response = at_owner.get(url_of(exported(owner)))
    archive = archive_of(response)
    names = archive.namelist()
    assert (names[0], names[-1]) == ("settings.json", "manifest.json")
    assert f"conversations/{conversation.pk}.json" in names
    [readable] = [name for name in names if name.startswith("markdown/")]
    assert archive.read(readable).decode().startswith("# What is \\*a\\* clock?")
    assert json.loads(archive.read("manifest.json"))["counts"] == {
        "conversations": 1, "messages": 2, "folders": 1, "presets": 1, "files": 0, "missing_files": 0
    }  # fmt: skip
    settings = json.loads(archive.read("settings.json"))
    assert [folder["instructions"] for folder in settings["folders"]] == ["Be exact."]
    assert [preset["parameters"] for preset in settings["presets"]] == [{"temperature": 0.2}]
    assert b"stranger" not in b"".join(archive.read(name) for name in names)


def test_is_a_file_to_be_saved_and_kept_by_no_cache(at_owner, owner):
    response = at_owner.get(url_of(exported(owner)))
    assert response.headers["Content-Disposition"].startswith('attachment; filename="Parley 20')
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert forbids_keeping(response)


def test_gives_the_chosen_conversations_only(at_owner, owner, conversation):
    answered(owner, "another", "answer")
    archive = archive_of(at_owner.get(url_of(exported(owner, chosen=[str(conversation.pk)]))))
    assert [name for name in archive.namelist() if name.startswith("conversations/")] == [
        f"conversations/{conversation.pk}.json"
    ]


@pytest.mark.parametrize(
    "values", [{"status": "waiting"}, {"status": "running"}, {"status": "failed"}, {"kind": "import", "status": "done"}]
)
def test_gives_nothing_else(at_owner, owner, values):
    assert at_owner.get(url_of(transfer_of(owner, **values))).status_code == 404


def test_says_that_it_does_not_exist_when_the_file_is_gone(at_owner, owner):
    transfer = exported(owner)
    files.remove(transfer.file)
    assert at_owner.get(url_of(transfer)).status_code == 404

import os

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from parley import files
from parley.checks import private_files


class Elsewhere(Storage):
    """A storage whose files are on no disk of this machine."""

    kept: dict[str, bytes] = {}

    def _open(self, name, mode="rb"):
        return ContentFile(self.kept[name])

    def _save(self, name, content):
        self.kept[name] = content.read()
        return name

    def delete(self, name):
        self.kept.pop(name, None)

    def exists(self, name):
        return name in self.kept


@pytest.fixture(params=["a folder", "an entry of STORAGES"])
def place(request, settings, tmp_path):
    settings.STORAGES = {**settings.STORAGES, "private": {"BACKEND": "tests.unit.test_files.Elsewhere"}}
    chosen = str(tmp_path) if request.param == "a folder" else "private"
    settings.PARLEY = {**settings.PARLEY, "FILES": chosen}


def test_a_kept_file_is_there_until_it_is_removed(place):
    assert files.keep("transfers/x.zip", ContentFile(b"first")) == "transfers/x.zip"
    assert files.keep("transfers/x.zip", ContentFile(b"second")) == "transfers/x.zip"
    with files.local("transfers/x.zip") as path, open(path, "rb") as kept:
        assert kept.read() == b"second"
    files.remove("transfers/x.zip")
    files.remove("transfers/x.zip")
    assert not files.storage().exists("transfers/x.zip")


def test_only_its_account_may_read_a_folder(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path / "files")}
    files.keep("transfers/x.zip", ContentFile(b"x"))
    for path in ("transfers", "transfers/x.zip"):
        assert os.stat(tmp_path / "files" / path).st_mode & 0o077 == 0


def test_a_scratch_file_has_no_name_on_the_disk(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    with files.scratch() as file:
        file.write(b"x" * 3 * 2**20)
        assert list(tmp_path.iterdir()) == []


def test_a_place_has_to_be_named(settings, monkeypatch):
    monkeypatch.delattr(mail, "outbox")
    settings.PARLEY = {name: value for name, value in settings.PARLEY.items() if name != "FILES"}
    assert [problem.id for problem in private_files()] == ["parley.E003"]
    with pytest.raises(ImproperlyConfigured):
        files.storage()


def test_a_project_in_development_has_a_folder_without_naming_one(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": ""}
    settings.DEBUG, settings.BASE_DIR = True, tmp_path
    assert private_files() == []
    assert files.place() == str(tmp_path / "parley-files")


def test_so_have_its_tests_for_which_django_turns_debug_off(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": ""}
    settings.DEBUG, settings.BASE_DIR = False, tmp_path
    assert private_files() == []
    assert files.place() == str(tmp_path / "parley-files")

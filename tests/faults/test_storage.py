"""A storage that is full, or goes away in the middle of it: a sentence, nothing lost, and a retry works."""

import os
import subprocess
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from parley import broker, files
from parley.attachments import reading
from parley.models import Attachment, Transfer
from tests.attachments.test_pictures import encoded, noise
from tests.support.attached import bytes_of
from tests.support.attachments import named, stored
from tests.test_s3 import bucket, options, server  # noqa: F401

pytestmark = pytest.mark.django_db
PICTURE = encoded(noise(300, 200), "PNG")
SIZE = len(PICTURE) + 400_000
"""Bytes of the storage."""


@pytest.fixture
def disk(tmp_path, settings):
    """The folder of the storage, on a disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "parley-test", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("Nothing can be mounted here.")
    settings.PARLEY = {**settings.PARLEY, "FILES": str(folder)}
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def person(client, django_user_model, monkeypatch):
    """A signed-in browser; nobody takes tasks."""
    monkeypatch.setattr(broker, "send", lambda *task: True)
    client.force_login(django_user_model.objects.create_user("owner"))
    return client


def send(person, key):
    return person.post("/attachments/", {"file": SimpleUploadedFile("sea.png", PICTURE), "key": str(key)})


def fill(disk, left):
    free = os.statvfs(disk)
    (disk / "other").write_bytes(b"x" * (free.f_bavail * free.f_frsize - left))


def read():
    reading.run(uuid4())
    return Attachment.objects.get()


def retried(person, reason="could not be read"):
    one = Attachment.objects.get()
    assert reason in one.error_sentence
    assert stored() == named() == [one.file]
    assert bytes_of(one.file) == PICTURE
    assert person.post(f"/attachments/{one.pk}/retry/").status_code == 303
    assert read().status == "ready"
    assert stored() == named() == [f"{one.place}/picture", f"{one.place}/thumb"]


def test_a_full_disk_takes_no_half_file_and_the_same_upload_later(disk, person):
    key = uuid4()
    fill(disk, left=20_000)
    answer = send(person, key)
    assert (answer.status_code, answer.text) == (503, "The file could not be stored. Try again.")
    assert (stored(), Attachment.objects.count()) == ([], 0)
    (disk / "other").unlink()
    assert [send(person, key).status_code for _ in range(2)] == [303, 303]
    assert (len(stored()), Attachment.objects.count()) == (1, 1)


def test_a_full_disk_takes_no_half_import(disk, person):
    fill(disk, left=20_000)
    answer = person.post("/transfers/import/", {"file": SimpleUploadedFile("export.zip", PICTURE)})
    assert (answer.status_code, "The file could not be stored. Try again." in answer.text) == (503, True)
    assert (list(disk.rglob("*.import")), Transfer.objects.count()) == ([], 0)


def test_a_disk_that_is_full_when_a_picture_was_read_keeps_what_was_uploaded(disk, person):
    assert send(person, uuid4()).status_code == 303
    fill(disk, left=8_192)
    assert [read().status for _ in range(4)][-1] == "failed", "A full disk is tried again before it counts."
    (disk / "other").unlink()
    retried(person, "because this server had no room for it")


def test_an_s3_server_that_goes_away_in_the_middle_of_an_upload_takes_nothing(
    bucket,  # noqa: F811
    server,  # noqa: F811
    person,
    monkeypatch,
):
    keep, key = files.keep, uuid4()

    def away(name, file):
        bucket(endpoint_url="http://127.0.0.1:9")
        return keep(name, file)

    monkeypatch.setattr(files, "keep", away)
    assert send(person, key).status_code == 503
    monkeypatch.setattr(files, "keep", keep)
    bucket(endpoint_url=server)
    assert (stored(), Attachment.objects.count()) == ([], 0)
    assert send(person, key).status_code == 303
    assert len(stored()) == 1


def test_an_s3_server_that_goes_away_while_a_file_is_read_loses_nothing(
    bucket,  # noqa: F811
    server,  # noqa: F811
    person,
    monkeypatch,
):
    assert send(person, uuid4()).status_code == 303
    child_reads = reading.child.read

    def away(*job):
        result = child_reads(*job)
        bucket(endpoint_url="http://127.0.0.1:9")
        return result

    monkeypatch.setattr(reading.child, "read", away)
    assert read().status == "failed"
    monkeypatch.setattr(reading.child, "read", child_reads)
    bucket(endpoint_url=server)
    retried(person)

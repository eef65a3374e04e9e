from io import BytesIO

import pytest
from django.db import OperationalError
from django.test import Client

from parley import files
from parley.models import Transfer

pytestmark = pytest.mark.django_db
URL = "/transfers/import/"


def sent(name="export.zip", content=b"PK"):
    file = BytesIO(content)
    file.name = name
    return {"file": file}


def test_keeps_the_file_and_begins_an_import_at_owner(at_owner, owner):
    response = at_owner.post(URL, sent("my export.zip", b"content"))
    assert (response.status_code, response.url) == (303, "/transfers/")
    transfer = Transfer.objects.get()
    assert (transfer.owner, transfer.kind, transfer.status) == (owner, "import", "waiting")
    assert (transfer.name, transfer.size) == ("my export.zip", 7)
    with files.local(transfer.file) as path, open(path, "rb") as kept:
        assert kept.read() == b"content"


def test_is_not_shown_at_stranger(at_owner, at_stranger):
    at_owner.post(URL, sent("secret.zip"))
    assert "secret.zip" not in at_stranger.get("/transfers/").text


@pytest.mark.parametrize(
    ("form", "words"), [({}, "Choose a file first"), (sent(content=b""), "This file is empty")], ids=["none", "empty"]
)
def test_refuses_nothing_with_a_sentence(at_owner, form, words):
    response = at_owner.post(URL, form)
    assert response.status_code == 422
    assert words in response.text
    assert not Transfer.objects.exists()


def test_refuses_what_is_too_large_with_a_sentence(at_owner, settings):
    settings.PARLEY = {**settings.PARLEY, "MAX_IMPORT_SIZE": 1000}
    assert at_owner.post(URL, sent(content=b"x" * 1001)).status_code == 422
    response = at_owner.post(URL, sent(content=b"x" * 20_000))
    assert response.status_code == 413
    assert "larger than 1\xa0KB" in response.text
    assert not Transfer.objects.exists()


@pytest.mark.parametrize(("size", "status"), [(1001, 422), (20_000, 413)])
def test_refuses_what_there_is_no_room_for_with_a_sentence(at_owner, settings, tmp_path, size, status):
    settings.PARLEY = {**settings.PARLEY, "STORAGE_PER_PERSON": 1000, "FILES": str(tmp_path)}
    response = at_owner.post(URL, sent(content=b"x" * size))
    assert response.status_code == status
    assert "There is no room for this: you keep as much here as you may." in response.text
    assert (Transfer.objects.count(), list(tmp_path.rglob("*.import"))) == (0, [])


@pytest.mark.parametrize(
    "length", ["", "abc", "1e9", "²", "9" * 5000], ids=["none", "letters", "float", "digit", "long"]
)
def test_refuses_a_length_that_is_no_number_with_a_sentence(at_owner, length):
    response = at_owner.post(URL, sent(), headers={"content-length": length})
    assert response.status_code == 400
    assert "did not say how large the file is" in response.text
    assert not Transfer.objects.exists()


def test_refuses_more_than_a_few_at_once_and_keeps_no_file(at_owner, tmp_path, settings):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}
    answers = [at_owner.post(URL, sent()).status_code for _ in range(Transfer.MAX_UNSETTLED + 1)]
    assert answers == [303] * Transfer.MAX_UNSETTLED + [422]
    assert len(list(tmp_path.glob("transfers/*"))) == Transfer.MAX_UNSETTLED


def test_keeps_no_file_of_an_import_that_could_not_begin(at_owner, tmp_path, settings, monkeypatch):
    def locked(*args, **values):
        raise OperationalError("database is locked")

    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}
    monkeypatch.setattr(Transfer, "begin", locked)
    at_owner.raise_request_exception = False
    assert at_owner.post(URL, sent()).status_code >= 500
    assert not list(tmp_path.glob("transfers/*"))


def test_refuses_a_form_of_another_site(owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(URL, sent()).status_code == 403
    assert not Transfer.objects.exists()


@pytest.mark.parametrize("name", ["../../etc/passwd.zip", "a" * 300 + ".zip", "nul\0.zip", "\u202egpj.zip"])
def test_takes_a_hostile_name_as_a_name_only(at_owner, name):
    assert at_owner.post(URL, sent(name)).status_code in (303, 422)
    for transfer in Transfer.objects.all():
        assert transfer.file == f"transfers/{transfer.pk}.import"
        assert len(transfer.name) <= 200
        assert "/" not in transfer.name


def test_lets_only_its_account_read_the_file(at_owner):
    at_owner.post(URL, sent())
    path = files.storage().path(Transfer.objects.get().file)
    import os

    assert os.stat(path).st_mode & 0o077 == 0

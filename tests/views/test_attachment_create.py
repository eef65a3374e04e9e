from hashlib import sha256
from io import BytesIO
from urllib.parse import unquote
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.test import Client

from parley import files
from parley.attachments import reading
from parley.models import Attachment, Conversation, Folder
from parley.views.downloads import SHOWN
from tests.views.attachments import PNG, attachment_of, file_of
from tests.views.conftest import TURBO

pytestmark = pytest.mark.django_db
URL = "/attachments/"


@pytest.fixture(autouse=True)
def folder_of_files(settings, tmp_path):
    """The folder of a test's own in which files are kept."""
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}
    return tmp_path


def send(client, file=None, *, stream=True, **fields):
    accept = {"accept": TURBO} if stream else {}
    return client.post(URL, {"file": file or file_of(), **fields}, headers=accept)


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def archive(*names):
    file = BytesIO()
    with ZipFile(file, "w") as written:
        for name in names:
            written.writestr(name, "content")
    return file.getvalue()


def test_keeps_the_file_in_the_draft_and_answers_with_its_chip(at_owner, owner, conversation):
    response = send(at_owner, file_of("notes.md", b"# Parley"), conversation=conversation.pk)
    assert (response.status_code, response.headers["Content-Type"]) == (201, "text/vnd.turbo-stream.html")
    row = Attachment.objects.get()
    assert (row.owner, row.name, row.kind, row.media_type) == (owner, "notes.md", "text", "text/markdown")
    assert (row.status, row.size, row.drafted, row.conversation) == ("waiting", 8, True, conversation)
    assert row.digest == sha256(b"# Parley").hexdigest()
    with files.storage().open(row.file) as kept:
        assert kept.read() == b"# Parley"
    assert 'action="upsert"' in response.text
    assert f'target="attachment_{row.pk}"' in response.text
    assert "notes.md" in response.text


@pytest.mark.parametrize("name", ["👨\u200d👩\u200d👧 holiday.txt", "❤️\u200d🔥.txt", "می\u200cخواهم.txt"])
@pytest.mark.parametrize("folder", [False, True])
def test_keeps_joined_signs_in_names_but_none_that_changes_direction(at_owner, owner, name, folder):
    file, url = file_of("C:\\" + name.replace(".", "\u202e\u2066\x07."), b"x"), URL
    if folder:
        url = f"/folders/{Folder.objects.create(owner=owner, name='Seafaring').pk}/files/"
    assert at_owner.post(url, {"file": file}).status_code == 303
    row = Attachment.objects.get()
    assert row.name == name
    assert name in unquote(at_owner.get(f"/attachments/{row.pk}/file/").headers["Content-Disposition"])


def test_shows_it_in_the_composer_of_each_device(at_owner, browser_of, owner, conversation):
    send(at_owner, conversation=conversation.pk)
    elsewhere = browser_of(owner)
    assert "notes.txt" in elsewhere.get(conversation.get_absolute_url()).text
    assert "notes.txt" not in elsewhere.get("/").text
    send(at_owner, file_of("other.txt", b"other"))
    assert "other.txt" in elsewhere.get("/").text


@pytest.mark.parametrize("place", ["conversation", "folder", ""])
def test_redirects_where_there_is_no_javascript(at_owner, owner, conversation, place):
    folder = Folder.objects.create(owner=owner, name="Seafaring")
    fields = {"conversation": {"conversation": conversation.pk}, "folder": {"folder": folder.pk}, "": {}}[place]
    response = send(at_owner, stream=False, **fields)
    urls = {"conversation": conversation.get_absolute_url(), "folder": f"/folders/{folder.pk}/", "": "/"}
    assert (response.status_code, response.url) == (303, urls[place])
    assert Attachment.objects.get().drafted == (place != "folder")
    assert folder.attached.count() == (place == "folder")


def test_is_one_file_however_often_it_is_sent(at_owner):
    key = uuid4()
    assert [send(at_owner, key=key).status_code for _ in range(3)] == [201] * 3
    assert send(at_owner, key=uuid4()).status_code == 201  # the same bytes in the same draft
    assert f'data-key="{key}"' in send(at_owner, file_of(content=b"other"), key=key).text
    assert Attachment.objects.get().key == key


def test_says_that_a_file_is_gone_whose_upload_comes_after_its_removal(
    at_owner, folder_of_files, django_capture_on_commit_callbacks
):
    key = uuid4()
    send(at_owner, key=key)
    with django_capture_on_commit_callbacks(execute=True):
        Attachment.objects.get().drop()
    response = send(at_owner, key=key)
    assert (response.status_code, stored(folder_of_files)) == (422, [])
    assert "no longer there" in response.text


ZIP, OLE, PE = archive("a.exe"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, b"MZ\x90\0\x03\0\0\0"
REFUSED = {
    "empty": ("notes.txt", b"", "“notes.txt” is empty."),
    "archive": ("x.zip", ZIP, "“x.zip” is an archive. Pictures, PDF"),
    "odt": ("x.odt", archive("content.xml"), "“x.odt” is an OpenDocument file."),
    "program": ("x.exe", PE, "“x.exe” is "),
    "video": ("x.mp4", b"\0\0\0\x20ftypisom\0\0\2\0isom", "“x.mp4” is "),
    "heic": ("IMG_1.HEIC", b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", "“IMG_1.HEIC” is a HEIC photo."),
    "word": ("old.doc", OLE, "“old.doc” has an old Office format."),
    "password": ("x.docx", OLE, "“x.docx” needs a password."),
    "binary": ("x.txt", b"\0\1\2\3" * 100, "“x.txt” is not text."),
    "svg": ("x.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "“x.png” cannot be read"),
}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("name", "content", "words"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_a_sentence(at_owner, folder_of_files, name, content, words, stream):
    response = send(at_owner, file_of(name, content), stream=stream)
    assert (response.status_code, response.headers["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert response.text.startswith(words)
    assert (Attachment.objects.count(), stored(folder_of_files)) == (0, [])


TAKEN = {
    "picture": ("x.dat", PNG, "image/png"),
    "html as pdf": ("x.pdf", b"<!doctype html><title>x</title>", "text/html"),
    "pdf as html": ("x.html", b"%PDF-1.7 ", "application/pdf"),
    "utf-16": ("x.txt", "ä".encode("utf-16"), "text/plain"),
    "source": ("x.py", b"print(1)", "text/plain"),
}


@pytest.mark.parametrize(("name", "content", "media_type"), TAKEN.values(), ids=TAKEN)
def test_takes_a_file_by_its_content(at_owner, name, content, media_type):
    assert send(at_owner, file_of(name, content)).status_code == 201
    row = Attachment.objects.get()
    assert (row.media_type, row.is_picture) == (media_type, media_type.startswith("image/"))


def test_is_shown_as_what_was_read_of_it(at_owner):
    send(at_owner, file_of("cat.jpg", PNG))
    send(at_owner, file_of("page.html", b"<html><h1>Tides</h1><script>alert(1)</script><p>Twice a day.</p></html>"))
    page, picture = Attachment.objects.order_by("kind")
    assert [reading.run(uuid4()) for row in (page, picture)] == ["ready", "ready"]
    shown = at_owner.get(f"{URL}{page.pk}/").text
    assert "# Tides\n\nTwice a day.</pre>" in shown
    assert "promises another kind" in at_owner.get(f"{URL}{picture.pk}/").text
    answers = [at_owner.get(f"{URL}{picture.pk}/{part}/") for part in ("picture", "thumb", "file")]
    kinds = [answer.headers["Content-Type"] for answer in answers]
    assert (kinds[0] in SHOWN, kinds[1:]) == (True, ["image/webp", "application/octet-stream"])
    assert all(b"".join(answer) for answer in answers)


def test_refuses_what_is_too_large_before_it_is_read(at_owner, settings, folder_of_files):
    settings.PARLEY = {**settings.PARLEY, "MAX_FILE_SIZE": 1000}
    late = send(at_owner, file_of("x.txt", b"x" * 1001))
    assert late.status_code == 413
    assert late.text == "“x.txt” has a little more than 1\xa0KB; at most 1\xa0KB can be sent."
    response = send(at_owner, file_of("x.txt", b"x" * 20_000))
    assert response.status_code == 413
    assert response.text == "This file is larger than 1\xa0KB, which is the most that can be sent."
    assert not response.wsgi_request._read_started
    assert (Attachment.objects.count(), stored(folder_of_files)) == (0, [])


@pytest.mark.parametrize("size", [1001, 20_000])
def test_refuses_what_there_is_no_room_for(at_owner, owner, settings, folder_of_files, size):
    attachment_of(owner, "x" * 400)
    settings.PARLEY = {**settings.PARLEY, "STORAGE_PER_PERSON": 1000}
    response = send(at_owner, file_of("x.txt", b"x" * size))
    assert response.status_code == 413
    assert response.text.startswith("Your files take 400\xa0bytes of 1\xa0KB. Delete conversations with files")
    assert len(stored(folder_of_files)) == Attachment.objects.count() == 1


@pytest.mark.parametrize(
    "length", ["", "abc", "1e9", "²", "9" * 5000], ids=["none", "letters", "float", "digit", "far"]
)
def test_refuses_a_length_that_is_no_number(at_owner, length):
    response = at_owner.post(URL, {"file": file_of()}, headers={"content-length": length})
    assert response.status_code == 400
    assert "did not say how large the file is" in response.text


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"key": "nonsense"}, 422, "no valid key"),
        ({"file": "a text"}, 422, "Choose a file first."),
        ({"conversation": "nonsense"}, 404, ""),
        ({"conversation": uuid4()}, 404, ""),
        ({"folder": uuid4()}, 404, ""),
    ],
)
def test_refuses_nonsense(at_owner, folder_of_files, fields, status, words):
    response = at_owner.post(URL, {"file": file_of(), **fields}, headers={"accept": TURBO})
    assert response.status_code == status
    assert words in response.text
    assert (Attachment.objects.count(), stored(folder_of_files)) == (0, [])


@pytest.mark.parametrize("in_folder", [False, True])
def test_refuses_more_files_than_a_question_or_a_folder_may_have(at_owner, owner, settings, in_folder):
    settings.PARLEY = {**settings.PARLEY, "MAX_FILES": 2}
    place = {"folder": Folder.objects.create(owner=owner, name="Seafaring").pk} if in_folder else {}
    answers = [send(at_owner, file_of(content=b"%d" % number), **place) for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 422]
    few = "A folder has at most 2 files." if in_folder else "At most 2 files can be sent with a question."
    assert answers[-1].text == few


def test_refuses_more_than_wait_to_be_read_already(at_owner, monkeypatch, folder_of_files):
    monkeypatch.setattr(Attachment, "MAX_UNSETTLED", 1)
    answers = [send(at_owner, file_of(content=b"%d" % number)) for number in range(2)]
    assert [answer.status_code for answer in answers] == [201, 429]
    assert "wait to be read" in answers[-1].text
    assert len(stored(folder_of_files)) == 1


def test_says_that_the_storage_is_away(at_owner, monkeypatch, caplog):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    response = send(at_owner)
    assert (response.status_code, response.text) == (503, "The file could not be stored. Try again.")
    assert "No space left" in caplog.text
    assert not Attachment.objects.exists()


def test_leaves_the_database_to_those_who_know_it(at_owner, monkeypatch, folder_of_files):
    def locked(*args):
        raise OperationalError("database is locked")

    monkeypatch.setattr(Attachment, "_begin", locked)
    at_owner.raise_request_exception = False
    assert send(at_owner).status_code >= 500
    assert stored(folder_of_files) == []


def test_refuses_a_form_of_another_site(owner, folder_of_files):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert send(client).status_code == 403
    assert (Attachment.objects.count(), stored(folder_of_files)) == (0, [])


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("a" * 300 + ".csv", "a" * 150 + "…" + "a" * 45 + ".csv"),
        ("a" * 148 + "👨\u200d👩\u200d👧" + "b" * 50 + "🇩🇪" + "c" * 44 + ".csv", "a" * 148 + "…" + "c" * 44 + ".csv"),
        ("\u202egpj.txt", "gpj.txt"),
        ("a\x07b\u200b.txt", "ab.txt"),
        ("  ", "File"),
        ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
    ],
)
def test_takes_a_hostile_name_as_a_name_only(at_owner, sent, name):
    response = send(at_owner, file_of(sent))
    row = Attachment.objects.get()
    assert response.status_code == 201
    assert (row.name, row.media_type) == (name, "text/csv" if sent.endswith(".csv") else "text/plain")
    assert row.file == f"attachments/{row.pk.hex}/original"
    assert "<img src=x" not in response.text


def test_stays_out_of_a_conversation_in_the_trash(at_owner, conversation):
    conversation.soft_delete()
    assert send(at_owner, conversation=conversation.pk).status_code == 404
    assert Conversation.objects.count() == 1
    assert not Attachment.objects.exists()

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parley.models import Attachment, Folder
from tests.views.attachments import attachment_of, file_of, picture_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(owner):
    return Folder.objects.create(owner=owner, name="Seafaring", instructions="Answer as a sailor.")


@pytest.fixture
def url(folder):
    return f"/folders/{folder.pk}/files/"


def test_puts_several_files_into_the_folder(at_owner, folder, url):
    response = at_owner.post(url, {"file": [file_of("a.txt", b"a"), file_of("b.txt", b"b")]})
    assert (response.status_code, response.url) == (303, f"/folders/{folder.pk}/")
    page = at_owner.get(response.url).text
    assert [row.attachment.name for row in folder.attached.all()] == ["a.txt", "b.txt"]
    assert page.count("is being read") == 2
    assert 'id="attachment_' not in page  # of chips, which every tab takes away once a file has left its draft
    assert not Attachment.objects.filter(drafted=True).exists()
    assert "a.txt" not in at_owner.get(f"/?folder={folder.pk}").text  # No draft has it.


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({}, 422, "Choose a file first."),
        ({"file": file_of("x.txt", b"")}, 422, "“x.txt” is empty."),
        ({"file": file_of("x.txt", b"x" * 3_000)}, 413, "“x.txt” has 3\xa0KB; at most"),
        ({"file": file_of("x.txt", b"x" * 100_000)}, 413, "This file is larger than"),
        ({"file": [file_of(f"{n}.txt", b"%d" % n) for n in range(3)]}, 422, "A folder has at most 2 files."),
    ],
    ids=["none", "empty", "large", "too large", "many"],
)
def test_refuses_with_a_sentence_on_the_page_of_the_folder(at_owner, settings, url, form, status, words):
    settings.PARLEY = {**settings.PARLEY, "MAX_FILES": 2, "MAX_FILE_SIZE": 1_500}
    response = at_owner.post(url, form)
    assert response.status_code == status
    assert words in response.text
    assert "Answer as a sailor." in response.text
    assert 'aria-invalid="true"' not in response.text


def test_takes_what_can_be_taken_and_names_each_that_cannot(at_owner, settings, folder, url):
    settings.PARLEY = {**settings.PARLEY, "MAX_FILES": 2}
    names = {"good.txt": b"1", "bad.txt": b"", "good2.txt": b"2", "third.txt": b"3", "fourth.txt": b"4"}
    response = at_owner.post(url, {"file": [file_of(*each) for each in names.items()]})
    assert response.status_code == 422
    assert [row.attachment.name for row in folder.attached.all()] == ["good.txt", "good2.txt"]
    few = "A folder has at most 2 files."
    assert f"“bad.txt” is empty. “third.txt”: {few} “fourth.txt”: {few}</p>" in response.text
    assert response.text.count(">good2.txt</a>") == 1


def test_refuses_a_form_of_another_site(owner, url):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(url, {"file": file_of()}).status_code == 403
    assert not Attachment.objects.exists()


def test_shows_how_full_the_window_is_and_what_is_sent(at_owner, settings, owner, folder):
    settings.PARLEY = {**settings.PARLEY, "CONTEXT_WINDOW": 2_000}
    for name, length, values in (
        ("first.txt", 2_345, {}),
        ("wide.txt", 1_446, {}),
        ("last.txt", 246, {}),
        ("unread.txt", 0, {"status": "failed", "error": "no_text"}),
    ):
        attachment_of(owner, "x" * length, folder=folder, name=name, **values)
    picture_of(owner, folder=folder)
    page = at_owner.get(f"/folders/{folder.pk}/").text
    assert "5 files; about 1,400 of 1,000 tokens, half of the model's context, are in use." in page.replace(
        "&#x27;", "'"
    )
    assert "Switch some off." in page
    assert re.search(r'max="1000" high="999" value="14[01]\d"', page)
    rows = [page.partition(f">{name}</a>")[2].partition("</p>")[0] for name in ("first.txt", "wide.txt", "last.txt")]
    said = ["about 800 tokens ·&#32;is sent", "about 500 tokens ·&#32;does not fit", "about 100 tokens ·&#32;is sent"]
    assert [words for row, words in zip(rows, said, strict=True) if words not in row] == []
    assert "No text was found in “unread.txt”" in page


def test_takes_as_many_queries_for_many_as_for_one(at_owner, owner, folder):
    counts = []
    for more in (1, 8):
        for _ in range(more):
            attachment_of(owner, folder=folder)
        with CaptureQueriesContext(connection) as captured:
            at_owner.get(f"/folders/{folder.pk}/")
        counts.append(len(captured))
    assert counts[0] == counts[1]

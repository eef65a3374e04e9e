import pytest

from parley import files
from tests.views.attachments import PNG, attachment_of, picture_of
from tests.views.conftest import forbids_keeping

pytestmark = pytest.mark.django_db
INERT = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def url_of(row):
    return f"/attachments/{row.pk}/file/"


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/pdf", "image/png"])
def test_is_saved_and_never_shown_whatever_it_is(at_owner, owner, media_type):
    row = attachment_of(owner, "<script>alert(1)</script>", name='"x".html', media_type=media_type)
    response = at_owner.get(url_of(row))
    assert (response.status_code, b"".join(response)) == (200, b"<script>alert(1)</script>")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"] == r'attachment; filename="\"x\".html"'
    assert response.headers["Content-Length"] == "25"
    assert {name: response.headers[name] for name in INERT} == INERT
    assert forbids_keeping(response)


def test_gives_a_picture_as_it_is_kept(at_owner, owner):
    response = at_owner.get(url_of(picture_of(owner)))
    assert b"".join(response) == PNG
    assert response.headers["Content-Disposition"] == 'attachment; filename="cat.png"'


def test_sends_a_large_file_a_block_at_a_time(at_owner, owner):
    response = at_owner.get(url_of(attachment_of(owner, "x" * 1_000_000)))
    assert max(map(len, response)) == 2**18


@pytest.mark.parametrize("kind", ["file", "picture", "thumb"])
def test_says_that_it_is_missing_in_the_storage(at_owner, owner, kind):
    row = picture_of(owner, alt="A cat")
    row.file = files.keep(f"attachments/{row.pk.hex}/original", files.storage().open(row.picture))
    row.save()
    for name in row.stored:
        files.remove(name)
    response = at_owner.get(f"/attachments/{row.pk}/{kind}/")
    assert response.status_code == 404
    assert "“cat.png” is missing in the storage." in response.text
    assert forbids_keeping(response)

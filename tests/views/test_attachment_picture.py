import pytest

from tests.views.attachments import PNG, attachment_of, picture_of
from tests.views.test_attachment_file import INERT

pytestmark = pytest.mark.django_db


def url_of(row):
    return f"/attachments/{row.pk}/picture/"


def test_is_shown_in_a_page_and_kept_by_the_browser(at_owner, owner):
    response = at_owner.get(url_of(picture_of(owner)))
    assert (response.status_code, b"".join(response)) == (200, PNG)
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == 'inline; filename="cat.png"'
    assert response.headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert {name: response.headers[name] for name in INERT} == INERT


@pytest.mark.parametrize("media_type", ["image/svg+xml", "text/html", "image/gif"])
def test_shows_nothing_that_was_not_encoded_here(at_owner, owner, media_type):
    row = picture_of(owner)
    row.media_type = media_type
    row.save()
    response = at_owner.get(url_of(row))
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_does_not_exist_for_a_document_or_before_it_was_read(at_owner, owner):
    rows = attachment_of(owner), attachment_of(owner, kind="picture", status="reading")
    assert [at_owner.get(url_of(row)).status_code for row in rows] == [404, 404]


def test_is_gone_with_the_attachment(at_owner, owner):
    row = picture_of(owner)
    row.drop()
    assert at_owner.get(url_of(row)).status_code == 404

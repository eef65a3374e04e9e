import pytest

from tests.views.attachments import attachment_of, picture_of
from tests.views.test_attachment_file import INERT

pytestmark = pytest.mark.django_db


def test_is_a_small_picture_that_the_browser_keeps(at_owner, owner):
    response = at_owner.get(f"/attachments/{picture_of(owner).pk}/thumb/")
    assert (response.status_code, b"".join(response)[:4]) == (200, b"RIFF")
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert {name: response.headers[name] for name in INERT} == INERT


def test_does_not_exist_for_a_document(at_owner, owner):
    assert at_owner.get(f"/attachments/{attachment_of(owner).pk}/thumb/").status_code == 404

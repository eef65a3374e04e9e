"""From the bytes of an upload to its row, through the process that really reads."""

import io
from uuid import uuid4

import pytest

from parley import files
from parley.attachments import reading
from parley.attachments.sniffing import sniffed
from tests.attachments.test_bad import png, with_password
from tests.attachments.test_pictures import camera, drawn, encoded, opened
from tests.support import documents
from tests.support.attachments import named, received, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def row_of(settings, tmp_path, django_user_model):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}
    owner = django_user_model.objects.create_user("owner")

    def read(content: bytes, name: str):
        found = sniffed(io.BytesIO(content), name)
        attachment = received(owner, content, name, kind=found.kind, media_type=found.media_type)
        reading.run(uuid4())
        attachment.refresh_from_db()
        return attachment

    return read


def test_a_document_is_kept_with_its_text(row_of):
    attachment = row_of(documents.pdf("The sea is salty.", "So are tears."), "sea.txt")
    assert (attachment.status, attachment.kind, attachment.pages) == ("ready", "document", 2)
    assert (attachment.text.text, attachment.text.breaks) == ("The sea is salty.\n\nSo are tears.", [0, 19])
    assert (attachment.notes, stored()) == (["other_type"], [attachment.file])


def test_of_a_photo_nothing_is_kept_but_what_is_sent(row_of):
    attachment = row_of(encoded(drawn(400, 300), "JPEG", **camera()), "sea.jpg")
    assert (attachment.status, attachment.is_picture, attachment.width, attachment.height) == ("ready", True, 300, 400)
    with files.local(attachment.picture) as path:
        assert opened(path).size == (300, 400)
    kept = b"".join(files.storage().open(name).read() for name in stored())
    assert (stored(), b"somebody" in kept) == (named(), False)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (with_password("user"), "q3.pdf", "“q3.pdf” needs a password. Save a copy without one."),
        (png(12_000, 9_000), "big.png", "“big.png” has 108 million pixels; at most 50 million can be sent."),
    ],
)
def test_what_cannot_be_read_says_why(row_of, content, name, sentence):
    attachment = row_of(content, name)
    assert (attachment.status, attachment.error_sentence) == ("failed", sentence)

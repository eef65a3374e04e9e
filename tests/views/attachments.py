"""Attachments as the tests of pages need them."""

from base64 import b64decode
from io import BytesIO
from itertools import count
from typing import Any

from django.core.files.base import ContentFile

from parley import files
from parley.models import Attached, Attachment, AttachmentText

PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
"""One grey point."""
_numbers = count()


def attachment_of(owner: Any, text: str = "", **values: Any) -> Attachment:
    """An attachment that is ready, with its text and its file; ``folder`` or ``message``: what uses it."""
    holder = {name: values.pop(name) for name in ("folder", "message") if name in values}
    values = {"name": "notes.txt", "kind": "text", "media_type": "text/plain", "status": "ready", **values}
    row = Attachment(owner=owner, digest=f"{next(_numbers):064}", drafted=not holder, **values)
    row.characters, row.size = len(text), len(text.encode())
    row.file = files.keep(f"attachments/{row.pk.hex}/original", ContentFile(text.encode("utf-8", "replace")))
    row.save(force_insert=True)
    AttachmentText.objects.create(attachment=row, text=text)
    if holder:
        Attached.hold([row], **holder)
    return row


def picture_of(owner: Any, **values: Any) -> Attachment:
    """A picture that is ready, with its thumbnail."""
    row = attachment_of(owner, name="cat.png", kind="picture", media_type="image/png", width=64, height=48, **values)
    files.remove(row.file)
    row.file = ""
    row.picture = files.keep(f"attachments/{row.pk.hex}/picture", ContentFile(PNG))
    row.thumb = files.keep(f"attachments/{row.pk.hex}/thumb", ContentFile(b"RIFF....WEBPVP8 "))
    row.save()
    return row


def file_of(name: str = "notes.txt", content: bytes = b"Parley is a talk.") -> BytesIO:
    """A file for a form."""
    file = BytesIO(content)
    file.name = name
    return file

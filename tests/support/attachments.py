"""Attachments in the tests of models: rows with files, as an upload leaves them, and as a worker has read them."""

from hashlib import sha256
from uuid import uuid4

from django.core.files.base import ContentFile

from parley import files
from parley.models import Attachment


def received(owner, content=b"The sea is salty.", name="sea.txt", **values):
    """What was uploaded, and waits to be read."""
    facts = {"kind": "text", "media_type": "text/plain", "size": len(content), "digest": sha256(content).hexdigest()}
    return Attachment.receive(owner, ContentFile(content), **{"key": uuid4(), "name": name, **facts, **values})


def settled(attachment, text="The sea is salty.", **values):
    """The same, read."""
    if not attachment.settled:
        assert attachment.claim(uuid4())
        assert attachment.finish(text, [], **values)
    return attachment


def ready(owner, content=b"The sea is salty.", **values):
    return settled(received(owner, content, **values))


def stored():
    """The names of all files in the storage."""
    return sorted(files.listed("attachments"))


def named():
    """The names of all files that rows name."""
    return sorted(name for row in Attachment.objects.usable() for name in row.stored)

"""Questions with files, as they are after a worker has read them."""

from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile

from parley import files
from parley.models import Attached, Attachment, AttachmentText, Conversation, Message, Share

PNG = b"\x89PNG\r\n\x1a\n" + b"\x01" * 200
UPLOADED = b"\xff\xd8\xffExif, with the place where it was taken"


def a_document(owner: Any, name: str = "q3.txt", text: str = "Sales rose.", breaks: Any = ()) -> Attachment:
    """A text file that was read; ``text`` is what a model gets of it."""
    row = _row(owner, name, text.encode(), kind="text", media_type="text/plain", characters=len(text))
    AttachmentText.objects.create(attachment=row, text=text, breaks=list(breaks))
    return row


def a_picture(owner: Any, name: str = "sea.png", content: bytes = PNG) -> Attachment:
    """A picture that was read: what was uploaded, with its EXIF, is still there, as a worker may have left it."""
    row = _row(owner, name, UPLOADED, kind="picture", media_type="image/png", alt=f"Picture {name}")
    row.picture = files.keep(f"attachments/{row.pk.hex}/picture", ContentFile(content))
    row.save()
    return row


def a_shown_picture(share: Share, name: str) -> Attachment:
    """A picture that a link shows."""
    row = a_picture(share.owner, name)
    Attached.hold([row], share=share)
    return row


def _row(owner: Any, name: str, content: bytes, **values: Any) -> Attachment:
    row = Attachment(owner=owner, name=name, size=len(content), digest=sha256(content).hexdigest(), **values)
    row.file = files.keep(f"attachments/{row.pk.hex}/original", ContentFile(content))
    row.status, row.drafted = "ready", False
    row.save()
    return row


def with_files(conversation: Conversation, *attachments: Attachment) -> Message:
    """The first question of a conversation, which has these now."""
    question: Message = conversation.messages.filter(role="user").order_by("id")[0]
    Attached.hold(attachments, message=question)
    return question


def bytes_of(name: str) -> bytes:
    """What the storage has under a name."""
    with files.storage().open(name) as file:
        return bytes(file.read())

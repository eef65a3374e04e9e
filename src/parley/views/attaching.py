"""Take the files that a form brings: those of a question, of an upload, and of a folder."""

import hashlib
import logging
from collections.abc import Sequence
from math import ceil
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ObjectDoesNotExist
from django.core.files.uploadedfile import UploadedFile
from django.db import Error, IntegrityError
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from parley import errors
from parley.attachments.sniffing import ACCEPT, sniffed
from parley.choice import name_of
from parley.conf import conf
from parley.forms import QuestionForm
from parley.forms.attaching import GONE, NO_LENGTH, NOT_STORED, WAITING, NotTaken, no_room, too_large, too_many, unread
from parley.generation.attached import measured
from parley.generation.catalogue import window_of
from parley.generation.inclusion import SHARE_FOR_FILES, Allowance, File
from parley.ids import uuid7
from parley.models import Attached, Attachment, AttachmentGone, AttachmentUnread, Conversation, Folder, Message
from parley.models.admission import Full, Refused, storage_left
from parley.models.attachment import TooMany
from parley.models.connection import Unavailable, provider_of
from parley.models.shortage import OverBudget
from parley.text import clean_line, untorn

from .base import uuid_or_404

logger = logging.getLogger(__name__)
FORM_AROUND_A_FILE = 10_000
"""Bytes that the form adds to a file."""
LONGEST_SENT, LONGEST_NAME = 255, 200
"""Characters of a name that are looked at, and kept."""
NOT_ASKED = (OverBudget, AttachmentGone, AttachmentUnread)
"""Raised by ``Conversation.ask`` for a question that its form can be sent for again."""


def expect(request: HttpRequest, most: int) -> None:
    """Raise NotTaken for a request whose body is larger than ``most`` bytes of files, before it is read."""
    try:
        length = int(request.headers.get("Content-Length", ""))
    except ValueError:
        raise NotTaken(NO_LENGTH, 400) from None
    if length > most + FORM_AROUND_A_FILE:
        raise NotTaken(too_large(), 413)
    if length > storage_left(request.user) + FORM_AROUND_A_FILE:
        raise NotTaken(no_room(request.user), 413)


def take(owner: Any, sent: "UploadedFile[Any]", key: UUID | None, **place: Any) -> Attachment:
    """Keep one file, for a ``conversation``'s draft or a ``folder`` → its attachment. Raises NotTaken.

    ``key``: of the upload. A file that is sent again with the same key is the same attachment.
    """
    name, size = _name_of(sent), sent.size or 0
    if size > conf.MAX_FILE_SIZE:
        raise NotTaken(errors.of_file("too_large", name=name, size=size), 413, names_it=True)
    found = sniffed(sent, name)
    if found.error:
        raise NotTaken(errors.of_file(found.error, name=name, size=size), names_it=True)
    digest = _digest_of(sent)
    about = {"name": name, "kind": found.kind, "media_type": found.media_type, "size": size, "digest": digest}
    row = _received(owner, sent, place, key=key or uuid7(), **about)
    if row.status == row.Status.GONE:
        raise NotTaken(GONE)
    return row


def take_each(
    owner: Any, several: "Sequence[UploadedFile[Any]]", key: UUID | None, **place: Any
) -> tuple[list[Attachment], list[NotTaken]]:
    """Keep each file that can be taken → (their attachments, why each of the others was not, by its name).

    ``key``: of the form. The same content that is sent again with the same key is the same attachment.
    """
    taken, refused = [], []
    for sent in several:
        try:
            taken.append(take(owner, sent, key and uuid5(key, _digest_of(sent)), **place))
        except NotTaken as error:
            refused.append(error.of(_name_of(sent)))
    return taken, refused


def _name_of(sent: "UploadedFile[Any]") -> str:
    """Return the name of a file; one that is too long keeps its beginning and its end, which tells its kind."""
    name = clean_line(sent.name, LONGEST_SENT) or gettext("File")
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: untorn(name, 150)]}…{name[untorn(name, len(name) - 49, 1) :]}"


def _digest_of(sent: "UploadedFile[Any]") -> str:
    digest = hashlib.sha256()
    for block in sent.chunks():
        digest.update(block)
    sent.seek(0)
    return digest.hexdigest()


def _received(owner: Any, sent: "UploadedFile[Any]", place: dict[str, Any], **about: Any) -> Attachment:
    try:
        return Attachment.receive(owner, sent, **place, **about)
    except TooMany:
        raise NotTaken(too_many(place)) from None
    except Refused:
        raise NotTaken(WAITING, 429) from None
    except Full:
        raise NotTaken(no_room(owner), 413) from None
    except IntegrityError:  # It was taken out of its draft since it was first sent.
        raise NotTaken(GONE) from None
    except (Error, ObjectDoesNotExist):
        raise
    except Exception:  # Each kind of storage has errors of its own.
        logger.exception("A file could not be stored.")
        raise NotTaken(NOT_STORED, 503) from None


def question_form(request: HttpRequest, conversation: Conversation | None = None) -> QuestionForm:
    """Return the form of a question that was sent, with its files, which are kept if it is refused. Raises Http404."""
    files = request.FILES.getlist("files")
    taken, not_taken = take_each(request.user, files, _key_of(request), conversation=conversation)
    attachments = [*_named(request), *taken]
    if any(row.status == row.Status.GONE for row in attachments):
        not_taken.append(NotTaken(GONE))
    shown = {row.pk: row for row in attachments if row.status != row.Status.GONE}
    return QuestionForm(request.POST, attachments=[*shown.values()], not_taken=not_taken, accept=ACCEPT)


def _named(request: HttpRequest) -> list[Attachment]:
    ids = dict.fromkeys(uuid_or_404(pk) for pk in request.POST.getlist("attachment"))
    found = Attachment.objects.visible_to(request.user).in_bulk(ids) if ids else {}
    if len(found) < len(ids):
        raise Http404
    return [found[pk] for pk in ids]


def _key_of(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("idempotency_key"))
    except (TypeError, ValueError):
        return None


def refuse(form: QuestionForm, error: Exception) -> None:
    """Say in the form why its question, which had no other error, was not asked: one of NOT_ASKED."""
    match error:
        case OverBudget():
            form.add_error("text", error.sentence)
        case AttachmentUnread():
            form.add_error("text", unread(error))
        case _:
            form.add_error("text", GONE)


def files_for(owner: Any, conversation: Conversation | None, edited: Message | None) -> dict[str, Any]:
    """Return what a new form needs for its files: those of an edited question, or else those of the draft."""
    if edited:
        Attached.fill([edited])
    shown = edited.files if edited else Attachment.objects.drafted_in(owner, conversation)
    return {"attachments": list(shown), "accept": ACCEPT}


def own_attachment(request: HttpRequest, pk: UUID) -> Attachment:
    """Return an attachment of this user's that is not being deleted. Raises Http404."""
    attachment: Attachment = get_object_or_404(Attachment.objects.visible_to(request.user).usable(), pk=pk)
    return attachment


def files_of(folder: Folder) -> dict[str, Any]:
    """Return ``files``, those of a folder with their tokens and whether they are sent; ``used`` and ``room``: tokens.

    ``nearly``: the tokens above which the bar is full. Those that are on are sent whole, in order, while there is room.
    """
    uses = list(folder.attached.select_related("attachment"))
    room = int(_window_of(folder) * SHARE_FOR_FILES)
    allowance, used, rows = Allowance(room), 0, []
    for use, file in zip(uses, measured(use.attachment for use in uses), strict=True):
        tokens, wanted = _tokens(file), use.on and use.attachment.is_ready
        sent = wanted and not allowance.whole(file).why
        rows.append({"attachment": use.attachment, "on": use.on, "tokens": tokens, "sent": sent})
        used += tokens if wanted else 0
    limits = {"most_files": conf.MAX_FILES, "largest": conf.MAX_FILE_SIZE, "accept": ACCEPT}
    return {"files": rows, "used": used, "room": room, "nearly": room - 1, **limits}


def tokens_of(attachment: Attachment) -> int:
    """Return about how many tokens a request takes for a file that it includes whole; 0 if there is nothing to send."""
    [file] = measured([attachment])
    return _tokens(file)


def _tokens(file: File) -> int:
    return 0 if file.why else ceil(file.tokens)


def _window_of(folder: Folder) -> int:
    choice = folder.effective_model
    try:
        return window_of(provider_of(choice, folder.owner_id), name_of(choice))
    except Unavailable:
        return conf.CONTEXT_WINDOW

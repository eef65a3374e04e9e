"""Files that people send: taking them, the page of each, serving them, and those of folders."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models.functions import Substr
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parley import errors, files
from parley.conf import conf
from parley.forms.attaching import NO_FILE, NO_KEY, WAITING, AttachmentForm, NotTaken
from parley.included import reasons
from parley.models import Attached, Attachment, AttachmentText, Conversation, Folder
from parley.models.admission import Refused

from .attaching import expect, own_attachment, take, take_each, tokens_of
from .base import View, own_conversation, page, private, redirect_to, stream, uuid_or_404, wants_stream
from .downloads import picture
from .generation_settings import folder_page
from .uploading import expect_large_files

CHARACTERS_ON_A_PAGE = 20_000
PLACE = ("begin", "end")
"""Parameters: the first character of what is marked, and that after it."""
LOOKED_FOR = timedelta(minutes=10)
"""How long after a file was sent its page looks by itself whether it is read."""
KEPT = "private, max-age=86400, immutable"
"""The Cache-Control of what never changes under its address."""


@csrf_exempt  # Checking reads the whole body: sizes are checked first, then _file_sent checks the token.
@private
@require_POST
def attachment_create(request: HttpRequest) -> HttpResponse:
    """Take one file for a question or a folder; refuse one that is too large before reading it."""
    try:
        expect(request, conf.MAX_FILE_SIZE)
        expect_large_files(request)
        return _file_sent(request)
    except NotTaken as refused:
        return _said(refused)


@csrf_protect
def _file_sent(request: HttpRequest) -> HttpResponse:
    conversation = _named(request, "conversation", own_conversation)
    folder = _named(request, "folder", _own_folder)
    place = {"folder": folder} if folder else {"conversation": conversation}
    sent = request.FILES.getlist("file")
    if not sent:
        raise NotTaken(NO_FILE)
    attachment = take(request.user, sent[0], _key_of(request), **place)
    if wants_stream(request):
        return _chip(attachment, conversation, status=201)
    return redirect_to("parley:folder_edit", folder.pk) if folder else _to_composer(conversation)


def _named(request: HttpRequest, name: str, own: Callable[[HttpRequest, UUID], Any]) -> Any:
    """Return the row of the person's own that a field names, if it does. Raises Http404."""
    return own(request, uuid_or_404(request.POST[name])) if request.POST.get(name) else None


def _own_folder(request: HttpRequest, pk: UUID) -> Folder:
    folder: Folder = get_object_or_404(Folder.objects.visible_to(request.user), pk=pk)
    return folder


def _key_of(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST["key"]) if request.POST.get("key") else None
    except ValueError:
        raise NotTaken(NO_KEY) from None


def _said(refused: NotTaken) -> HttpResponse:
    return HttpResponse(refused.sentence, status=refused.status, content_type="text/plain; charset=utf-8")


def _chip(attachment: Attachment, conversation: Any, *, status: int = 200) -> HttpResponse:
    """Send the chip as the feed does: see ``delivery.feed.render_each``."""
    current = {"id": conversation and conversation.pk}
    return stream("attachment_changed", {"attachment": attachment, "current": current}, status=status)


def _to_composer(conversation: Conversation | None) -> HttpResponse:
    return redirect_to(conversation or "parley:conversation_new")


@private
@require_http_methods(["GET", "HEAD", "POST"])
def attachment_show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what a model gets of a file, or change its name and its alternative text."""
    attachment = own_attachment(request, pk)
    if request.method != "POST":
        return _show(request, attachment)
    form = AttachmentForm(request.POST)
    if not form.is_valid():
        return _show(request, attachment, form, status=422)
    vars(attachment).update(form.cleaned_data)
    attachment.save(update_fields=[*form.cleaned_data])
    return redirect_to(attachment)


def _show(
    request: HttpRequest, attachment: Attachment, form: AttachmentForm | None = None, *, status: int = 200, **more: Any
) -> HttpResponse:
    begin, end = (int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0 for text in map(request.GET.get, PLACE, "00"))
    number = request.GET.get("page") or begin // CHARACTERS_ON_A_PAGE + 1
    rows = Paginator(range(attachment.characters), CHARACTERS_ON_A_PAGE).get_page(number)
    text = _text(attachment, rows.start_index())
    shown = {"attachment": attachment, "rows": rows, "text": _split(text, rows.start_index(), begin, end), **more}
    shown |= {"notes": reasons(attachment.notes), "tokens": tokens_of(attachment)}
    shown["looks"] = timezone.now() - attachment.used_at < LOOKED_FOR
    form = form or AttachmentForm(initial={"name": attachment.name, "alt": attachment.alt})
    return page(request, "attachment_show", status=status, form=form, **shown)


def _text(attachment: Attachment, first: int) -> str:
    """Return one page of the text, from a character on, which is counted from 1."""
    text = AttachmentText.objects.filter(attachment=attachment)
    return text.values_list(Substr("text", max(1, first), CHARACTERS_ON_A_PAGE), flat=True).first() or ""


def _split(text: str, first: int, begin: int, end: int) -> tuple[str, str, str]:
    """Return what is before, in and after a place; nothing is in it where it is not on this page.

    >>> _split("The sea is salty.", 101, 104, 107)
    ('The ', 'sea', ' is salty.')
    """
    begin, end = (min(max(0, place - first + 1), len(text)) for place in (begin, end))
    return text[:begin], text[begin:end], text[max(begin, end) :]


@private
@require_GET
def attachment_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send a file as it was sent, or a picture as it is kept, to be saved."""
    attachment = own_attachment(request, pk)
    name = attachment.file or attachment.picture
    return _served(request, attachment, name, "application/octet-stream")


def kept(view: View) -> View:
    """Let the browser keep what never changes under its address."""

    @wraps(view)
    def keeping(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 200:
            response["Cache-Control"] = KEPT
        return response

    return keeping


@kept
@private
@require_GET
def attachment_picture(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a picture as it is sent to models."""
    attachment = own_attachment(request, pk)
    return _served(request, attachment, attachment.picture, attachment.media_type)


@kept
@private
@require_GET
def attachment_thumb(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a picture at the size of a thumbnail."""
    attachment = own_attachment(request, pk)
    return _served(request, attachment, attachment.thumb, "image/webp")


def _served(request: HttpRequest, attachment: Attachment, name: str, media_type: str) -> HttpResponse:
    if not name:
        raise Http404
    try:
        return picture(files.storage().open(name), attachment.name, media_type)
    except FileNotFoundError:
        missing = errors.of_file("missing", name=attachment.name)
        return _show(request, attachment, status=404, problem=missing)


@private
@require_POST
def attachment_remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a file out of the draft that it was chosen for."""
    attachment = own_attachment(request, pk)
    conversation = attachment.conversation
    attachment.drop()
    return _chip(attachment, conversation) if wants_stream(request) else _to_composer(conversation)


@private
@require_POST
def attachment_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have a file read once more that could not be read."""
    attachment = own_attachment(request, pk)
    try:
        with transaction.atomic():
            attachment.retry()
    except Refused:
        return _said(NotTaken(WAITING, 429))
    if wants_stream(request):
        return _chip(attachment, attachment.conversation)
    return redirect_to(attachment)


@csrf_exempt  # As with attachment_create.
@private
@require_POST
def folder_file_create(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put files into a folder."""
    folder = _own_folder(request, pk)
    try:
        expect(request, conf.MAX_FILES * conf.MAX_FILE_SIZE)
        expect_large_files(request)
        return _folder_files_sent(request, folder)
    except NotTaken as refused:
        return folder_page(request, folder, status=refused.status, problem=refused.sentence)


@csrf_protect
def _folder_files_sent(request: HttpRequest, folder: Folder) -> HttpResponse:
    sent = request.FILES.getlist("file")
    if not sent:
        raise NotTaken(NO_FILE)
    _, refused = take_each(request.user, sent, None, folder=folder)
    if refused:
        said = " ".join(str(each.sentence) for each in refused)
        return folder_page(request, folder, status=max(each.status for each in refused), problem=said)
    return redirect_to("parley:folder_edit", folder.pk)


@private
@require_POST
def folder_file_change(request: HttpRequest, pk: UUID, attachment: UUID) -> HttpResponse:
    """Send a folder's file with its conversations (``do=on``), keep it back (``off``), or remove it (``remove``)."""
    folder = _own_folder(request, pk)
    use = get_object_or_404(Attached, folder=folder, attachment=attachment)
    with transaction.atomic():
        folder.save(update_fields=["version"])
        if request.POST.get("do") == "remove":
            use.delete()
        else:
            Attached.objects.filter(pk=use.pk).update(on=request.POST.get("do") == "on")
    return redirect_to("parley:folder_edit", folder.pk)

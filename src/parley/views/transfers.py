"""Exports and imports: a single conversation in the response, everything else in the background."""

import logging
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from parley import files
from parley.conf import conf
from parley.forms.attaching import NOT_STORED
from parley.forms.sharing import ImportForm, too_large
from parley.ids import uuid7
from parley.models import Conversation, Feed, Transfer
from parley.models.admission import Full, Refused, storage_left, used_by
from parley.models.transfer import MAX_EXPORTS
from parley.text import clean_line
from parley.transfer import warnings
from parley.transfer.captions import file_name
from parley.transfer.document import encoded, json_of
from parley.transfer.readable import html_of, markdown_of

from .base import page, private, redirect_to, uuid_or_404
from .downloads import download

logger = logging.getLogger(__name__)
FORMATS = {
    "md": (markdown_of, "text/markdown; charset=utf-8"),
    "json": (json_of, "application/json"),
    "html": (html_of, "text/html; charset=utf-8"),
}
MAX_LISTED = 100
LINKS_ON_A_PAGE = 100
UNDER_WAY = _("You have as many under way as you may. Wait until one is done.")
NO_ROOM = _(
    "There is no room for this: you keep as much here as you may. Delete conversations with files, or revoke shared"
    " links, first."
)
FORM_AROUND_A_FILE = 10_000
"""Bytes that the form adds to the file."""


@private
@require_GET
def conversation_export(request: HttpRequest, pk: UUID, form: str) -> HttpResponse:
    """Send one conversation as a file, by way of the disk: its length is known, and memory stays small."""
    conversation = get_object_or_404(Conversation.objects.visible_to(request.user).select_related("folder"), pk=pk)
    if form not in FORMATS:
        raise Http404
    written, content_type = FORMATS[form]
    file = files.scratch()
    for piece in written(conversation):
        file.write(encoded(piece))
    file.seek(0)
    return download(file, file_name(conversation.title, form), content_type)


@private
@require_GET
def transfer_list(request: HttpRequest) -> HttpResponse:
    """Show the person's exports and imports, and the forms that begin them."""
    return _list(request)


@private
@require_POST
def export_create(request: HttpRequest) -> HttpResponse:
    """Begin an export of the conversations named in the form (``conversation``, repeated), or of everything."""
    named = [uuid_or_404(text) for text in request.POST.getlist("conversation")]
    chosen = Conversation.objects.visible_to(request.user).filter(pk__in=named).values_list("pk", flat=True)
    ids = [str(pk) for pk in chosen] if named else []
    if named and not ids:
        raise Http404
    return _begin(request, Transfer.Kind.EXPORT, chosen=ids)


@csrf_exempt  # Checking reads the whole body: sizes are checked first, then _import_sent checks the token.
@private
@require_POST
def import_create(request: HttpRequest) -> HttpResponse:
    """Begin an import of the uploaded file; refuse one that is too large before reading it."""
    try:
        length = int(request.headers.get("Content-Length", ""))
    except ValueError:
        return _list(request, status=400, problem=_("Your browser did not say how large the file is. Send it again."))
    if length > conf.MAX_IMPORT_SIZE + FORM_AROUND_A_FILE:
        return _list(request, status=413, problem=too_large(conf.MAX_IMPORT_SIZE))
    if length > storage_left(request.user) + FORM_AROUND_A_FILE:
        return _list(request, status=413, problem=NO_ROOM)
    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    return _import_sent(request)


@csrf_protect
def _import_sent(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, status=422, form=form)
    sent, pk = form.cleaned_data["file"], uuid7()
    name = f"transfers/{pk}.import"
    try:
        files.keep(name, sent)
    except Exception:  # Each kind of storage has errors of its own.
        logger.exception("An import could not be stored.")
        with suppress(Exception):
            files.remove(name)
        return _list(request, status=503, problem=NOT_STORED)
    return _begin(request, Transfer.Kind.IMPORT, id=pk, file=name, name=clean_line(sent.name, 200), size=sent.size)


@private
@require_GET
def transfer_show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what an import brought in and left out, or what an export holds."""
    version, transfer = Feed.version_of(request.user), _own(request, pk)
    rows = [row for file in transfer.report for row in file.get("came_in", ())]
    links = Paginator(rows, LINKS_ON_A_PAGE).get_page(request.GET.get("page"))
    read = [_explained(file) for file in transfer.report if not transfer.is_export]
    return page(request, "transfer_show", version=version, transfer=transfer, files=read, links=links)


@private
@require_GET
def transfer_download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send the archive of a finished export."""
    transfer = _own(request, pk)
    if not transfer.can_be_fetched:
        raise Http404
    try:
        file = files.storage().open(transfer.file)
    except FileNotFoundError:
        raise Http404 from None
    day = timezone.localdate(transfer.created_at)
    return download(file, f"Parley {day:%Y-%m-%d}.zip", "application/zip")


@private
@require_POST
def transfer_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a transfer and its file; a running one ends at its next progress."""
    _own(request, pk).delete()
    return redirect_to("parley:transfer_list")


def _begin(request: HttpRequest, kind: str, **values: Any) -> HttpResponse:
    """Begin a transfer; if that fails for any reason, remove the uploaded file, which no transfer would own."""
    try:
        Transfer.begin(request.user, kind, **values)
    except Exception as error:
        if "file" in values:
            files.remove(values["file"])
        if not isinstance(error, Refused | Full):
            raise
        return _list(request, status=422, problem=NO_ROOM if isinstance(error, Full) else UNDER_WAY)
    return redirect_to("parley:transfer_list")


def _list(
    request: HttpRequest, *, status: int = 200, problem: Any = "", form: ImportForm | None = None
) -> HttpResponse:
    version = Feed.version_of(request.user)
    transfers = Transfer.objects.visible_to(request.user).defer("report").order_by("-id")[:MAX_LISTED]
    context = {
        "transfers": transfers,
        "form": form or ImportForm(),
        "problem": problem,
        "kept": max(1, round(conf.TRANSFERS_KEPT / 86_400)),
        "exports_kept": MAX_EXPORTS,
        "used": used_by(request.user),
        "storage": conf.STORAGE_PER_PERSON,
        "longest": max(1, round(conf.IMPORT_TIMEOUT / 60)),
        "most_messages": conf.MAX_IMPORTED_MESSAGES,
    }
    return page(request, "transfer_list", status=status, version=version, **context)


def _own(request: HttpRequest, pk: UUID) -> Transfer:
    transfer: Transfer = get_object_or_404(Transfer.objects.visible_to(request.user), pk=pk)
    return transfer


def _explained(file: dict[str, Any]) -> dict[str, Any]:
    left_out = [
        {"count": 1, **item, "label": warnings.label(str(item.get("why")))} for item in file.get("left_out", ())
    ]
    error = warnings.error_sentence(file["error"]) if file.get("error") else ""
    return {**file, "left_out": left_out, "error": error, "others": file.get("files", 1) - 1}

"""Shares: links to a conversation as it was at one moment. One page is public: share_show."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parley import files
from parley.forms.sharing import ShareForm
from parley.models import Attached, NothingToShare, Share
from parley.models.admission import Full
from parley.models.arriving import BeingCopied
from parley.models.share import TooLarge

from .base import fragment, framed, own_conversation, page, private, redirect_to, wants_frame
from .downloads import picture

MESSAGES_ON_A_PAGE = 200
LINKS_ON_A_PAGE = 50
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
_MACHINE = re.compile(r"^$|bot\b|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|^(curl|wget|python)", re.I)
BEING_COPIED = _("This is being copied just now. It stands in your list in a moment.")
_WHY_NOT: dict[type[Exception], Any] = {
    NothingToShare: _("There is nothing to share yet. Wait for the first answer, and try again."),
    TooLarge: _("This conversation is longer than a link can show. Export it instead, and give away the file."),
    Full: _("You keep as much here as you may. Revoke links or delete exports that you no longer need, and try again."),
}


@private
@require_http_methods(["GET", "POST"])
def share_create(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the links of a conversation, with the form of the next one, or make that."""
    conversation, form = own_conversation(request, pk), ShareForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            Share.of(conversation, **form.cleaned_data)
            return redirect_to("parley:share_create", conversation.pk)
        except tuple(_WHY_NOT) as error:
            form.add_error(None, _WHY_NOT[type(error)])
    shown: dict[str, Any] = {"form": form, "shares": conversation.shares.open().listed()}
    pictures = Attached.objects.filter(message__conversation=conversation).exclude(attachment__picture="")
    shown["with_pictures"] = pictures.exists()
    status = 422 if form.errors else 200
    return framed(request, "share_create", frame="_share", status=status, conversation=conversation, **shown)


@private
@require_safe
def share_list(request: HttpRequest) -> HttpResponse:
    """Show all links of a person."""
    shares = Share.objects.visible_to(request.user).listed().select_related("conversation")
    return page(request, "share_list", shares=Paginator(shares, LINKS_ON_A_PAGE).get_page(request.GET.get("page")))


@private
@require_POST
def share_revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a link now."""
    share = get_object_or_404(Share.objects.visible_to(request.user).listed(), pk=pk)
    share.revoke()
    if wants_frame(request):
        return redirect_to("parley:share_create", share.conversation_id)
    return redirect_to("parley:share_list")


@login_not_required
@require_safe
def share_show(request: HttpRequest, token: str) -> HttpResponse:
    """Show everybody what a link shows; all links that show nothing answer alike."""
    share = Share.objects.behind(token).first()
    if share is None:
        return fragment(request, "share_gone", status=404, headers=HEADERS)
    messages = Paginator(range(share.length), MESSAGES_ON_A_PAGE).get_page(request.GET.get("page"))
    if messages.number == 1 and _is_read_by_somebody_else(request, share):
        share.count_view()
    transcript = share.rows(messages.start_index() - 1, messages.end_index())
    return fragment(request, "share_show", headers=HEADERS, share=share, messages=messages, transcript=transcript)


@login_not_required
@require_safe
def share_picture(request: HttpRequest, token: str, pk: UUID) -> HttpResponse:
    """Show everybody a picture that a link shows now."""
    links = Share.objects.behind(token).values("pk")
    held = get_object_or_404(Attached.objects.select_related("attachment"), share__in=links, attachment=pk).attachment
    try:
        response = picture(files.storage().open(held.picture), held.name, held.media_type)
    except FileNotFoundError:
        raise Http404 from None
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


@private
@require_http_methods(["GET", "POST"])
def share_copy(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to copy, on a page of the reader's own, and copy."""
    share = Share.objects.behind(token).first()
    if share is None:
        return fragment(request, "share_gone", status=404, headers=HEADERS)
    if request.method == "GET":
        return page(request, "share_copy", share=share)
    try:
        return redirect_to(share.copy_for(request.user))
    except BeingCopied:
        return page(request, "share_copy", share=share, status=409, problem=BEING_COPIED)


def _is_read_by_somebody_else(request: HttpRequest, share: Share) -> bool:
    """Whether a person other than the owner reads it; machines that fetch previews of links do not count."""
    is_machine = _MACHINE.search(request.headers.get("User-Agent", "")) or "Sec-Purpose" in request.headers
    return request.method == "GET" and not is_machine and request.user.pk != share.owner_id

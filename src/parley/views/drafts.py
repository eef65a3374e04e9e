"""Drafts: text that was typed and not sent."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from parley.forms import DraftForm
from parley.models import Draft

from .base import own_conversation, private


@private
@require_POST
def draft_save(request: HttpRequest) -> HttpResponse:
    """Keep the draft of a conversation, or of a new one."""
    form = DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    pk = form.cleaned_data["conversation"]
    Draft.keep(request.user, own_conversation(request, pk) if pk else None, form.cleaned_data["text"])
    return HttpResponse(status=204)

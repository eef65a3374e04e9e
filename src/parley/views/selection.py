"""Changes of several conversations at once."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from parley.forms.organising import SelectionForm
from parley.models import Conversation
from parley.models.organised import VERBS
from parley.requests import stop_on_commit

from .base import page, private, stream, wants_stream
from .sidebar import changed


@private
@require_POST
def conversations_change(request: HttpRequest) -> HttpResponse:
    """Archive, unarchive, move or delete what is selected; ids of other people's conversations are ignored."""
    form = SelectionForm(request.POST, user=request.user)
    if not form.is_valid():
        return _refused(request, form)
    selected = Conversation.objects.visible_to(request.user).filter(pk__in=form.cleaned_data["conversation"])
    ids = list(selected.values_list("pk", flat=True))
    _do(request, form, ids)
    rows = Conversation.objects.visible_or_trashed_by(request.user).filter(pk__in=ids)
    return changed(request, *rows.defer("instructions", "parameters"))


def _do(request: HttpRequest, form: SelectionForm, ids: list[Any]) -> None:
    selected, owner_id = Conversation.objects.visible_to(request.user).filter(pk__in=ids), request.user.pk
    match form.cleaned_data["do"]:
        case "delete":
            for reply in selected.soft_delete(owner_id):
                stop_on_commit(reply)
        case "move":
            selected.change(owner_id, folder=form.cleaned_data["folder"])
        case verb:
            selected.change(owner_id, **VERBS[verb])


def _refused(request: HttpRequest, form: SelectionForm) -> HttpResponse:
    if wants_stream(request):
        return stream("conversations_refused", {"selection": form})
    return page(request, "conversations_refused", status=422, selection=form)

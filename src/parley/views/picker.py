"""The list of models of all connections: to choose one for a conversation, and to star favourites."""

from collections.abc import Collection
from itertools import chain
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from parley.choice import name_of, split
from parley.forms import RegenerateForm
from parley.forms.generation_settings import GenerationSettingsForm
from parley.generation.abilities import Model
from parley.models import Conversation, Message, OverBudget, Price, Profile
from parley.models.conversation import NoQuestion
from parley.models.profile import MAX_FAVOURITES
from parley.offers import LONGEST, Group, as_options, offered_to, takes_pictures

from .base import framed, own_conversation, private, redirect_to, uuid_or_404
from .branches import message_of, redirect_to_message
from .sidebar import changed

ROWS = 100
"""Models shown of each connection; the search finds the others."""
LONGEST_SEARCH = 200


@private
@require_GET
def model_list(request: HttpRequest) -> HttpResponse:
    """Show what may be chosen for the conversation ``?for=``, or for a new one, that has the words ``?q=``.

    ``?again=``: the message to answer again by the model that is chosen.
    """
    return _list(request, *_named(request, request.GET))


@private
@require_POST
def conversation_model(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose the model that a conversation asks from now on."""
    conversation, models = own_conversation(request, pk), as_options(offered_to(request.user))
    form = GenerationSettingsForm(request.POST, instance=conversation, models=models, user=request.user)
    if not form.is_valid():
        return _list(request, conversation, errors=[*chain(*form.errors.values())])
    conversation.set_generation_settings(model=form.generation_settings["model"])
    takes = takes_pictures(request.user, conversation.effective_model)
    return changed(request, conversation, model_chosen=True, takes_pictures=takes)


@private
@require_POST
def message_regenerate(request: HttpRequest, pk: UUID, message: UUID) -> HttpResponse:
    """Ask for another answer to the same question, of the model that is chosen, or without the pictures."""
    conversation, form = own_conversation(request, pk), RegenerateForm(request.POST, user=request.user)
    chosen = message_of(conversation, message)
    if not form.is_valid():
        return _list(request, conversation, chosen, errors=form.errors["model"])
    try:
        without = request.POST.get("pictures") == "no"
        conversation.regenerate(chosen, form.cleaned_data["model"], without_pictures=without)
    except OverBudget as refused:
        return _list(request, conversation, chosen, errors=[refused.sentence])
    except NoQuestion:
        return redirect_to_message(conversation, message)
    return redirect_to(conversation)


@private
@require_POST
def model_favourite(request: HttpRequest) -> HttpResponse:
    """Make a choice a favourite, or no longer one."""
    conversation, message = _named(request, request.POST)
    choice, before = request.POST.get("favourite", ""), Profile.favourites_of(request.user)
    if len(choice) > LONGEST:
        raise Http404
    if choice not in before and len(before) >= MAX_FAVOURITES:
        words = _("You have %(most)s favourites, and no more are possible. Take a star away first.")
        return _list(request, conversation, message, errors=[words % {"most": MAX_FAVOURITES}])
    if choice in before or any(choice in group.choices for group in offered_to(request.user)):
        Profile.toggle_favourite(request.user, choice)
    named = {"for": conversation, "again": message}
    back = {"q": _searched(request.POST), "turned": choice, **{name: row.pk for name, row in named.items() if row}}
    return redirect_to(f"{reverse('parley:model_list')}?{urlencode(back)}")


def _named(request: HttpRequest, sent: QueryDict) -> tuple[Conversation | None, Message | None]:
    """Return the conversation that is chosen for, if any, and its message to answer again. Raises Http404."""
    if "for" not in sent:
        return None, None
    conversation = own_conversation(request, uuid_or_404(sent.get("for")))
    again = sent.get("again")
    return conversation, message_of(conversation, uuid_or_404(again)) if again else None


def _searched(sent: QueryDict) -> str:
    return sent.get("q", "")[:LONGEST_SEARCH]


def _list(
    request: HttpRequest,
    conversation: Conversation | None,
    again: Message | None = None,
    errors: Collection[Any] = (),
) -> HttpResponse:
    sent = request.POST if request.method == "POST" else request.GET
    query, current = _searched(sent), conversation.model if conversation else ""
    sections = [_section(group, query, current) for group in offered_to(request.user)]
    shown: dict[str, Any] = {"conversation": conversation, "again": again, "query": query, "errors": errors}
    shown["turned"] = sent.get("turned")
    shown["sections"] = [section for section in sections if section["rows"]]
    _add_prices([row for section in sections for row in section["rows"]])
    shown["found"] = sum(len(section["rows"]) + section["more"] for section in sections)
    return framed(request, "model_list", status=422 if errors else 200, **shown)


def _add_prices(rows: list[dict[str, Any]]) -> None:
    """Add the prices of this site, or else those that the provider tells."""
    prices = Price.objects.of(split(row["choice"]) for row in rows)
    for row in rows:
        row["price"] = prices.get(split(row["choice"])) or Model.of(row["name"], row["known"]).prices


def _section(group: Group, query: str, current: str) -> dict[str, Any]:
    """Return the rows of a group that are shown, and how many ``more`` of them match."""
    found = group.matching(query)
    rows = [_row(group, choice) | {"current": choice == current} for choice in found[:ROWS]]
    section = {"name": group.name, "starred": bool(group.titles), "since": group.since}
    return section | {"rows": rows, "more": len(found[ROWS:])}


def _row(group: Group, choice: str) -> dict[str, Any]:
    known = group.known.get(choice, {})
    window = known.get("window") or known.get("could_read")
    about = {"known": known, "window": window, "of": group.titles.get(choice)}
    return {"choice": choice, "name": name_of(choice), **about}

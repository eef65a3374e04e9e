"""Generation settings: of a new conversation, of one there is, of folders and of presets."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parley.forms import QuestionForm
from parley.forms.generation_settings import GenerationSettingsForm, NamedForm
from parley.forms.profile import ConversationForm
from parley.models import Conversation, Folder, Preset, Profile
from parley.models.generation_settings import GenerationSettings, may_ask
from parley.models.named import Named
from parley.offers import as_options, offered_to, without_pictures
from parley.requests import offered_models, providers_of, refresh_models

from .attaching import files_of
from .base import own_conversation, own_or_none, page, private, redirect_to

MAX_SHOWN = 6
"""Presets beside the composer; another page has all."""


def generation_settings_form(
    request: HttpRequest,
    instance: GenerationSettings | None,
    kind: type[GenerationSettingsForm] = GenerationSettingsForm,
) -> dict[str, Any]:
    """Return ``form``, with what was sent if it was sent, and the ``offer`` of models of the settings' provider."""
    return _settings(request, request.POST if request.method == "POST" else None, instance, kind)


def _settings(
    request: HttpRequest, data: Any, instance: GenerationSettings | None, kind: type[GenerationSettingsForm]
) -> dict[str, Any]:
    form = kind(data, instance=instance, models=as_options(offered_to(request.user)), user=request.user)
    return {"form": form, "offer": offered_models()}


def start_choices(request: HttpRequest, into: Folder | None = None, preset: Preset | None = None) -> dict[str, Any]:
    """Return the choices of a new conversation: ``presets``, ``preset``, the form ``generation_settings``."""
    data = request.POST if "model" in request.POST else None
    presets = list(Preset.objects.visible_to(request.user).defer("instructions")[: MAX_SHOWN + 1])
    instance = Conversation(folder=into, **(preset.generation_settings if preset else {}))
    groups = offered_to(request.user)
    models = as_options(groups)
    if any(request.GET.get("model") in choices for _, choices in models):
        instance.model = request.GET["model"]
    if not (instance.model or (into and into.model)):
        instance.model = _persons_default(request)
    generation_settings = GenerationSettingsForm(data, instance=instance, models=models, user=request.user)
    without = without_pictures(request.user, groups, Conversation(folder=into).effective_model)
    generation_settings.fields["model"].widget.without_pictures = without
    return {
        "presets": presets[:MAX_SHOWN],
        "more_presets": len(presets) > MAX_SHOWN,
        "preset": preset,
        "generation_settings": generation_settings,
    }


def _persons_default(request: HttpRequest) -> str:
    model = Profile.of(request.user).model
    return model if model and may_ask(model, request.user) else ""


def chosen_generation_settings(
    request: HttpRequest, form: QuestionForm, into: Folder | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return (choices, settings of the new conversation): the preset's, and the model; None where a form has errors."""
    pk = form.cleaned_data.get("preset") if form.is_valid() else request.POST.get("preset")
    preset: Preset | None = own_or_none(request, Preset, pk)
    if form.is_valid() and pk and not preset:
        form.add_error("text", _("This preset was deleted. Send the message again, without it."))
    choices = start_choices(request, into, preset)
    model = choices["generation_settings"]
    if not form.is_valid() or (model.is_bound and not model.is_valid()):
        return choices, None
    generation_settings = preset.generation_settings if preset else {}
    return choices, {**generation_settings, **({"model": model.generation_settings["model"]} if model.is_bound else {})}


def chosen_folder(request: HttpRequest) -> Folder | None:
    """Return the folder for a new conversation, if the request names one that is still there."""
    folder: Folder | None = own_or_none(request, Folder, request.POST.get("folder") or request.GET.get("folder"))
    return folder


@private
@require_http_methods(["GET", "HEAD", "POST"])
def conversation_settings(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the settings of a conversation, or change them."""
    conversation = own_conversation(request, pk)
    context = generation_settings_form(request, conversation, ConversationForm)
    if context["form"].is_valid():
        conversation.set_generation_settings(**context["form"].generation_settings)
        return redirect_to(conversation)
    status = 422 if context["form"].is_bound else 200
    return page(request, "conversation_settings", status=status, conversation=conversation, **context)


@private
@require_POST
def models_refresh(request: HttpRequest) -> HttpResponse:
    """Let workers ask which models there are, each provider at most once in ten seconds for all people together."""
    refresh_models(providers_of(request.user))
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("parley:conversation_new")
    return HttpResponseRedirect(back, status=303)


@private
@require_GET
def preset_list(request: HttpRequest) -> HttpResponse:
    """Show all presets of a person."""
    return page(request, "preset_list", presets=Preset.objects.visible_to(request.user), most=Preset.LIMIT)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def named_create(request: HttpRequest, kind: type[Named]) -> HttpResponse:
    """Make a folder or a preset, on a page of its own."""
    owner: Any = request.user
    return _save(request, kind(owner=owner))


@private
@require_http_methods(["GET", "HEAD", "POST"])
def named_edit(request: HttpRequest, kind: type[Named], pk: UUID) -> HttpResponse:
    """Change a folder or a preset, on a page of its own."""
    row: Named = get_object_or_404(kind.objects.visible_to(request.user), pk=pk)
    return _save(request, row, **{str(kind._meta.model_name): row})


@private
@require_POST
def named_delete(request: HttpRequest, kind: type[Named], pk: UUID) -> HttpResponse:
    """Delete a folder or a preset; conversations that were in it, or began with it, stay as they are."""
    get_object_or_404(kind.objects.visible_to(request.user), pk=pk).delete()
    return redirect_to("parley:preset_list" if kind is Preset else "parley:conversation_new")


def _save(request: HttpRequest, row: Named, **shown: Named) -> HttpResponse:
    context: dict[str, Any] = generation_settings_form(request, row, NamedForm)
    form, name = context["form"], f"{row._meta.model_name}_{'edit' if shown else 'create'}"
    if form.is_bound and not shown and not row.has_capacity(request.user):
        form.add_error(None, row.FULL % {"most": row.LIMIT})
    if form.is_valid():
        row.set_generation_settings(name=form.cleaned_data["name"], **form.generation_settings)
        return redirect_to(row.saved_url)
    if shown and isinstance(row, Folder):
        context |= files_of(row)
    return page(request, name, status=422 if form.is_bound else 200, **shown, **context)


def folder_page(request: HttpRequest, folder: Folder, *, status: int, problem: Any) -> HttpResponse:
    """Show a folder as it is, with what was wrong with a file; the body of the request is not read."""
    context = {**_settings(request, None, folder, NamedForm), **files_of(folder)}
    return page(request, "folder_edit", status=status, folder=folder, problem=problem, **context)

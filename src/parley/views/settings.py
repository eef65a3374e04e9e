"""The settings of a conversation: its model, instructions and parameters."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from parley.conf import conf
from parley.generation import catalogue

from .base import own_conversation, page, private, redirect_to
from .generation_settings import generation_settings_form


@private
@require_http_methods(["GET", "HEAD", "POST"])
def conversation_settings(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the settings of a conversation, or change them."""
    conversation = own_conversation(request, pk)
    context = generation_settings_form(request, conversation)
    if context["form"].is_valid():
        conversation.set_generation_settings(**context["form"].generation_settings)
        return redirect_to(conversation)
    status = 422 if context["form"].is_bound else 200
    return page(request, "conversation_settings", status=status, conversation=conversation, **context)


@private
@require_POST
def models_refresh(request: HttpRequest) -> HttpResponse:
    """Ask the provider which models it has, at most once in ten seconds for all people together."""
    catalogue.refresh(conf.provider)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("parley:conversation_new")
    return HttpResponseRedirect(back, status=303)

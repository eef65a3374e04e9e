"""The settings of a person."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from parley.forms.profile import ProfileForm
from parley.models import Profile

from .base import page, private, redirect_to
from .generation_settings import generation_settings_form


@private
@require_http_methods(["GET", "HEAD", "POST"])
def profile_edit(request: HttpRequest) -> HttpResponse:
    """Show the settings that a person has for all conversations, or change them."""
    profile: Any = Profile.of(request.user)
    context = generation_settings_form(request, profile, ProfileForm)
    form = context["form"]
    if form.is_valid():
        Profile.change(request.user, **form.values)
        return redirect_to(f"{reverse('parley:profile_edit')}?saved")
    status = 422 if form.is_bound else 200
    return page(request, "profile_edit", status=status, saved="saved" in request.GET, **context)

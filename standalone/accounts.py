"""Make the first account, sign in, and change a password."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth import get_user_model, login
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView

from standalone.tries import Tries, remember_device


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """Make the first account, the administrator's, while there is none."""
    if anyone():
        return redirect("login")
    form: UserCreationForm[User] = UserCreationForm(request.POST or None)
    if not form.is_valid():
        return render(request, "setup.html", {"form": form}, status=422 if form.is_bound else 200)
    if administrator := first_account(form):
        return _enter(request, administrator)
    return redirect("login")


def _enter(request: HttpRequest, administrator: User) -> HttpResponse:
    login(request, administrator)
    response = redirect("parley:conversation_new")
    remember_device(request, response, administrator.get_username())
    return response


class Login(LoginView):
    """Signs in; on an empty install it redirects to the set-up instead."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs) if anyone() else redirect("setup")

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        name = request.POST.get("username", "")
        tries = Tries.to_sign_in(request, name)
        if not tries.begin():
            return too_many(self, AuthenticationForm(request, initial={"username": name}), tries)
        response: HttpResponse = super().post(request, *args, **kwargs)
        if request.user.is_authenticated:
            tries.succeed()
            remember_device(request, response, name)
        return response


class PasswordChange(PasswordChangeView):
    """Changes one's own password, and limits guesses at the old one."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        tries = Tries.to_change(request.user)
        if not tries.begin():
            return too_many(self, PasswordChangeForm(cast(User, request.user)), tries)
        response: HttpResponse = super().post(request, *args, **kwargs)
        if response.status_code == 302:
            tries.succeed()
        return response


def too_many(view: FormView[Any], form: Any, tries: Tries) -> HttpResponse:
    """Return the page of the view with an empty form, and say how long to wait (429)."""
    minutes = {"minutes": tries.seconds // 60}
    problem = _("There were too many tries. Wait %(minutes)d minutes, and try again.") % minutes
    context = view.get_context_data(form=form, problem=problem)
    return view.render_to_response(context, status=429, headers={"Retry-After": str(tries.seconds)})


@never_cache
def admin_login(request: HttpRequest) -> HttpResponse:
    """Redirect to the site's own sign-in, or to the admin; raise PermissionDenied for who may not open it."""
    if admin.site.has_permission(request):
        return redirect("admin:index")
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


def anyone() -> bool:
    """Tell whether any account exists."""
    return get_user_model().objects.exists()


def first_account(form: UserCreationForm[User]) -> User | None:
    """Save the form as administrator, and return that; return None when another request was first."""
    administrator: User = form.save(commit=False)  # The password is hashed before others wait.
    administrator.is_staff = administrator.is_superuser = True
    with transaction.atomic():
        # A row that every install has; SQLite has locked the whole database since the transaction began.
        ContentType.objects.select_for_update().get(app_label="auth", model="user")
        if anyone():
            return None
        administrator.save()
    return administrator

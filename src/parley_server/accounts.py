"""Make the first account, sign in, and change a password."""

from __future__ import annotations

import logging
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model, login
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from parley_server import setup_code
from parley_server.tries import Tries, remember_device

logger = logging.getLogger(__name__)


class FirstAccountForm(UserCreationForm):  # type: ignore[type-arg]
    """Asks for name and password, and for the code from the log where others could be first."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("It stands in the log of the server since its last start. Only who runs it can see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        max_length=100,
        error_messages={"required": gettext_lazy("Copy the code from the log of the server.")},
    )
    field_order = ["code"]

    def __init__(self, *args: Any, code_asked: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not code_asked:
            del self.fields["code"]

    def clean_code(self) -> str:
        """Refuse another code."""
        typed: str = self.cleaned_data["code"]
        if not setup_code.matches(typed):
            raise forms.ValidationError(_("This is not the code in the log. After a new SECRET_KEY it is another one."))
        return typed


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class Setup(FormView):  # type: ignore[type-arg]
    """Makes the first account, the administrator's, while there is none."""

    form_class, template_name = FirstAccountForm, "setup.html"
    http_method_names = ["get", "post"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method in ("GET", "POST") and anyone():
            return redirect("login")
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        asked = setup_code.is_asked(self.request)
        if asked:
            setup_code.show(logger.warning)
        return {**super().get_form_kwargs(), "code_asked": asked}

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        form, tries = self.get_form(), Tries.to_set_up(request)
        if "code" in form.fields and not tries.begin():
            empty = FirstAccountForm(initial={"username": request.POST.get("username", "")}, code_asked=True)
            return too_many(self, empty, tries)
        return self._answer(form, tries)

    def _answer(self, form: FirstAccountForm, tries: Tries) -> HttpResponse:
        valid = form.is_valid()
        if "code" in form.cleaned_data:
            tries.succeed()
        if not valid:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        administrator = first_account(form)
        return _enter(self.request, administrator) if administrator else redirect("login")


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


def first_account(form: FirstAccountForm) -> User | None:
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

"""The first account, and signing in."""

from __future__ import annotations

from django.contrib.auth import get_user_model, login
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """Make the first account, the administrator's, while there is no account."""
    if anyone():
        return redirect("login")
    form: UserCreationForm[User] = UserCreationForm(request.POST or None)
    if not form.is_valid():
        return render(request, "setup.html", {"form": form}, status=422 if form.is_bound else 200)
    if administrator := first_account(form):
        login(request, administrator)
        return redirect("parley:conversation_new")
    return redirect("login")


class Login(LoginView):
    """Sign in; on an empty install, make the first account instead."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs) if anyone() else redirect("setup")


def anyone() -> bool:
    """Whether any account exists."""
    return get_user_model().objects.exists()


def first_account(form: UserCreationForm[User]) -> User | None:
    """Save the form as administrator, or nobody when another request was first."""
    with transaction.atomic():
        _wait_in_line()
        if anyone():
            return None
        form.instance.is_staff = form.instance.is_superuser = True
        return form.save()


def _wait_in_line() -> None:
    """Lock a row that every install has; SQLite locked the whole database when the transaction began."""
    ContentType.objects.select_for_update().get(app_label="auth", model="user")

"""URLs of the standalone project: accounts, the admin, and Parley at the root."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView
from django.views.i18n import set_language

from parley_server import accounts

handler500 = "parley_server.unavailable.server_error"
urlpatterns = [
    path("setup/", accounts.Setup.as_view(), name="setup"),
    path("accounts/login/", accounts.Login.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password_change/", never_cache(accounts.PasswordChange.as_view()), name="password_change"),
    path(
        "accounts/password_change/done/",
        never_cache(auth.PasswordChangeDoneView.as_view()),
        name="password_change_done",
    ),
    path("language/", set_language, name="set_language"),
    path("admin/login/", accounts.admin_login),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    path("admin/", admin.site.urls),
    path("", include("parley.urls")),
]

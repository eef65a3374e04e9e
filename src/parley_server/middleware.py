"""Middleware: the encoding of forms, the Content-Security-Policy, and what a browser forgets at a sign-out."""

from typing import Any

from django.conf import settings
from django.contrib.auth import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from parley import correlation
from parley_server.tries import remember_device

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


class Utf8Middleware(MiddlewareMixin):
    """Reads every form as UTF-8, whatever charset it claims: not every codec of Python decodes text."""

    def process_request(self, request: HttpRequest) -> None:
        request.encoding = "utf-8"


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Allows own files only, and nothing inline, on every page that does not set a policy itself.

    An image of another host is shown in a frame whose own policy names that host.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class CorrelationMiddleware(MiddlewareMixin):
    """Names the person in what is logged about a request, once Django knows them."""

    def process_request(self, request: HttpRequest) -> None:
        correlation.note(person=lambda: str(getattr(getattr(request, "_cached_user", None), "pk", None) or ""))


class ForgetMiddleware(MiddlewareMixin):
    """Has the browser empty its cache and storage after a sign-out, on our page or the admin's.

    The device stays known to the account, which may have signed in before devices were remembered.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if getattr(request, "signed_out", False):
            # Storage is that of the whole host, where other applications may stand beside a site below a path.
            response.headers["Clear-Site-Data"] = '"cache"' if settings.SITE_PATH else '"cache", "storage"'
        if person := getattr(request, "was_signed_in", None):
            remember_device(request, response, person.get_username())
        return response


@receiver(user_logged_out, dispatch_uid="parley_server.signed_out")
def _signed_out(request: Any = None, user: Any = None, **kwargs: object) -> None:
    if request is not None:
        request.signed_out, request.was_signed_in = True, user

"""What a browser is told to forget at a sign-out, on our page or the admin's."""

from typing import Any

from django.contrib.auth import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from standalone.tries import remember_device


class ForgetMiddleware(MiddlewareMixin):
    """Has the browser empty its cache and storage for this site; the session's cookie is Django's to delete.

    The device stays known to the account, which may have been signed in since before devices were remembered.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if getattr(request, "signed_out", False):
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        if person := getattr(request, "was_signed_in", None):
            remember_device(request, response, person.get_username())
        return response


@receiver(user_logged_out, dispatch_uid="standalone.signed_out")
def _signed_out(request: Any = None, user: Any = None, **kwargs: object) -> None:
    if request is not None:
        request.signed_out, request.was_signed_in = True, user

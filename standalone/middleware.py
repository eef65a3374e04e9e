"""Middleware of the standalone project: the encoding of forms, and the Content-Security-Policy."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:{images}",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


class Utf8Middleware(MiddlewareMixin):
    """Reads every form as UTF-8, which ours are, whatever it claims to be: not every codec of Python decodes text."""

    def process_request(self, request: HttpRequest) -> None:
        request.encoding = "utf-8"


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Allows own files only, and nothing inline, on every page that has not set a policy itself.

    Turbo keeps the first page of a visit and its policy, so images that a click may load are in the policy of all pages.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        images = " https:" if settings.PARLEY["IMAGES_ON_CLICK"] else ""
        response.headers.setdefault("Content-Security-Policy", POLICY.format(images=images))
        return response

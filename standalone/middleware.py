"""Middleware of the standalone project: the encoding of forms, and the Content-Security-Policy."""

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

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
    """Reads every form as UTF-8, which ours are, whatever it claims to be: not every codec of Python decodes text."""

    def process_request(self, request: HttpRequest) -> None:
        request.encoding = "utf-8"


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Allows own files only, and nothing inline, on every page that has not set a policy itself.

    An image of another host is in a frame, whose own policy names that host.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

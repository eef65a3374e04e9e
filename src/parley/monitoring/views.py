from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import answers


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this process serves, whatever it needs for that."""
    return HttpResponse("ok", content_type=answers.PLAIN)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    return _response(answers.ready(request.META.get("QUERY_STRING", "")))


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    return _response(answers.metrics(request.headers.get("Authorization", "")))


def _response(answer: answers.Answer) -> HttpResponse:
    return HttpResponse(answer.body, status=answer.status, content_type=answer.type)

"""The base of all views. Every lookup starts from what this user may see."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, resolve_url
from django.template.context import make_context
from django.template.loader import get_template
from django.views.decorators.cache import cache_control

from parley.conf import conf
from parley.days import readers_zone
from parley.delivery.protocol import tab_of
from parley.delivery.sockets import socket_address
from parley.models import Conversation, Feed, Message
from parley.models.feed import Form, sent_by

from .sections import sidebar

View = Callable[..., HttpResponse]
TURBO_STREAM = "text/vnd.turbo-stream.html"


def private(view: View) -> View:
    """Serve only signed-in people, in their time zone, and let no cache keep it.

    A row that another tab deletes meanwhile is answered with 404.
    """

    @wraps(view)
    def in_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with readers_zone(request.COOKIES), sent_by(tab_of(request.headers.get("X-Parley-Tab"))) as form:
            try:
                return _with_version(view(request, *args, **kwargs), form)
            except ObjectDoesNotExist:
                raise Http404 from None

    return wraps(view)(cache_control(private=True, no_store=True)(login_required(in_zone)))


def _with_version(response: HttpResponse, form: Form) -> HttpResponse:
    """Name the version of the feed that the Turbo Streams of a response bring; several the feed sends once more."""
    if len(form.versions) == 1 and response.get("Content-Type") == TURBO_STREAM:
        response["X-Parley-Version"] = str(form.versions[0])
    return response


def own_conversation(request: HttpRequest, pk: UUID) -> Conversation:
    """Return a conversation that this user may see. Raises Http404."""
    conversation = Conversation.own(request.user, pk)
    if conversation is None:
        raise Http404
    return conversation


def own_message(request: HttpRequest, pk: UUID) -> Message:
    """Return a message that this user may see, with its conversation. Raises Http404."""
    own = Message.objects.visible_to(request.user).select_related("conversation")
    message: Message = get_object_or_404(own, pk=pk)
    return message


def own_or_none(request: HttpRequest, kind: Any, pk: Any) -> Any:
    """Return the row of this kind that this user may see, or None: also where ``pk`` is no id, or nothing."""
    try:
        return kind.objects.visible_to(request.user).filter(pk=pk).first() if pk else None
    except ValidationError:
        return None


def uuid_or_404(text: str | None) -> UUID:
    """Return the id that a request names. Raises Http404."""
    try:
        return UUID(text or "")
    except ValueError:
        raise Http404 from None


def redirect_to(to: Any, *arguments: Any) -> HttpResponse:
    """Redirect to the page of a row, or to an address, given by its name or as a path; with GET (303)."""
    return HttpResponseRedirect(resolve_url(to, *arguments), status=303)


def page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a page with the sidebar; the feed's version is read before the rows, so that no change falls between."""
    context.setdefault("version", Feed.version_of(request.user))
    context = {**sidebar(request), "parley_socket": socket_address(), "local_model": conf.LOCAL_MODEL, **context}
    context["images_on_click"] = conf.IMAGES_ON_CLICK
    return HttpResponse(rendered(request, f"parley/{name}.html", context), status=status)


def framed(request: HttpRequest, name: str, *, frame: str = "", status: int = 200, **context: Any) -> HttpResponse:
    """Render a page, or where a Turbo Frame asks, only its content: the same template, or that of ``frame``."""
    if not wants_frame(request):
        return page(request, name, status=status, **context)
    return fragment(request, frame or name, status=status, layout="parley/frame.html", **context)


def fragment(
    request: HttpRequest, name: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> HttpResponse:
    """Render a template without the sidebar."""
    return HttpResponse(rendered(request, f"parley/{name}.html", context), status=status, headers=headers)


def rendered(request: HttpRequest | None, name: str, context: dict[str, Any]) -> str:
    """Render as Django does, and let go of the context.

    A context of Django's refers to itself, so that its messages, which may be megabytes, would stay in memory until
    Python's garbage collector looks at its oldest generation, which it seldom does.
    """
    template: Any = get_template(name)
    made = make_context(context, request, autoescape=template.backend.engine.autoescape)
    try:
        return str(template.template.render(made))
    finally:
        made.dicts.clear()


def wants_frame(request: HttpRequest) -> bool:
    """Tell whether a Turbo Frame of a page asks."""
    return "Turbo-Frame" in request.headers


def wants_stream(request: HttpRequest) -> bool:
    """Tell whether a form of a page asks that takes Turbo Streams."""
    return TURBO_STREAM in request.headers.get("Accept", "")


def stream(name: str, context: dict[str, Any]) -> HttpResponse:
    """Render Turbo Streams as the feed does: the page puts its own token on forms that come without one."""
    return HttpResponse(rendered(None, f"parley/{name}.turbo_stream.html", context), content_type=TURBO_STREAM)

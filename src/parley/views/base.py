"""The base of all views. Every lookup starts from what this user may see."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, resolve_url
from django.template.context import make_context
from django.template.loader import get_template
from django.views.decorators.cache import cache_control

from parley import policy
from parley.conf import conf
from parley.days import readers_zone
from parley.delivery.protocol import tab_of
from parley.delivery.sockets import socket_address
from parley.models import Conversation, Feed, Message, Profile
from parley.models.connection import default_choice
from parley.models.feed import Form, sent_by
from parley.offers import takes_pictures
from parley.policy import has_right

from .sections import sidebar

View = Callable[..., HttpResponse]
RIGHT = "parley.change_connection"
TURBO_STREAM = "text/vnd.turbo-stream.html"


def private(view: View) -> View:
    """Serve only signed-in people whom the site lets in, in their time zone, and let no cache keep it.

    A row that another tab deletes meanwhile is answered with 404.
    """

    @wraps(view)
    def in_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with readers_zone(request.COOKIES), sent_by(tab_of(request.headers.get("X-Parley-Tab"))) as form:
            if not policy.may_use(request.user):
                return _refused(request)
            try:
                return _with_version(view(request, *args, **kwargs), form)
            except ObjectDoesNotExist:
                raise Http404 from None

    return wraps(view)(cache_control(private=True, no_store=True)(login_required(in_zone)))


def _refused(request: HttpRequest) -> HttpResponse:
    """Say what somebody can do whom the policy of the site does not let in; a script knows it by the header."""
    return fragment(request, "not_let_in", status=403, headers={"X-Parley-Refused": "site"}, parley_socket="")


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


def require(request: HttpRequest, permission: str) -> None:
    """Raise Http404 unless the person has a permission of Django's."""
    if not has_right(request.user, permission):
        raise Http404


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
    context = {**sidebar(request), "parley_socket": socket_address(), "local_model": is_on_local_model(), **context}
    context["without_model"] = is_without_model()
    context |= around(request, context.get("conversation"))
    return HttpResponse(rendered(request, f"parley/{name}.html", context), status=status)


def around(request: HttpRequest, conversation: Conversation | None) -> dict[str, Any]:
    """Return what a page with a composer shows of the person and of the site."""
    return {
        "images_on_click": conf.IMAGES_ON_CLICK,
        "may_connect": _is_led_to_connections(request.user),
        "profile": Profile.of(request.user),
        "takes_pictures": partial(_takes_pictures, request.user, conversation),
    }


def _takes_pictures(user: Any, conversation: Conversation | None) -> bool | None:
    """Return whether the model that would answer takes pictures; a page that asks calls it without arguments."""
    return takes_pictures(user, conversation.effective_model) if conversation else None


def is_without_model() -> bool:
    """Tell whether nothing can answer who chose no model: no connection, and no provider in the settings."""
    return conf.is_unset and not conf.LOCAL_MODEL and default_choice() == conf.MODEL


def is_on_local_model() -> bool:
    """Tell whether the small local model answers who chose none."""
    return bool(conf.LOCAL_MODEL) and default_choice() == conf.MODEL


def may_connect(user: Any) -> bool:
    """Tell whether somebody may change connections, the site's or their own."""
    return bool(conf.PERSONAL_CONNECTIONS or has_right(user, RIGHT))


def _is_led_to_connections(user: Any) -> bool:
    """Tell whether pages link to the connections: no query for most people."""
    return bool(conf.PERSONAL_CONNECTIONS or getattr(user, "is_staff", False)) and may_connect(user)


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


def stream(name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render Turbo Streams as the feed does: the page puts its own token on forms that come without one."""
    html = rendered(None, f"parley/{name}.turbo_stream.html", context)
    return HttpResponse(html, content_type=TURBO_STREAM, status=status)

"""Catching up without a socket."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from parley.delivery.feed import changes_since
from parley.delivery.splice import Payload, is_whole
from parley.delivery.stream_log import entries_since, forget
from parley.forms import CatchUpForm
from parley.models import Message
from parley.positions import Position
from parley.redis import connection
from parley.requests import passing_reaper

from .base import private


class CaughtUp(JsonResponse):
    """A response after which replies of dead workers are reclaimed, as they are while somebody has a socket."""

    def close(self) -> None:
        """Sweep, once the response is sent."""
        passing_reaper().sweep_if_due()
        super().close()


@private
@require_GET
def catch_up(request: HttpRequest) -> HttpResponse:
    """Send a page what its socket would have sent since: see docs/protocol.md."""
    form = CatchUpForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    asked = form.cleaned_data
    version, stream = changes_since(request.user, asked["conversation"], asked["version"])
    may_see = Message.objects.visible_to(request.user).only("attempt", "status").in_bulk(asked["follow"])
    frames = [
        [handle, position, *payload]
        for handle, (reply_id, since) in enumerate(asked["follow"].items())
        if reply_id in may_see
        for position, payload in _entries(may_see[reply_id], since)
    ]
    return CaughtUp({"version": version, "stream": stream, "frames": frames})


def _entries(reply: Message, since: Position) -> list[tuple[str, Payload]]:
    """Return the entries that the page can apply; a log without its beginning is written again instead."""
    entries = entries_since(connection(), reply.pk, max(since, reply.past))
    if since > reply.past or not entries or is_whole(entries[0][1]):
        return entries
    forget(connection(), reply.pk)
    return []

"""What the socket says, for a page that has none."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from parley.connections import connection
from parley.delivery.feed import changes_since
from parley.delivery.log import entries_since
from parley.forms import CatchUpForm
from parley.models import Message
from parley.tasks import passing_reaper

from .base import private


class CaughtUp(JsonResponse):
    """Once it is sent, replies of dead workers are seen to, as they are where somebody has a socket."""

    def close(self) -> None:
        passing_reaper().pass_by()
        super().close()


@private
@require_GET
def catch_up(request: HttpRequest) -> HttpResponse:
    """What the socket would have said since, for a page that has none: see docs/protocol.md."""
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
        for position, payload in entries_since(connection(), reply_id, max(since, may_see[reply_id].past))
    ]
    return CaughtUp({"version": version, "stream": stream, "frames": frames})

"""The lists of the sidebar, a page of each at a time."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from parley.days import near_groups, next_day, under_headings
from parley.models import Conversation, Folder
from parley.models.organised import LISTED, PINNED

ROWS = 50


@dataclass(frozen=True, slots=True)
class Shelf:
    """Some rows of a list. ``after``: the place below which there are more; ``frame``: the id of what loads them."""

    name: str
    rows: list[Any]
    after: str = ""
    more: bool = False

    @property
    def frame(self) -> str:
        return frame_of(self.name, self.after)


def frame_of(name: str, after: str) -> str:
    return f"more_{after[27:] or name}"


def shelf(user: Any, name: str, after: str = "") -> Shelf:
    """Raises ValueError for a place that is none."""
    rows = Conversation.objects.visible_to(user).on_shelf(name)
    below = rows.after(after) if after else rows
    found = list(below.newest_first().defer("instructions", "parameters")[: ROWS + 1])
    shown, more = found[:ROWS], len(found) > ROWS
    return Shelf(name, _with_headings(name, shown, after), shown[-1].place if more else "", more)


def sidebar(request: HttpRequest) -> dict[str, Any]:
    """What every page with a sidebar shows of it; the queries are the same for few conversations and many."""
    user = request.user
    return {
        "pinned": shelf(user, PINNED),
        "listed": shelf(user, LISTED),
        "folders": folders(user),
        "undoable": Conversation.objects.undoable(user),
        "next_day": next_day(),
        "zone": timezone.get_current_timezone_name(),
    }


def folders(user: Any) -> list[Folder]:
    return sorted(Folder.objects.visible_to(user).defer("instructions", "parameters"), key=lambda folder: folder.place)


def _with_headings(name: str, rows: list[Conversation], after: str) -> list[Any]:
    if name != LISTED:
        return rows
    return under_headings(rows, [] if after else near_groups())

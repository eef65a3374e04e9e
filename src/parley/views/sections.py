"""The sections of the sidebar, a page of each at a time."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from parley.days import near_groups, next_day, under_headings
from parley.models import Conversation, Folder
from parley.models.organised import LISTED, PINNED

ROWS = 50


@dataclass(frozen=True, slots=True)
class Section:
    """Some rows of a section. There are more below the place ``after``, which the frame ``frame`` loads."""

    name: str
    rows: list[Any]
    after: str = ""
    more: bool = False

    @property
    def frame(self) -> str:
        """Return the id of the frame that loads the rows below these."""
        return frame_of(self.name, self.after)


def frame_of(name: str, after: str) -> str:
    """Return the id of the frame of the rows of a section below a place."""
    return f"more_{after[27:] or name}"


def section(user: Any, name: str, after: str = "") -> Section:
    """Return the first rows of a section, or those below a place. Raises ValueError for what is no place."""
    rows = Conversation.objects.visible_to(user).in_section(name)
    below = rows.after(after) if after else rows
    found = list(below.newest_first().defer("instructions", "parameters")[: ROWS + 1])
    shown, more = found[:ROWS], len(found) > ROWS
    headed = under_headings(shown, [] if after else near_groups()) if name == LISTED else shown
    return Section(name, headed, shown[-1].cursor if more else "", more)


def sidebar(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the sidebar, by a number of queries that does not depend on how much there is."""
    user = request.user
    return {
        "pinned": section(user, PINNED),
        "listed": section(user, LISTED),
        "folders": folders(user),
        "undoable": Conversation.objects.undoable(user),
        "next_day": next_day(),
        "zone": timezone.get_current_timezone_name(),
    }


def folders(user: Any) -> list[Folder]:
    """Return the folders of a person in the order of the sidebar."""
    return sorted(Folder.objects.visible_to(user).defer("instructions", "parameters"), key=lambda folder: folder.cursor)

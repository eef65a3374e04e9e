"""A page of search results that a person may see."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Value
from django.db.models.functions import Left
from django.utils.safestring import SafeString

from parley.models import Conversation, Message

from . import index
from .entries import Found
from .query import Query
from .snippet import marked, snippet
from .words import LONGEST_TEXT

PAGE = 20


@dataclass(frozen=True)
class Result:
    """A message with its ``role``, or with "" the title of a conversation; ``snippet`` is a part of the message."""

    conversation: Conversation
    title: SafeString | str
    address: str
    at: datetime
    role: str = ""
    snippet: SafeString | str = ""


@dataclass(frozen=True)
class Results:
    """One page, and the number of the ``next`` one, or None."""

    rows: list[Result]
    next: int | None


def results(user: Any, query: Query, page: int = 1) -> Results:
    """Return a page of the places with all words of a query, among what this user may see."""
    if not query or not user.is_authenticated:
        return Results([], None)
    found = index.find(user, query, offset=(page - 1) * PAGE, count=PAGE + 1)
    return Results(_rows(user, query, found[:PAGE]), page + 1 if len(found) > PAGE else None)


def _rows(user: Any, query: Query, found: list[Found]) -> list[Result]:
    """Look messages up by their ids alone, and drop those whose conversation this user may not see.

    With both in one query, SQLite would read all messages of the person to find these.
    """
    about = Conversation.objects.visible_to(user).in_bulk({hit.conversation for hit in found})
    excerpts = Message.objects.only("role", "created_at", "conversation_id").annotate(
        excerpt=Left("content", Value(LONGEST_TEXT))
    )
    messages = _once(excerpts.in_bulk([hit.message for hit in found if hit.message]))
    rows = [
        _of_message(query, about[hit.conversation], messages.get(hit.message))
        if hit.message
        else _of_title(query, about[hit.conversation])
        for hit in found
        if hit.conversation in about
    ]
    return [row for row in rows if row]


def _once(messages: dict[Any, Any]) -> dict[Any, Any]:
    """Drop the copies, in forks, of messages that are found as well."""
    alike: dict[tuple[Any, ...], Any] = {}
    for pk, message in sorted(messages.items()):
        alike.setdefault((message.role, message.created_at, message.excerpt), pk)
    return {pk: messages[pk] for pk in alike.values()}


def _of_title(query: Query, about: Conversation) -> Result:
    return Result(about, marked(about.title, query), about.get_absolute_url(), about.updated_at)


def _of_message(query: Query, about: Conversation, message: Any) -> Result | None:
    """Return None for a message that was moved or deleted a moment ago, or that copies another."""
    if message is None or message.conversation_id != about.pk:
        return None
    text = snippet(message.excerpt, query)
    return Result(about, about.title, about.address_of(message.pk), message.created_at, message.role, text)

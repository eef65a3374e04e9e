"""A page of search results that a person may see."""

from bisect import bisect
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Value
from django.db.models.functions import Left
from django.utils.safestring import SafeString

from parley.models import Attached, AttachmentText, Conversation, Folder, Message

from . import index
from .entries import Found
from .query import Query
from .snippet import marked, place_of, snippet
from .words import LONGEST_TEXT

PAGE = 20


@dataclass(frozen=True)
class Result:
    """A message with its ``role``, or with "" the title of a conversation; ``snippet`` is a part of the message.

    ``file``: the name of a file of that message, of which the snippet is a part, on its ``page``, if it has pages;
    ``address`` is then that of the place in the file, and ``question`` that of the message. A file that only a folder
    has is without a conversation, has the role "folder", and the title is the folder's name.
    """

    conversation: Conversation | None
    title: SafeString | str
    address: str
    at: datetime
    role: str = ""
    snippet: SafeString | str = ""
    file: str = ""
    page: int = 0
    question: str = ""


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
    about = Conversation.objects.visible_to(user).in_bulk({hit.conversation for hit in found if hit.conversation})
    excerpts = Message.objects.only("role", "created_at", "conversation_id").annotate(
        excerpt=Left("content", Value(LONGEST_TEXT))
    )
    messages = _once(excerpts.in_bulk([hit.message for hit in found if hit.message and not hit.attachment]))
    files = _files(user, [hit.attachment for hit in found if hit.attachment])
    folders = _folders(user, [hit.attachment for hit in found if hit.attachment and not hit.conversation])
    rows = [
        _of_file(query, about[hit.conversation] if hit.conversation else folders.get(hit.attachment), hit, files)
        if hit.attachment
        else _of_message(query, about[hit.conversation], messages.get(hit.message))
        if hit.message
        else _of_title(query, about[hit.conversation])
        for hit in found
        if hit.conversation in about or not hit.conversation
    ]
    return [row for row in rows if row]


def _files(user: Any, ids: list[Any]) -> dict[Any, Any]:
    if not ids:
        return {}
    mine = AttachmentText.objects.filter(attachment__owner=user).select_related("attachment").defer("text")
    return mine.annotate(excerpt=Left("text", Value(LONGEST_TEXT))).in_bulk(ids)


def _folders(user: Any, ids: list[Any]) -> dict[Any, Folder]:
    """Return a folder of each file that no question has."""
    uses = Attached.objects.filter(attachment__in=ids, folder__owner=user).select_related("folder") if ids else ()
    return {use.attachment_id: use.folder for use in uses if use.folder}


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


def _of_file(query: Query, about: Conversation | Folder | None, hit: Found, files: dict[Any, Any]) -> Result | None:
    """Return None for a file that was deleted a moment ago, or whose question or folder was."""
    file = files.get(hit.attachment)
    if file is None or about is None or (hit.conversation and hit.message is None):
        return None
    text, (begin, end), of = snippet(file.excerpt, query), place_of(file.excerpt, query), file.attachment
    shown: dict[str, Any] = {"snippet": text, "file": of.name, "page": bisect(file.breaks, begin)}
    if isinstance(about, Folder):
        return Result(None, about.name, of.address_at(begin, end), of.created_at, "folder", **shown)
    question = about.address_of(hit.message) if hit.message else ""
    return Result(about, about.title, of.address_at(begin, end), of.created_at, "user", **shown, question=question)

"""Finding without an index, on a database that keeps none: slower, and by letters instead of words."""

from functools import reduce
from itertools import chain
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

from parley.models import Conversation, Message
from parley.models.states import UNSETTLED

from .entries import Found
from .query import Phrase, Query
from .words import is_unspaced


def find(connection: BaseDatabaseWrapper, owner: Any, query: Query, *, offset: int, count: int) -> list[Found]:
    """The places that have all phrases, titles before messages, the newest first."""
    mine = Conversation.objects.filter(owner_id=owner, discarded_at=None)
    titles = mine.filter(_all_in("title", query)).order_by("-id").values_list("id", flat=True)
    texts = Message.objects.filter(_all_in("content", query), conversation__in=mine).exclude(status__in=UNSETTLED)
    messages = texts.order_by("-id").values_list("conversation_id", "id")
    both = chain(
        (Found(key, None) for key in titles[: offset + count]), (Found(*keys) for keys in messages[: offset + count])
    )
    return list(both)[offset : offset + count]


def _all_in(field: str, query: Query) -> Q:
    return reduce(Q.__and__, (Q(**{f"{field}__icontains": _spoken(phrase)}) for phrase in query.phrases), Q())


def _spoken(phrase: Phrase) -> str:
    """The words with spaces between them, in the scripts that have some."""
    return "".join(word if is_unspaced(word) else f" {word} " for word in phrase).replace("  ", " ").strip()

"""Text that exports for people show around the messages, in the reader's language."""

import json
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from parley.choice import name_of
from parley.included import sentences
from parley.models import Conversation, Message, Role, Status
from parley.parts import valid_parts
from parley.sizes import sized
from parley.text import is_seen

from .document import Branch, Kept

LONGEST_NAME = 80


def speaker(message: Message) -> str:
    """Name who wrote a message: "You", the model, or "Assistant"."""
    return gettext("You") if message.role == Role.USER else name_of(message.model) or gettext("Assistant")


def moment(when: datetime) -> str:
    """Write a time in the reader's time zone, which is named."""
    local = timezone.localtime(when)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"


def facts(conversation: Conversation) -> list[tuple[str, str]]:
    """List what a reader should know of a conversation, as (label, value)."""
    all_facts = [
        (gettext("Started"), moment(conversation.created_at)),
        (gettext("Model"), conversation.effective_model),
        (gettext("Folder"), conversation.folder.name if conversation.folder else ""),
        (gettext("Exported"), moment(timezone.now())),
    ]
    return [(label, value) for label, value in all_facts if value]


def other_branches(branch: Branch) -> str:
    """Say how many messages of other branches are missing; "" when none are."""
    count = branch.elsewhere
    words = ngettext(
        "This is the branch that was shown. One message on another branch is not in this file; the JSON export has it.",
        "This is the branch that was shown. %(count)s messages on other branches are not in this file; "
        "the JSON export has them.",
        count,
    )
    return words % {"count": count} if count else ""


def note(message: Message) -> str:
    """Say how a reply ended, and the provider's reason, unless it simply ended."""
    words = message.provider_words
    raw = gettext("The provider said: “%(words)s”") % {"words": words} if words else ""
    return f"{_ending(message)} {raw}".strip()


def _ending(message: Message) -> str:
    match message.status:
        case Status.FAILED:
            return message.error_sentence
        case Status.STOPPED:
            return gettext("Stopped.")
        case Status.DONE if message.finish_reason == "length":
            return gettext("The answer ends here because it reached the model's limit of length.")
        case Status.DONE if message.finish_reason == "content_filter":
            return gettext("The answer ends here because the provider's content filter stopped it.")
        case Status.DONE:
            return ""
    return gettext("Interrupted before the end.")


def parts(message: Message) -> list[dict[str, str]]:
    """List what a message holds besides text: {"label", "text", "url"}, the last two "" where there are none."""
    return [_part(part) for part in valid_parts(message.parts)]


def _part(part: dict[str, Any]) -> dict[str, str]:
    kind, name, url = (str(part.get(key) or "") for key in ("type", "name", "url"))
    text = part.get("text") or (json.dumps(part["data"], ensure_ascii=False, indent=1) if part.get("data") else "")
    label = " · ".join(word for word in (kind.replace("_", " "), name) if word)
    return {"label": label, "text": str(text), "url": url if url.startswith(("http://", "https://")) else ""}


def files(message: Message, kept: Kept) -> list[dict[str, str]]:
    """List the files of a question: {"name", "size", "path"}; no path where the archive, if any, has it not."""
    return [
        {"name": one.name, "size": sized(one.size), "path": kept.get(one.pk, {}).get("path") or ""}
        for one in message.files
    ]


def included(message: Message) -> list[str]:
    """List what a reply was not sent of files, and what reading left out of them."""
    return sentences(message.included)


def file_name(title: str, ending: str) -> str:
    """Make a safe file name of any title: no path, no invisible characters, at most LONGEST_NAME and the ending.

    >>> file_name("../a:\\0 b ", "md"), file_name("...", "json")
    ('a b.md', 'Parley.json')
    """
    return f"{plain_name(title)[:LONGEST_NAME].strip(' .') or 'Parley'}.{ending}"


def plain_name(text: str) -> str:
    """Make one line of a text that every file system takes as part of a name.

    >>> plain_name("../a:\\t b.pdf ")
    '.. a b.pdf'
    """
    visible = "".join(sign if is_seen(sign) else " " for sign in text)
    return " ".join(visible.translate(_FORBIDDEN).split())


_FORBIDDEN = str.maketrans(dict.fromkeys('/\\:*?"<>|\x7f', " "))

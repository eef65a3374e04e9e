"""Write the shown branch for people: as Markdown, or as one HTML file that needs nothing else."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.template.loader import get_template
from django.utils.translation import gettext

from parley.models import Conversation, Message
from parley.text import fenced

from . import captions
from .document import NOTHING, Branch, Kept

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


def markdown_of(conversation: Conversation, kept: Kept = NOTHING) -> Iterator[str]:
    """Yield Markdown: the title, facts of the conversation, and a section for each message, with links to its files."""
    branch = Branch(conversation)
    yield f"# {_escaped(conversation.title)}\n\n"
    yield "".join(f"- {label}: {_escaped(value)}\n" for label, value in captions.facts(conversation))
    if captions.other_branches(branch):
        yield f"\n> {captions.other_branches(branch)}\n"
    if conversation.instructions:
        yield f"\n## {gettext('Instructions')}\n\n{conversation.instructions.strip()}\n"
    for message in branch.messages("html"):
        yield _section(message, kept)


def _section(message: Message, kept: Kept) -> str:
    head = f"## {_escaped(captions.speaker(message))}\n\n*{captions.moment(message.created_at)}*"
    reasoning = _quoted(f"{gettext('Reasoning')}:\n\n{message.reasoning.strip()}") if message.reasoning else ""
    note = f"*{_escaped(captions.note(message))}*" if captions.note(message) else ""
    files = "\n".join(map(_file, captions.files(message, kept)))
    included = "\n".join(f"- {_escaped(sentence)}" for sentence in captions.included(message))
    parts = [
        "---",
        head,
        included,
        reasoning,
        files,
        message.content.strip("\n"),
        *map(_part, captions.parts(message)),
        note,
    ]
    return "\n" + "\n\n".join(part for part in parts if part) + "\n"


def _file(file: dict[str, str]) -> str:
    name = _escaped(file["name"])
    link = f"[{name}](../{quote(file['path'])})" if file["path"] else name
    return f"- {link} ({file['size']})"


def _part(part: dict[str, str]) -> str:
    text = fenced(part["text"]) if part["text"] else ""
    return "\n\n".join(filter(None, [f"**{_escaped(part['label'])}**", part["url"] and f"<{part['url']}>", text]))


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _escaped(text: str) -> str:
    """Escape text so that it is one plain line of Markdown.

    >>> _escaped("*a*\\n[b]")
    '\\\\*a\\\\* \\\\[b\\\\]'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def html_of(conversation: Conversation) -> Iterator[str]:
    """Yield HTML: the head with its style, an article for each message as on the page, and an end."""
    branch, article = Branch(conversation), get_template("parley/export/_message.html")
    about = {"facts": captions.facts(conversation), "other_branches": captions.other_branches(branch)}
    yield get_template("parley/export/head.html").render({"conversation": conversation, **about})
    for message in branch.messages():
        text = {"speaker": captions.speaker(message), "moment": captions.moment(message.created_at)}
        raw: dict[str, Any] = {"parts": captions.parts(message), "note": captions.note(message)}
        raw |= {"files": captions.files(message, NOTHING), "included": captions.included(message)}
        yield article.render({"message": message, **text, **raw})
    yield "</main>\n</body>\n</html>\n"

"""Write the shown branch for people: as Markdown, or as one HTML file that needs nothing else."""

import re
from collections.abc import Iterator

from django.template.loader import get_template
from django.utils.translation import gettext

from parley.models import Conversation, Message
from parley.text import fenced

from . import captions
from .document import Branch

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


def markdown_of(conversation: Conversation) -> Iterator[str]:
    """Yield Markdown: the title, facts of the conversation, and a section for each message."""
    branch = Branch(conversation)
    yield f"# {_escaped(conversation.title)}\n\n"
    yield "".join(f"- {label}: {_escaped(value)}\n" for label, value in captions.facts(conversation))
    if captions.other_branches(branch):
        yield f"\n> {captions.other_branches(branch)}\n"
    if conversation.instructions:
        yield f"\n## {gettext('Instructions')}\n\n{conversation.instructions.strip()}\n"
    for message in branch.messages("html"):
        yield _section(message)


def _section(message: Message) -> str:
    head = f"## {_escaped(captions.speaker(message))}\n\n*{captions.moment(message.created_at)}*"
    reasoning = _quoted(f"{gettext('Reasoning')}:\n\n{message.reasoning.strip()}") if message.reasoning else ""
    note = f"*{_escaped(captions.note(message))}*" if captions.note(message) else ""
    parts = ["---", head, reasoning, message.content.strip("\n"), *map(_part, captions.parts(message)), note]
    return "\n" + "\n\n".join(part for part in parts if part) + "\n"


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
        raw = {"parts": captions.parts(message), "note": captions.note(message)}
        yield article.render({"message": message, **text, **raw})
    yield "</main>\n</body>\n</html>\n"

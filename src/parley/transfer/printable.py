"""Write the shown branch as one HTML file that needs nothing else, to print or to read offline."""

from collections.abc import Iterator

from django.template.loader import get_template

from parley.models import Conversation

from . import captions
from .rows import Branch


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

"""Write the shown branch as one HTML file that needs nothing else, to print or to read offline."""

from collections.abc import Iterator

from django.template.loader import get_template

from parley.models import Conversation

from . import words
from .rows import Branch


def html_of(conversation: Conversation) -> Iterator[str]:
    """Yield HTML: the head with its style, an article for each message as on the page, and an end."""
    branch, article = Branch(conversation), get_template("parley/export/_message.html")
    about = {"facts": words.facts(conversation), "other_branches": words.other_branches(branch)}
    yield get_template("parley/export/head.html").render({"conversation": conversation, **about})
    for message in branch.messages():
        said = {"speaker": words.speaker(message), "moment": words.moment(message.created_at)}
        told = {"parts": words.parts(message), "note": words.note(message)}
        yield article.render({"message": message, **said, **told})
    yield "</main>\n</body>\n</html>\n"

"""The form of an attachment's own page, and what is said of files that are not taken."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parley.conf import conf
from parley.models.admission import used_by
from parley.models.attachment import AttachmentUnread
from parley.sizes import sized

from .organising import one_line

NO_LENGTH = _("Your browser did not say how large the file is. Send it again.")
NO_FILE = _("Choose a file first.")
NO_KEY = _("This upload has no valid key. Load the page again.")
NOT_STORED = _("The file could not be stored. Try again.")
GONE = _("This file is no longer there. Remove it, and send the question again.")
WAITING = _("Too many of your files wait to be read. Try again in a moment.")
IN_A_FOLDER = _("A folder has at most %(limit)s files.")
OF_A_QUESTION = _("At most %(limit)s files can be sent with a question.")


class NotTaken(Exception):
    """A file was not taken: ``sentence`` says why, ``status`` is that of the answer.

    ``names_it``: whether the sentence names the file.
    """

    def __init__(self, sentence: Any, status: int = 422, *, names_it: bool = False) -> None:
        super().__init__(sentence)
        self.sentence, self.status, self.names_it = sentence, status, names_it

    def of(self, name: str) -> "NotTaken":
        """Return it with a sentence that names the file: one of several that were sent."""
        why = gettext("“%(name)s”: %(why)s") % {"name": name, "why": self.sentence}
        return self if self.names_it else NotTaken(why, self.status, names_it=True)


class AttachmentForm(forms.Form):
    """The name of a file, and the text in the place of a picture."""

    name = forms.CharField(label=_("Name"), max_length=200, error_messages={"required": _("Give the file a name.")})
    alt = forms.CharField(
        label=_("Alternative text"),
        max_length=300,
        required=False,
        help_text=_("What the picture shows, for those who do not see it."),
    )

    def clean_name(self) -> str:
        return one_line(self, "name")

    def clean_alt(self) -> str:
        return one_line(self, "alt")


def too_large() -> str:
    """Say that a file is too large whose name is not known yet."""
    return gettext("This file is larger than %(limit)s, which is the most that can be sent.") % {
        "limit": sized(conf.MAX_FILE_SIZE)
    }


def no_room(owner: Any) -> str:
    """Say how much a person keeps, and how to make room."""
    return gettext(
        "Your files take %(used)s of %(limit)s. Delete conversations with files, or revoke shared links, and try again."
    ) % {"used": sized(used_by(owner)), "limit": sized(conf.STORAGE_PER_PERSON)}


def too_many(place: Mapping[str, Any]) -> str:
    """Say how many files a question, or the folder of this place, may have."""
    return str((IN_A_FOLDER if place.get("folder") else OF_A_QUESTION) % {"limit": conf.MAX_FILES})


def unread(error: AttachmentUnread) -> str:
    """Say why a file of a question keeps it from being sent."""
    return gettext("%(why)s Remove it, or try again.") % {"why": error.attachment.error_sentence}

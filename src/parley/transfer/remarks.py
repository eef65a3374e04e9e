"""What an import left out or changed, and why: codes for the database, sentences for people."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop, ngettext_lazy

SENTENCES = {
    # Of a message nothing, or not a message of its own, came in
    "message_step": ngettext_lazy(
        "%(count)d step of an answer (thoughts, a tool's call or its result) became part of the answer.",
        "%(count)d steps of answers (thoughts, tools' calls and their results) became part of the answers.",
        "count",
    ),
    "message_instructions": ngettext_lazy(
        "%(count)d system message became the instructions of its conversation.",
        "%(count)d system messages became the instructions of their conversations.",
        "count",
    ),
    "message_empty": ngettext_lazy(
        "%(count)d message was empty and was left out.", "%(count)d messages were empty and were left out.", "count"
    ),
    "message_hidden": ngettext_lazy(
        "%(count)d message that was hidden there too was left out.",
        "%(count)d messages that were hidden there too were left out.",
        "count",
    ),
    "message_system": ngettext_lazy(
        "%(count)d further system message was left out: a conversation has one.",
        "%(count)d further system messages were left out: a conversation has one.",
        "count",
    ),
    "message_role": ngettext_lazy(
        "%(count)d message was neither a question nor an answer and was left out.",
        "%(count)d messages were neither questions nor answers and were left out.",
        "count",
    ),
    "message_duplicate": ngettext_lazy(
        "%(count)d message was in its conversation twice; the first came in.",
        "%(count)d messages were in their conversation twice; the first came in.",
        "count",
    ),
    "message_broken": ngettext_lazy(
        "%(count)d message could not be understood and was left out.",
        "%(count)d messages could not be understood and were left out.",
        "count",
    ),
    # It came in, but not as it was
    "branch_parent": ngettext_lazy(
        "%(count)d message answers one that is not there; it begins a branch of its own.",
        "%(count)d messages answer ones that are not there; they begin branches of their own.",
        "count",
    ),
    "branch_cycle": ngettext_lazy(
        "%(count)d message answers itself in a circle; the circle was cut.",
        "%(count)d messages answer themselves in a circle; the circles were cut.",
        "count",
    ),
    "message_unfinished": ngettext_lazy(
        "%(count)d answer was not finished; its text so far came in.",
        "%(count)d answers were not finished; their text so far came in.",
        "count",
    ),
    "text_cut": ngettext_lazy(
        "%(count)d text was too long and was cut.", "%(count)d texts were too long and were cut.", "count"
    ),
    "text_replaced": ngettext_lazy(
        "%(count)d conversation held bytes that are no text; they became �.",
        "%(count)d conversations held bytes that are no text; they became �.",
        "count",
    ),
    "value_repeated": ngettext_lazy(
        "%(count)d value was given twice under one name; the last came in.",
        "%(count)d values were given twice under one name; the last came in.",
        "count",
    ),
    "time_unknown": ngettext_lazy(
        "%(count)d time could not be true; the time of what is around it was taken.",
        "%(count)d times could not be true; the times of what is around them were taken.",
        "count",
    ),
    "picture": ngettext_lazy(
        "%(count)d picture was not copied; its name is kept with the message.",
        "%(count)d pictures were not copied; their names are kept with the messages.",
        "count",
    ),
    "file": ngettext_lazy(
        "%(count)d attached file was not copied; its name is kept with the message.",
        "%(count)d attached files were not copied; their names are kept with the messages.",
        "count",
    ),
    "recording": ngettext_lazy(
        "%(count)d recording was not copied; what was said is kept, where it was written down.",
        "%(count)d recordings were not copied; what was said is kept, where it was written down.",
        "count",
    ),
    "tool": ngettext_lazy(
        "%(count)d tool's call or result is kept with its answer.",
        "%(count)d tools' calls and results are kept with their answers.",
        "count",
    ),
    "source": ngettext_lazy(
        "%(count)d source of an answer is kept with it.", "%(count)d sources of answers are kept with them.", "count"
    ),
    "content_unknown": ngettext_lazy(
        "%(count)d part of a message is of a kind that is not known here; it is kept with the message as it was.",
        "%(count)d parts of messages are of a kind that is not known here; they are kept with the messages as they were.",
        "count",
    ),
    "field_unknown": ngettext_lazy(
        "%(count)d detail that is not known here was left out.",
        "%(count)d details that are not known here were left out.",
        "count",
    ),
    "model": ngettext_lazy(
        "%(count)d conversation goes on with the default model; which model wrote an answer is kept.",
        "%(count)d conversations go on with the default model; which models wrote the answers is kept.",
        "count",
    ),
    "option": ngettext_lazy(
        "%(count)d setting of a conversation is not known here and was left out.",
        "%(count)d settings of conversations are not known here and were left out.",
        "count",
    ),
    "folder": ngettext_lazy(
        "%(count)d conversation was in a folder or project whose name is not in the file.",
        "%(count)d conversations were in folders or projects whose names are not in the file.",
        "count",
    ),
    "folder_no_room": ngettext_lazy(
        "%(count)d conversation came into no folder: you have as many folders as you may.",
        "%(count)d conversations came into no folder: you have as many folders as you may.",
        "count",
    ),
    "folder_left_out": ngettext_lazy(
        "%(count)d folder was left out: you have as many as you may.",
        "%(count)d folders were left out: you have as many as you may.",
        "count",
    ),
    "preset_left_out": ngettext_lazy(
        "%(count)d preset was left out: you have as many as you may.",
        "%(count)d presets were left out: you have as many as you may.",
        "count",
    ),
    "tag": ngettext_lazy("%(count)d tag was left out.", "%(count)d tags were left out.", "count"),
    "title": ngettext_lazy(
        "%(count)d conversation had no title and was named after its first question.",
        "%(count)d conversations had no title and were named after their first questions.",
        "count",
    ),
    # Of a conversation nothing came in
    "conversation_twice": ngettext_lazy(
        "%(count)d conversation was in the file twice; the first came in.",
        "%(count)d conversations were in the file twice; the first came in.",
        "count",
    ),
    "conversation_empty": ngettext_lazy(
        "%(count)d conversation had no message and was left out.",
        "%(count)d conversations had no message and were left out.",
        "count",
    ),
    "conversation_unknown": ngettext_lazy(
        "%(count)d entry is not a conversation and was left out.",
        "%(count)d entries are not conversations and were left out.",
        "count",
    ),
    "conversation_broken": ngettext_lazy(
        "%(count)d conversation is damaged and was left out.",
        "%(count)d conversations are damaged and were left out.",
        "count",
    ),
    "conversation_too_large": ngettext_lazy(
        "%(count)d conversation is larger than 32 MB, or has more than two million values, and was left out.",
        "%(count)d conversations are larger than 32 MB, or have more than two million values, and were left out.",
        "count",
    ),
    "conversation_too_deep": ngettext_lazy(
        "%(count)d conversation is nested too deeply and was left out.",
        "%(count)d conversations are nested too deeply and were left out.",
        "count",
    ),
    "conversation_newer": ngettext_lazy(
        "%(count)d conversation is of a newer version of this product and was left out.",
        "%(count)d conversations are of a newer version of this product and were left out.",
        "count",
    ),
    "conversation_not_saved": ngettext_lazy(
        "%(count)d conversation could not be saved and was left out.",
        "%(count)d conversations could not be saved and were left out.",
        "count",
    ),
    # Files of an archive
    "member_other": ngettext_lazy(
        "%(count)d file of the archive holds no conversation and was left out.",
        "%(count)d files of the archive hold no conversation and were left out.",
        "count",
    ),
    "member_archive": ngettext_lazy(
        "%(count)d file of the archive is an archive itself and was not opened.",
        "%(count)d files of the archive are archives themselves and were not opened.",
        "count",
    ),
    "member_encrypted": ngettext_lazy(
        "%(count)d file of the archive is protected by a password and was left out.",
        "%(count)d files of the archive are protected by a password and were left out.",
        "count",
    ),
    "member_name": ngettext_lazy(
        "%(count)d file of the archive has a name that leads out of it and was left out.",
        "%(count)d files of the archive have names that lead out of it and were left out.",
        "count",
    ),
    "member_link": ngettext_lazy(
        "%(count)d entry of the archive is a link and was left out.",
        "%(count)d entries of the archive are links and were left out.",
        "count",
    ),
    "member_twice": ngettext_lazy(
        "%(count)d file of the archive has the name of another and was left out.",
        "%(count)d files of the archive have the names of others and were left out.",
        "count",
    ),
    "member_beyond": ngettext_lazy(
        "%(count)d file of the archive was not opened: the archive unpacks to more than is read.",
        "%(count)d files of the archive were not opened: the archive unpacks to more than is read.",
        "count",
    ),
    "member_not_reached": ngettext_lazy(
        "%(count)d file of the archive was not opened: the import ended before it.",
        "%(count)d files of the archive were not opened: the import ended before them.",
        "count",
    ),
    "member_method": ngettext_lazy(
        "%(count)d file of the archive is packed in a way that is not read here and was left out.",
        "%(count)d files of the archive are packed in ways that are not read here and were left out.",
        "count",
    ),
}
"""Code → what it says of a number of things."""

ERRORS = {
    "unrecognised": gettext_noop(
        "This is not an export that is known here. Choose the file that ChatGPT, Open WebUI, LibreChat or this product gave you."
    ),
    "empty_file": gettext_noop("The file is empty. Download it again."),
    "broken_archive": gettext_noop("The archive is damaged. Download it again."),
    "broken_file": gettext_noop("The file is damaged from here on; what came before it was read. Download it again."),
    "cut_off": gettext_noop(
        "The file ends in the middle, or is damaged; what came before was read. Download it again."
    ),
    "too_many_files": gettext_noop(
        "The archive holds too many files. Take only the JSON files of it, and import those."
    ),
    "overlapping": gettext_noop("The parts of this archive overlap, which no honest archive does. It was not read."),
    "bomb": gettext_noop("This unpacks to far more than an export holds. What came before was read."),
    "time_up": gettext_noop(
        "The time for one import was up here. What came in until then is kept. To go on, import the same file again: what "
        "is here already does not come in twice."
    ),
    "too_many_messages": gettext_noop(
        "This is where the import reached the number of messages that one may bring in. What came in until then is kept. To "
        "go on, import the same file again: what is here already does not come in twice."
    ),
}
"""Why a file was not read, or not to its end."""


def sentence(item: Mapping[str, Any]) -> str:
    """An entry of ``left_out``, in the reader's language."""
    words = SENTENCES.get(str(item.get("why")))
    return str(words % {"count": item.get("count", 1)}) if words else str(item.get("why"))


def error_sentence(code: str) -> str:
    return gettext(ERRORS.get(code, ERRORS["unrecognised"])) if code else ""

"""Sentences for people on what an import left out or changed; the database keeps their codes."""

from django.utils.translation import gettext, gettext_noop

LABELS = {
    # Messages that did not come in as messages of their own
    "message_step": gettext_noop(
        "Steps of answers (thoughts, calls of tools and their results), now part of the answers"
    ),
    "message_instructions": gettext_noop("System messages, now the instructions of their conversations"),
    "message_empty": gettext_noop("Empty messages, left out"),
    "message_hidden": gettext_noop("Messages that were hidden there too, left out"),
    "message_system": gettext_noop("Further system messages, left out (a conversation has one)"),
    "message_role": gettext_noop("Messages that are neither questions nor answers, left out"),
    "message_duplicate": gettext_noop("Messages that were in their conversation twice; the first came in"),
    "message_broken": gettext_noop("Messages that could not be understood, left out"),
    # What came in, but changed
    "branch_parent": gettext_noop("Messages that answer one that is not there; they begin branches of their own"),
    "branch_cycle": gettext_noop("Messages that answer themselves in a circle; the circles were cut"),
    "message_unfinished": gettext_noop("Answers that were not finished; their text so far came in"),
    "text_cut": gettext_noop("Texts that were too long and were cut"),
    "text_replaced": gettext_noop("Conversations with bytes that are no text; they became �"),
    "value_repeated": gettext_noop("Values given twice under one name; the last came in"),
    "time_unknown": gettext_noop("Times that could not be true; the times of what is around them were taken"),
    "picture": gettext_noop("Pictures, not copied; their names are kept with the messages"),
    "file": gettext_noop("Attached files, not copied; their names are kept with the messages"),
    "file_missing": gettext_noop(
        "Attached files that the archive does not hold; their names are kept with the messages"
    ),
    "file_damaged": gettext_noop(
        "Attached files that are damaged, or are others than was said; their names are kept with the messages"
    ),
    "file_bomb": gettext_noop(
        "Attached files that are too large, or unpack to too much; their names are kept with the messages"
    ),
    "file_refused": gettext_noop(
        "Attached files of a kind that is not taken here; their names are kept with the messages"
    ),
    "file_no_room": gettext_noop(
        "Attached files, not copied, as there was no room for more; their names are kept with the messages"
    ),
    "recording": gettext_noop("Recordings, not copied; what was said is kept, where it was written down"),
    "tool": gettext_noop("Calls and results of tools, kept with their answers"),
    "source": gettext_noop("Sources, kept with their answers"),
    "content_unknown": gettext_noop("Parts of messages of a kind that is not known here, kept as they were"),
    "field_unknown": gettext_noop("Details that are not known here, left out"),
    "model": gettext_noop("Conversations that go on with the default model; which model wrote an answer is kept"),
    "option": gettext_noop("Settings of conversations that are not known here, left out"),
    "folder": gettext_noop("Conversations in a folder or project whose name is not in the file"),
    "folder_no_room": gettext_noop("Conversations that came into no folder (you have as many as you may)"),
    "folder_left_out": gettext_noop("Folders, left out (you have as many as you may)"),
    "preset_left_out": gettext_noop("Presets, left out (you have as many as you may)"),
    "tag": gettext_noop("Tags, left out"),
    "title": gettext_noop("Conversations without a title, named after their first question"),
    # Conversations that did not come in
    "conversation_twice": gettext_noop("Conversations that were in the file twice; the first came in"),
    "conversation_empty": gettext_noop("Conversations without a message, left out"),
    "conversation_unknown": gettext_noop("Entries that are no conversations, left out"),
    "conversation_broken": gettext_noop("Damaged conversations, left out"),
    "conversation_too_large": gettext_noop("Conversations above 32 MB or two million values, left out"),
    "conversation_too_deep": gettext_noop("Conversations that are nested too deeply, left out"),
    "conversation_newer": gettext_noop("Conversations of a newer version of this product, left out"),
    "conversation_not_saved": gettext_noop("Conversations that could not be saved, left out"),
    # Files of an archive
    "member_other": gettext_noop("Files of the archive that hold no conversation, left out"),
    "member_archive": gettext_noop("Files of the archive that are archives themselves, not opened"),
    "member_encrypted": gettext_noop("Files of the archive that are protected by a password, left out"),
    "member_name": gettext_noop("Files of the archive whose names lead out of it, left out"),
    "member_link": gettext_noop("Links in the archive, left out"),
    "member_twice": gettext_noop("Files of the archive that have the name of another, left out"),
    "member_beyond": gettext_noop("Files of the archive that were not opened: it unpacks to more than is read"),
    "member_not_reached": gettext_noop("Files of the archive that were not opened: the import ended before them"),
    "member_method": gettext_noop("Files of the archive that are packed in a way that is not read here, left out"),
}
"""Code of a warning → what it counts."""

ERRORS = {
    "unrecognised": gettext_noop(
        "This is not an export that is known here. Choose the file that ChatGPT, Open WebUI, LibreChat or this product "
        "gave you."
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
        "The time for one import was up here. What came in until then is kept. To go on, import the same file again: "
        "what is here already does not come in twice."
    ),
    "too_many_messages": gettext_noop(
        "This is where the import reached the number of messages that one may bring in. What came in until then is "
        "kept. To go on, import the same file again: what is here already does not come in twice."
    ),
}
"""Code of an error → why a file was not read, or not to its end."""


def label(why: str) -> str:
    """Say in the reader's language what a warning counts; an unknown code stands for itself."""
    return gettext(LABELS[why]) if why in LABELS else why


def error_sentence(code: str) -> str:
    """Say in the reader's language why a file was not read to its end; "" for no error."""
    return gettext(ERRORS.get(code, ERRORS["unrecognised"])) if code else ""

"""Read Parley's own export: a document for each conversation, and one of folders and presets. Pure."""

from collections.abc import Container
from typing import Any

from parley.codec import ATTACHMENT, FORMAT, MAX_ATTACHMENTS, NAMED_SETTINGS, VERSION, read
from parley.transfer.reporting import Warnings
from parley.values import mapping, sequence, text

from .branches import build_tree, named
from .drafting import origin
from .normalising import normalise

NAME = FORMAT
ROLES = ("user", "assistant")


def recognises(value: Any) -> bool:
    """Tell whether a value is a document of Parley, of any version."""
    return isinstance(value, dict) and value.get("format") == NAME


def documents(value: dict[str, Any], held: Container[str] = ()) -> tuple[dict[str, Any] | None, Warnings]:
    """Normalise a document → (document, warnings); None for a document of a newer version."""
    conversation = mapping(value.get("conversation"))
    warnings = Warnings(text(conversation.get("title")))
    if value.get("version") not in range(1, VERSION + 1):
        warnings.add("conversation_newer")
        return None, warnings
    entries = named(sequence(conversation.get("messages")), "id")
    placed = build_tree(entries, warnings, lambda entry: _message(entry, warnings), "parent")
    document = normalise(conversation, placed, warnings)
    facts = document["conversation"]
    facts["origin"] = facts["origin"] or origin(NAME, facts["id"], conversation)
    return document, warnings


def _message(entry: dict[str, Any], warnings: Warnings) -> dict[str, Any] | None:
    if entry.get("role") in ROLES:
        return entry
    warnings.add("message_role")
    return None


def collections(value: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """List the folders, with their ``attachments``, and presets of a document of settings, the first 1,000 of each."""
    folders, presets = (
        [(mapping(entry), _named(entry)) for entry in sequence(value.get(kind))[:1000]]
        for kind in ("folders", "presets")
    )
    return {
        "folders": [{**named, "attachments": _files(entry)} for entry, named in folders],
        "presets": [named for _, named in presets],
    }


def _named(entry: Any) -> dict[str, Any]:
    return read(NAMED_SETTINGS, mapping(entry), Warnings().add)


def _files(folder: dict[str, Any]) -> list[dict[str, Any]]:
    entries = map(mapping, sequence(folder.get("attachments"))[:MAX_ATTACHMENTS])
    return [{**read(ATTACHMENT, entry, Warnings().add), "on": entry.get("on") is not False} for entry in entries]


def is_conversation(value: dict[str, Any]) -> bool:
    """Tell a conversation from settings."""
    return "conversation" in value

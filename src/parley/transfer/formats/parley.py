"""Read Parley's own export: a document for each conversation, and one of folders and presets. Pure."""

from typing import Any

from parley.codec import FORMAT, TUNED, VERSION, read
from parley.transfer.tally import Remarks
from parley.values import mapping, sequence, text

from .drafting import origin
from .sealing import seal
from .tree import named, plant

NAME = FORMAT
ROLES = ("user", "assistant")


def recognises(value: Any) -> bool:
    """Tell whether a value is a document of Parley, of any version."""
    return isinstance(value, dict) and value.get("format") == NAME


def documents(value: dict[str, Any]) -> tuple[dict[str, Any] | None, Remarks]:
    """Normalise a document → (document, warnings); None for a document of another version."""
    conversation = mapping(value.get("conversation"))
    remarks = Remarks(text(conversation.get("title")))
    if value.get("version") != VERSION:
        remarks.add("conversation_newer")
        return None, remarks
    entries = named(sequence(conversation.get("messages")), "id")
    placed = plant(entries, remarks, lambda entry: _message(entry, remarks), "parent")
    document = seal(conversation, placed, remarks)
    facts = document["conversation"]
    facts["origin"] = facts["origin"] or origin(NAME, facts["id"], conversation)
    return document, remarks


def _message(entry: dict[str, Any], remarks: Remarks) -> dict[str, Any] | None:
    if entry.get("role") in ROLES:
        return entry
    remarks.add("message_role")
    return None


def collections(value: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """List the folders and presets of a document of settings, the first 1,000 of each."""
    return {
        kind: [read(TUNED, mapping(entry), Remarks().add) for entry in sequence(value.get(kind))[:1000]]
        for kind in ("folders", "presets")
    }


def is_conversation(value: dict[str, Any]) -> bool:
    """Tell a conversation from settings."""
    return "conversation" in value

"""Read Parley's own export: a document for each conversation, and one of folders and presets. Pure."""

from typing import Any

from parley.codec import FORMAT, TUNED, VERSION, read
from parley.transfer.tally import Remarks
from parley.values import identifier, mapping, sequence, text

from .drafting import origin
from .sealing import seal
from .tree import Node, plant

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
    nodes = [_node(entry, f"#{number}", remarks) for number, entry in enumerate(sequence(conversation.get("messages")))]
    document = seal(conversation, plant(nodes, remarks), remarks)
    facts = document["conversation"]
    facts["origin"] = facts["origin"] or origin(NAME, facts["id"], conversation)
    return document, remarks


def _node(entry: Any, name: str, remarks: Remarks) -> Node[dict[str, Any]]:
    if not isinstance(entry, dict):
        remarks.add("message_broken")
        return Node(name, "", None)
    known = entry.get("role") in ROLES
    remarks.add("message_role", int(not known))
    return Node(identifier(entry.get("id")) or name, identifier(entry.get("parent")), entry if known else None)


def collections(value: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """List the folders and presets of a document of settings, the first 1,000 of each."""
    return {
        kind: [read(TUNED, mapping(entry), Remarks().add) for entry in sequence(value.get(kind))[:1000]]
        for kind in ("folders", "presets")
    }


def is_conversation(value: dict[str, Any]) -> bool:
    """Tell a conversation from settings."""
    return "conversation" in value

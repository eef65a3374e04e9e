"""Our own export: a document for each conversation, and one of folders and presets. Pure."""

from typing import Any

from parley.text import clean_line
from parley.transfer.tally import Remarks

from .drafting import origin
from .sealing import parameters, seal
from .values import mapping, sequence, text

NAME = "parley"
VERSION = 1


def recognises(value: Any) -> bool:
    return isinstance(value, dict) and value.get("format") == NAME


def documents(value: dict[str, Any]) -> tuple[dict[str, Any] | None, Remarks]:
    """None for what is newer than this version reads."""
    conversation = mapping(value.get("conversation"))
    remarks = Remarks(text(conversation.get("title")))
    if value.get("version") != VERSION:
        remarks.add("conversation_newer")
        return None, remarks
    document = seal(value, remarks)
    facts = document["conversation"]
    facts["origin"] = facts["origin"] or origin(NAME, facts["id"], conversation)
    return document, remarks


def collections(value: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The folders and presets that a document lists, if it is one of those."""
    return {kind: [_tuned(entry) for entry in sequence(value.get(kind))[:1000]] for kind in ("folders", "presets")}


def is_conversation(value: dict[str, Any]) -> bool:
    return "conversation" in value


def _tuned(entry: Any) -> dict[str, Any]:
    told = mapping(entry)
    return {
        "name": clean_line(told.get("name"), 100),
        "model": clean_line(told.get("model"), 200),
        "instructions": text(told.get("instructions"))[:1_000_000],
        "parameters": parameters(told.get("parameters")),
    }

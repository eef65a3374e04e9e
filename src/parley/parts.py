"""Parts of a message besides its text, such as sources, files and tool calls: their kinds, and words for people."""

import json
from typing import Any

from django.utils.translation import gettext, gettext_noop

from parley.text import clean, clean_address, clean_line

SOURCE = "citation"

KINDS = {
    "tool_call": gettext_noop("Tool called"),
    "tool_result": gettext_noop("Tool's result"),
    "code": gettext_noop("Code that was run"),
    "output": gettext_noop("Output"),
    "image": gettext_noop("Picture, not copied"),
    "file": gettext_noop("File, not copied"),
    "audio": gettext_noop("Recording, not copied"),
    "quote": gettext_noop("Quotation"),
    "citation": gettext_noop("Source"),
    "canvas": gettext_noop("Document"),
    "merged": gettext_noop("Merged answer"),
    "error": gettext_noop("Error"),
    "context": gettext_noop("Step"),
    "data": gettext_noop("Unknown kind"),
}
UNSHOWN = {
    "image": gettext_noop("The model sent a picture, which cannot be shown here."),
    "audio": gettext_noop("The model sent a recording, which cannot be played here."),
    "file": gettext_noop("The model sent a file, which cannot be shown here."),
    "tool_call": gettext_noop("The model wanted to use a tool, and there is none here."),
    "data": gettext_noop("The model sent something that is not text and cannot be shown here."),
}
LONGEST_NAME = 200

MAX_SHOWN = 100
LONGEST_SHOWN = 4_000
"""Characters of one part on a page; exports have all of it."""


def valid_parts(parts: Any) -> list[dict[str, Any]]:
    """Keep what is a part, whatever was stored.

    >>> valid_parts([{"type": "file"}, None]), valid_parts("x")
    ([{'type': 'file'}], [])
    """
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def sources(parts: Any) -> list[dict[str, str]]:
    """List the sources of an answer for a page: {"url", "name"}, web addresses only.

    >>> sources([{"type": "citation", "url": "https://a.org/", "name": "A"}, {"type": "citation", "url": "x:y"}])
    [{'url': 'https://a.org/', 'name': 'A'}]
    """
    cited = (part for part in valid_parts(parts) if part.get("type") == SOURCE)
    found = [(clean_address(part.get("url")), clean_line(part.get("name"), LONGEST_NAME)) for part in cited]
    return [{"url": address, "name": name} for address, name in found if address]


def unshown(parts: Any) -> list[str]:
    """List sentences for a page on what the model sent and cannot be shown, one for each kind."""
    kinds = dict.fromkeys(str(part.get("type")) for part in valid_parts(parts))
    return [gettext(UNSHOWN[kind]) for kind in kinds if kind in UNSHOWN]


def shown(parts: Any) -> list[dict[str, str]]:
    """List at most MAX_SHOWN parts for a page: {"kind" in words, "name", "url" of the web, "text", cut}."""
    return [{key: clean(value) for key, value in _shown(part).items()} for part in valid_parts(parts)[:MAX_SHOWN]]


def _shown(part: dict[str, Any]) -> dict[str, str]:
    name, url = (str(part.get(key) or "") for key in ("name", "url"))
    data = part.get("data") if part.get("type") not in ("image", "file", "audio") else None
    text = str(part.get("text") or "") or (json.dumps(data, ensure_ascii=False, indent=1) if data else "")
    return {
        "kind": gettext(KINDS.get(str(part.get("type")), KINDS["data"])),
        "name": name,
        "url": url if url.lower().startswith(("http://", "https://")) else "",
        "text": text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…",
    }

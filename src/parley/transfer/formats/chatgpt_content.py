"""Read the content of ChatGPT's messages by its kind, and their attachments and sources. Pure."""

import re
from typing import Any

from parley.text import clean_line, fenced
from parley.values import mapping, number, sequence, text

from .drafting import Content, Readers

MAX_REFERENCES = 500
LONGEST_WITH_REFERENCES = 300_000

_ASSET = re.compile(r"file[-_][A-Za-z0-9]{16,}")
_MARKER = re.compile("\ue200[^\ue200\ue201]*\ue201")


def asset_in(name: str) -> str:
    """Find the id of a file in a pointer to it, or in the name of a member of the archive; "" where there is none.

    >>> asset_in("user-1/file-4Umt1yHoGKicdmLWzFJ9sC-photo.png"), asset_in("sediment://file_123")
    ('file-4Umt1yHoGKicdmLWzFJ9sC', '')
    """
    found = _ASSET.match(name.rpartition("/")[2])
    return found[0] if found else ""


def read(message: dict[str, Any], content: Content) -> Content:
    """Add a message's content by its ``content_type`` → ``content``."""
    raw = message["content"]
    if mapping(raw).keys() != {"content_type"}:
        _part(content, raw)
    return content


def _part(content: Content, part: Any) -> None:
    content.read(part, READERS, mapping(part).get("content_type"))


def _text(content: Content, raw: dict[str, Any]) -> None:
    content.add_text("".join(text(part) for part in sequence(raw.get("parts"))) or text(raw.get("text")))
    for part in sequence(raw.get("parts")):
        if not isinstance(part, str):
            _part(content, part)


def _multimodal(content: Content, raw: dict[str, Any]) -> None:
    for part in sequence(raw.get("parts")):
        _part(content, part)


def _image(content: Content, part: dict[str, Any]) -> None:
    prompt = mapping(mapping(part.get("metadata")).get("dalle")).get("prompt")
    size = {key: part[key] for key in ("width", "height", "size_bytes") if number(part.get(key)) is not None}
    if not content.attach(asset_in(text(part.get("asset_pointer"))), kind="image/"):
        content.part("image", part.get("asset_pointer"), prompt, data=size)


def _audio(content: Content, part: dict[str, Any]) -> None:
    inner = mapping(part.get("audio_asset_pointer")) or part
    content.part("audio", inner.get("asset_pointer") or part["content_type"])


def _code(content: Content, raw: dict[str, Any]) -> None:
    language = clean_line(raw.get("language"), 40)
    words = text(raw.get("text")) or "".join(text(part) for part in sequence(raw.get("parts")))
    if words.strip():
        content.add_text(fenced(words, language if language.isalnum() and language != "unknown" else ""))


def _output(content: Content, raw: dict[str, Any]) -> None:
    words = raw.get("text") or raw.get("output_str") or "".join(text(part) for part in sequence(raw.get("parts")))
    content.part("output", words=words)


def _quote(content: Content, raw: dict[str, Any]) -> None:
    content.part("quote", raw.get("title") or raw.get("domain"), raw.get("text"), url=raw.get("url"))


def _browsing(content: Content, raw: dict[str, Any]) -> None:
    content.part("output", raw.get("summary"), raw.get("result"))
    if sequence(raw.get("assets")):
        content.part("data", data=raw["assets"])


def _reasoning(content: Content, raw: dict[str, Any]) -> None:
    reasoning = raw.get("thoughts")
    if isinstance(reasoning, str):
        content.add_reasoning(reasoning)
    for reasoning_step in sequence(reasoning):
        if isinstance(reasoning_step, dict):
            summary, words = text(reasoning_step.get("summary")), text(reasoning_step.get("content"))
            content.add_reasoning(f"**{summary}**\n\n{words}" if summary and words else summary or words)
        else:
            content.add_reasoning(reasoning_step)
    for part in sequence(raw.get("parts")):
        content.add_reasoning(part)


def _recap(content: Content, raw: dict[str, Any]) -> None:
    """Keep a recap unless it only says how long the model thought, which becomes a number."""
    words = text(raw.get("content"))
    if not words.startswith("Thought for"):
        content.add_reasoning(words)


def _computer(content: Content, raw: dict[str, Any]) -> None:
    state = mapping(raw.get("state"))
    content.part("output", state.get("title") or raw.get("content_type"), url=state.get("url"), data=state)
    if raw.get("screenshot"):
        _part(content, raw["screenshot"])


def _app(content: Content, raw: dict[str, Any]) -> None:
    content.part("context", raw.get("content_type"), data=raw, why="content_unknown")


CONTEXTS = ("user_editable_context", "model_editable_context")
READERS: Readers = {
    "text": _text, "multimodal_text": _multimodal, "code": _code, "execution_output": _output,
    "citable_code_output": _output, "tether_quote": _quote, "sonic_webpage": _quote,
    "tether_browsing_display": _browsing, "tether_browsing_code": _code, "thoughts": _reasoning,
    "reasoning_recap": _recap, "computer_output": _computer,
    "system_error": lambda content, raw: content.part("error", raw.get("name"), raw.get("text")),
    "app_pairing_content": _app, "super_widget": _app, "image_asset_pointer": _image,
    "audio_transcription": lambda content, raw: content.add_text(raw.get("text")), "audio_asset_pointer": _audio,
    "video_container_asset_pointer": _audio, "real_time_user_audio_video_asset_pointer": _audio,
}  # fmt: skip


def attach(content: Content, metadata: dict[str, Any]) -> None:
    """Keep attached files, pictures that code made, and the canvas as parts."""
    for entry in sequence(metadata.get("attachments")):
        raw = mapping(entry)
        about = {"kind": raw.get("mime_type") or raw.get("mimeType"), "size": raw.get("size")}
        about = {key: value for key, value in about.items() if value is not None}
        if not content.attach(asset_in(text(raw.get("id"))), raw.get("name"), about.get("kind")):
            content.part("file", raw.get("name") or raw.get("id"), data=about)
    for entry in sequence(mapping(metadata.get("aggregate_result")).get("messages")):
        if mapping(entry).get("message_type") == "image":
            content.part("image", entry.get("image_url") or "image")
    canvas = mapping(metadata.get("canvas"))
    content.part("canvas", canvas.get("title"), data=canvas)


def cite(content: Content, metadata: dict[str, Any]) -> None:
    """Replace reference marks by the text shown in their place, and keep the sources as parts."""
    references = [mapping(entry) for entry in sequence(metadata.get("content_references"))[:MAX_REFERENCES]]
    for reference in references:
        mark, shown = text(reference.get("matched_text")), text(reference.get("alt"))
        if len(mark.strip()) > 1 and sum(map(len, content.texts)) <= LONGEST_WITH_REFERENCES:
            content.texts = [words.replace(mark, shown) for words in content.texts]
        for source in [reference, *sequence(reference.get("items")), *sequence(reference.get("sources"))]:
            _source(content, mapping(source))
    for citation in sequence(metadata.get("citations"))[:MAX_REFERENCES]:
        _source(content, mapping(mapping(citation).get("metadata")))
    content.texts = [words for words in (_MARKER.sub("", words) for words in content.texts) if words.strip()]


def _source(content: Content, raw: dict[str, Any]) -> None:
    if raw.get("url") or raw.get("name"):
        known = any(part.get("url") and part["url"] == raw.get("url") for part in content.parts[-50:])
        if not known:
            content.part("citation", raw.get("title") or raw.get("name") or raw["url"], url=raw.get("url"))

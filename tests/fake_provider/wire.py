"""Bytes of the streaming chat API."""

import json
import time
import uuid
from typing import Any

DONE = b"data: [DONE]\n\n"


class Chunks:
    """Encodes the chunks of one answer; the parts that never change are encoded once."""

    def __init__(self, model: str, usage_wanted: bool) -> None:
        self.head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": "fp_fake",
        }
        self.tail: dict[str, Any] = {"usage": None} if usage_wanted else {}
        self.before, self.after = self.delta({"content": "@@"}).split(b'"@@"')

    def content(self, text: str, *, escaped: bool = True) -> bytes:
        """Encode a delta of content; escaped as OpenAI does, or as raw UTF-8."""
        return b"".join((self.before, json.dumps(text, ensure_ascii=escaped).encode(), self.after))

    def role(self) -> bytes:
        return self.delta({"role": "assistant", "content": "", "refusal": None})

    def delta(self, delta: dict[str, Any] | None, finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self.event({"choices": [choice], **self.tail})

    def usage(self, prompt_tokens: int, completion_tokens: int, **details: Any) -> bytes:
        total = prompt_tokens + completion_tokens
        counts = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": total}
        return self.event({"choices": [], "usage": {**counts, **details}})

    def event(self, fields: dict[str, Any]) -> bytes:
        return b"data: %s\n\n" % json.dumps({**self.head, **fields}, separators=(",", ":")).encode()


def error_body(status: int, message: str, code: str | None = None, param: str | None = None) -> bytes:
    """Return an error as OpenAI words it."""
    kind = {401: "authentication_error", 404: "invalid_request_error", 429: "requests"}.get(status, "server_error")
    return json.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}}).encode()

"""What one request asks of the provider."""

import base64
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

WRONG_KEY = "sk-wrong"
MISSING_MODEL = "no-such-model"
TITLE_MODEL = "fake-title"
NARROW = "fake-narrow"
NO_PREFILL = "fake-no-prefill"
NEEDS_PREFIX = "fake-prefix"
GO_ON = "Go on from exactly where you stopped"


@dataclass(frozen=True)
class Ask:
    """The last question of a request, read as a directive when it starts with a slash."""

    question: str
    model: str = "fake-1"
    key: str = ""
    prefill: str = ""
    usage_wanted: bool = False
    files: tuple[str, ...] = ()

    @classmethod
    def from_request(cls, body: dict[str, Any], headers: dict[str, str]) -> "Ask":
        """Raise KeyError or TypeError for a body that is not a chat completion request."""
        messages = body["messages"]
        if text_of(messages[-1]).startswith(GO_ON):
            messages = messages[:-1]
        questions = [text_of(message) for message in messages if message["role"] == "user"]
        last, question = messages[-1], questions[-1] if questions else ""
        return cls(
            question=titling(question) if body["model"] == TITLE_MODEL else last_of(question),
            model=body["model"],
            key=headers.get("authorization", "").removeprefix("Bearer ").strip(),
            prefill=text_of(last) if last["role"] == "assistant" else "",
            usage_wanted=bool((body.get("stream_options") or {}).get("include_usage")),
            files=tuple(size for message in messages for size in sizes(message)),
        )

    @cached_property
    def verb(self) -> str:
        """Return `say` for `/say 3 words`, and `echo` when the question is no directive."""
        match = re.match(r"/([a-z0-9-]+)", self.question)
        return match[1] if match else "echo"

    @cached_property
    def arguments(self) -> str:
        return re.sub(r"^/[a-z0-9-]+\s*", "", self.question)

    def count(self, default: int) -> int:
        """Return the first number of the directive: 5 of `/cut-after 5 of 20`."""
        match = re.match(r"\d+", self.arguments)
        return int(match[0]) if match else default

    def option(self, name: str, default: float) -> float:
        """Return the number after a name: 50 of `at 50`."""
        match = re.search(rf"(?<![\w-]){name} (\d+(?:\.\d+)?)", self.arguments)
        return float(match[1]) if match else default


def titling(request: str) -> str:
    """Return the directive that a conversation's first question has for its title: `/say 5 words titled by /empty`."""
    found = re.search(r" titled by (/[^\n]*)", request)
    return found[1] if found else '/say-text "A title by the model"'


def last_of(turn: str) -> str:
    """Return the last of several questions that are one turn, the first of which is a directive or has files."""
    return turn.rpartition("\n\n")[2] if turn.startswith(("/", "<file ", "[picture: ", "[file: ")) else turn


def sizes(message: dict[str, Any]) -> list[str]:
    """Return what a message has of files: `12 characters` of a text, `image/png 68 bytes` of a picture."""
    texts = re.findall(r'<file [^>]* id="(\w+)">\n(.*?)\n</file \1>', text_of(message), re.DOTALL)
    seen = [f"{kind} {len(data)} bytes" for kind, data in pictures(message)]
    return seen + [f"{len(text)} characters" for _, text in texts]


def pictures(message: dict[str, Any]) -> list[tuple[str, bytes]]:
    """Return the media type and the bytes of each picture of a message."""
    parts = message["content"] if isinstance(message["content"], list) else []
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    heads = [url.removeprefix("data:").partition(";base64,") for url in urls]
    return [(kind, base64.b64decode(data, validate=True)) for kind, _, data in heads]


def text_of(message: dict[str, Any]) -> str:
    """Return the text of a message whose content is a string or a list of parts."""
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)

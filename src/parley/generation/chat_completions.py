"""The wire of chat completions: a request → its body, in the dialect that a model accepts. Pure.

Each server refuses some other part of OpenAI's reference; what is refused is learned, and put differently.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .inclusion import Picture
from .prompt import ProviderMessage, Request
from .refusals import Refusal

PATH = "/chat/completions"
STREAM = {"stream": True, "stream_options": {"include_usage": True}}
NEEDED = frozenset({"model", "messages", "stream"})
NEWER_NAMES = {"max_tokens": "max_completion_tokens"}
"""Every compatible server knows the older name; OpenAI's reasoning models refuse it and name the newer one."""
OLDER_NAMES = {newer: older for older, newer in NEWER_NAMES.items()}
GO_ON = "Go on from exactly where you stopped. Do not repeat anything, and do not comment on it."
UNNAMED = re.compile(
    r"(extra|additional|unexpected|unknown|unrecogni[sz]ed|unsupported|extraneous)\W+"
    r"(request )?(field|input|parameter|param|propert|argument|key|keyword)"
)
"""Words of a refusal that may be about any field."""
NO_SYSTEM = re.compile(r"\bsystem\b|developer instruction|only (user|assistant)", re.IGNORECASE)
"""Words of templates that have no place for instructions, as Gemma's."""
NO_SYSTEM_ROLE = re.compile(r"\bsystem\W+(role|prompt|message|instruction)|\brole\W+(\w+\W+)?system\b", re.IGNORECASE)
"""The same from a server that may simply have failed: "system error" does not count."""
TURNS = re.compile(r"\b(roles?|assistant|prefill|prefix|alternate|user)\b", re.IGNORECASE)
"""Words of a server that cannot continue an answer; without one of them it may simply have failed."""

Body = dict[str, Any]


@dataclass(frozen=True)
class Dialect:
    """How a request is put to a model.

    ``without``: parameters that are left out; ``going_on``: how a begun answer is continued: "prefill" ends the request
    with it, "prefix" also marks it as Mistral wants, "question" asks for the rest.
    ``instructs``: whether there is a role for instructions; otherwise they stand above the first question.
    ``guessed``: whether the server may simply have failed, so that this dialect is not to be remembered.
    """

    without: frozenset[str] = frozenset()
    newer_names: bool = False
    going_on: str = "prefill"
    instructs: bool = True
    guessed: bool = False

    def after(self, refusal: Refusal, request: Request) -> "Dialect | None":
        """Return the dialect to try after this one was refused, None where another would not help.

        >>> refusal = Refusal(400, "Use 'max_completion_tokens' instead of 'max_tokens'.")
        >>> Dialect().after(refusal, Request("m", [], {"max_tokens": 9})).newer_names
        True
        """
        if not refusal.about_the_request:
            return None
        sent = body(request, self)
        if not self.newer_names and wants_newer_name(refusal.message, sent):
            return replace(self, newer_names=True)
        to_blame = blame(refusal, sent)
        no_system = NO_SYSTEM if refusal.status < 500 else NO_SYSTEM_ROLE
        if not to_blame and instructs(sent) and no_system.search(refusal.message):
            return replace(self, instructs=False)
        if not to_blame and goes_on(request) and self.going_on != "question":
            return self._going_on_otherwise(refusal)
        optional = request.optional | {"stream_options"}
        if not to_blame and UNNAMED.search(refusal.message.lower()):
            to_blame = [*optional]
        ours = frozenset(name for name in to_blame if name in optional and {name, NEWER_NAMES.get(name)} & sent.keys())
        return replace(self, without=self.without | ours) if ours else None

    def _going_on_otherwise(self, refusal: Refusal) -> "Dialect":
        marked = self.going_on == "prefill" and re.search(r"\bprefix\b", refusal.message)
        guessed = self.guessed or (refusal.status >= 500 and not TURNS.search(refusal.message))
        return replace(self, going_on="prefix" if marked else "question", guessed=guessed)


def body(request: Request, dialect: Dialect) -> Body:
    """Return the body of a request for a stream, to be sent as JSON.

    >>> body(Request("m", []), Dialect(without=frozenset({"stream_options"})))
    {'model': 'm', 'messages': [], 'stream': True}
    """
    messages = [*map(_as_sent, request.messages)]
    body = {"model": request.model, "messages": messages, **STREAM, **request.parameters}
    body = {name: value for name, value in body.items() if name not in dialect.without}
    if not dialect.instructs and instructs(body):
        body["messages"] = _without_system(body["messages"])
    if goes_on(request):
        body["messages"] = _going_on(body["messages"], dialect.going_on)
    return in_newer_names(body) if dialect.newer_names else body


def picture(media_type: str, base64: str) -> Body:
    """Return the part of a message that is a picture."""
    return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{base64}"}}


def _as_sent(message: ProviderMessage) -> Body:
    """Return a message as it is, or, where it has pictures, in parts, of which these are still to be written."""
    content = message["content"]
    if isinstance(content, str):
        return {**message}
    return {**message, "content": [part if isinstance(part, Picture) else _text(part) for part in content]}


def _text(words: str) -> Body:
    return {"type": "text", "text": words}


def in_newer_names(parameters: Body) -> Body:
    """Return parameters under the names that newer models of OpenAI want."""
    return {NEWER_NAMES.get(name, name): value for name, value in parameters.items()}


def wants_newer_name(body: str, sent: Iterable[str]) -> bool:
    """Return whether a refusal asks for the newer name of something that was sent."""
    return any(older in sent and newer in body for older, newer in NEWER_NAMES.items())


def blame(refusal: Refusal, sent: Iterable[str]) -> list[str]:
    """Return the sent parameters that a refusal is about, by our names.

    OpenAI names it in the field ``param`` of its errors; other providers only write a sentence.

    >>> blame(Refusal(400, "temperature must be at most 1"), ["model", "temperature", "top_p"])
    ['temperature']
    """
    names, body = [name for name in sent if name not in NEEDED], refusal.message
    found = [refusal.param] if refusal.param in names else [n for n in names if re.search(rf"\b{n}\b", body)]
    if not found and "reasoning_effort" in names and re.search(r"\b(thinking|reasoning)\b", body):
        found = ["reasoning_effort"]
    return [OLDER_NAMES.get(name, name) for name in found]


def goes_on(request: Request) -> bool:
    """Return whether a request is for the rest of an answer that has begun."""
    return bool(request.messages) and request.messages[-1]["role"] == "assistant"


def instructs(sent: Body) -> bool:
    """Return whether a body has instructions above a first question."""
    return [message["role"] for message in sent["messages"][:2]] == ["system", "user"]


def _without_system(messages: list[Any]) -> list[Any]:
    system, first, *others = messages
    words, content = system["content"], first["content"]
    joined = f"{words}\n\n{content}" if isinstance(content, str) else [_text(words), *content]
    return [{"role": "user", "content": joined}, *others]


def _going_on(messages: list[Any], form: str) -> list[Any]:
    if form == "prefix":
        return [*messages[:-1], {**messages[-1], "prefix": True}]
    return [*messages, {"role": "user", "content": GO_ON}] if form == "question" else messages

"""How a model wants to be asked, learned from its refusals. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from .parameters import blamed, in_newer_names, wants_newer_name
from .refusals import Refusal

GO_ON = "Go on from exactly where you stopped. Do not repeat anything, and do not comment on it."
UNNAMED = re.compile(
    r"(extra|additional|unexpected|unknown|unrecogni[sz]ed|unsupported|extraneous)\W+"
    r"(request )?(field|input|parameter|param|propert|argument|key|keyword)"
)
"""The words of a refusal that may be about any field."""
NO_SYSTEM = re.compile(r"\bsystem\b|developer instruction|only (user|assistant)", re.IGNORECASE)
"""The words of templates that have no place for instructions, as Gemma's."""
NO_SYSTEM_ROLE = re.compile(r"\bsystem\W+(role|prompt|message|instruction)|\brole\W+(\w+\W+)?system\b", re.IGNORECASE)
"""The same from a server that may as well have failed: "system error" is none of it."""
NEEDED = frozenset({"model", "messages", "stream"})


@dataclass(frozen=True)
class Dialect:
    """``without``: parameters that are left out; ``going_on``: how a begun answer is gone on with.

    "prefill": it ends the request, "prefix": and is marked as Mistral wants it, "question": it is asked for.
    ``instructs``: whether there is a role for instructions; else they stand above the first question.
    """

    without: frozenset[str] = frozenset()
    newer_names: bool = False
    going_on: str = "prefill"
    instructs: bool = True

    def say(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body of a request as this model takes it."""
        body = {name: value for name, value in body.items() if name not in self.without}
        if not self.instructs and instructs(body):
            body["messages"] = _without_system(body["messages"])
        if goes_on(body):
            body["messages"] = _going_on(body["messages"], self.going_on)
        return in_newer_names(body) if self.newer_names else body

    def after(self, refusal: Refusal, body: dict[str, Any], optional: Collection[str]) -> "Dialect | None":
        """The dialect to try next, once this one was refused; None where another would not help.

        ``optional``: parameters that nobody has set, which the answer can do without.
        """
        if not refusal.about_the_request:
            return None
        sent = self.say(body)
        if not self.newer_names and wants_newer_name(refusal.said, sent):
            return replace(self, newer_names=True)
        to_blame = blame(refusal, sent)
        no_system = NO_SYSTEM if refusal.status < 500 else NO_SYSTEM_ROLE
        if not to_blame and instructs(sent) and no_system.search(refusal.said):
            return replace(self, instructs=False)
        if not to_blame and goes_on(body) and self.going_on != "question":
            return self._going_on_otherwise(refusal)
        if not to_blame and UNNAMED.search(refusal.said.lower()):
            to_blame = [name for name in optional if name in body and name not in self.without]
        ours = frozenset(optional).intersection(to_blame)
        return replace(self, without=self.without | ours) if ours else None

    def _going_on_otherwise(self, refusal: Refusal) -> "Dialect":
        marked = self.going_on == "prefill" and re.search(r"\bprefix\b", refusal.said)
        return replace(self, going_on="prefix" if marked else "question")


def blame(refusal: Refusal, sent: dict[str, Any]) -> list[str]:
    """The parameters of a request that its refusal is about, by our names."""
    return blamed(refusal.said, (name for name in sent if name not in NEEDED), named=refusal.param)


def goes_on(body: dict[str, Any]) -> bool:
    """Whether the request is for the rest of an answer that has begun."""
    return bool(body["messages"]) and body["messages"][-1]["role"] == "assistant"


def instructs(body: dict[str, Any]) -> bool:
    """Whether the request has instructions beside a question."""
    return [message["role"] for message in body["messages"][:2]] == ["system", "user"]


def _without_system(messages: list[Any]) -> list[Any]:
    system, first, *others = messages
    return [{"role": "user", "content": f"{system['content']}\n\n{first['content']}"}, *others]


def _going_on(messages: list[Any], form: str) -> list[Any]:
    if form == "prefix":
        return [*messages[:-1], {**messages[-1], "prefix": True}]
    return [*messages, {"role": "user", "content": GO_ON}] if form == "question" else messages

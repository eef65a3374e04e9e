"""One answer as many vendors say it: what is said is known, how it is said is any of these.

Sources: the vendors' references and the bugs that were reported against clients which knew only one of them.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]
SAID = "The engine is on fire."
USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}


@dataclass(frozen=True)
class Answer:
    """What is said: ``thoughts``, then ``texts``, each in pieces; ``end`` is one of ENDS."""

    texts: list[str]
    thoughts: list[str] = field(default_factory=list)
    end: str = "stop"

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def thought(self) -> str:
        return "".join(self.thoughts)


def chunk(delta: Any, reason: Any = None, **more: Any) -> Event:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **more}


def in_choice(**more: Any) -> Event:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "finish_reason": None, **more}]}


GOOD_ENDS: dict[str, list[Event]] = {
    "stop": [chunk({}, "stop")],
    "stop, usage": [chunk({}, "stop"), {"choices": [], "usage": USAGE}],
    "length": [chunk({"content": ""}, "length")],
    "eos_token": [chunk({}, "eos_token")],
    "end_turn": [chunk({}, "end_turn")],
    "STOP": [chunk({}, "STOP")],
    "finishReason": [{"choices": [{"index": 0, "delta": {}, "finishReason": "stop"}]}],
    "an error after it": [chunk({}, "stop"), {"error": {"message": SAID}}],
}
BAD_ENDS: dict[str, list[Event]] = {
    "cut": [],
    "OpenAI": [{"error": {"message": SAID, "type": "server_error", "code": None}}],
    "vLLM": [{"object": "error", "message": SAID, "code": 500}],
    "FastAPI": [{"detail": SAID}],
    "validation": [{"detail": [{"loc": ["body"], "msg": SAID}]}],
    "DashScope": [{"code": "InternalError", "message": SAID}],
    "Anthropic": [{"type": "error", "error": {"type": "overloaded_error", "message": SAID}}],
    "OpenRouter": [{"error": {"code": 502, "message": SAID}, **chunk({"content": ""}, "error")}],
    "choice": [in_choice(delta={}, error={"message": SAID})],
    "MiniMax": [{"choices": None, "base_resp": {"status_code": 1008, "status_msg": SAID}}],
    "reason error": [chunk({}, "error")],
    "reason abort": [chunk({}, "abort")],
    "reason unknown": [chunk({}, "gone_fishing")],
    "reason taken back": [chunk({}, "error"), chunk({}, "stop")],
}
ENDS = {**GOOD_ENDS, **BAD_ENDS}


def blocks(answer: Answer, think: Callable[[str], Any], say: Callable[[str], Any]) -> list[Event]:
    return [chunk(think(one)) for one in answer.thoughts] + [chunk(say(one)) for one in answer.texts]


def openai(answer: Answer) -> list[Event]:
    """OpenAI: the role first, then text alone."""
    return [chunk({"role": "assistant", "content": "", "refusal": None}), *vllm(answer)]


def vllm(answer: Answer) -> list[Event]:
    """vLLM, SGLang, LM Studio, llama.cpp: thoughts in ``reasoning_content``."""
    return blocks(answer, lambda words: {"reasoning_content": words}, lambda words: {"content": words})


def deepseek(answer: Answer) -> list[Event]:
    """DeepSeek: both fields in every delta, one of them null."""
    return blocks(
        answer,
        lambda words: {"content": None, "reasoning_content": words},
        lambda words: {"content": words, "reasoning_content": None},
    )


def ollama(answer: Answer) -> list[Event]:
    """Ollama, Groq, Cerebras: the role with every delta, thoughts in ``reasoning``."""
    return blocks(
        answer,
        lambda words: {"role": "assistant", "content": "", "reasoning": words},
        lambda words: {"role": "assistant", "content": words},
    )


def openrouter(answer: Answer) -> list[Event]:
    """OpenRouter: the same thoughts twice, as ``reasoning`` and as ``reasoning_details``."""

    def think(words: str) -> Event:
        detail = {"type": "reasoning.text", "text": words, "format": "unknown", "index": 0}
        return {"role": "assistant", "content": "", "reasoning": words, "reasoning_details": [detail]}

    return blocks(answer, think, lambda words: {"role": "assistant", "content": words, "reasoning": None})


def only_details(answer: Answer) -> list[Event]:
    """OpenRouter, for models whose thoughts are summaries or encrypted, behind a gateway that adds an empty field."""

    def think(words: str) -> Event:
        details = [{"type": "reasoning.summary", "summary": words}, {"type": "reasoning.encrypted", "data": "eA=="}]
        return {"content": "", "reasoning_content": "", "reasoning_details": details}

    return blocks(answer, think, lambda words: {"content": words})


def mistral(answer: Answer) -> list[Event]:
    """Mistral's Magistral: a list of parts, and thoughts as a list in one of them."""

    def think(words: str) -> Event:
        return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": words}], "closed": False}]}

    def say(words: str) -> Event:
        return {"content": [{"type": "text", "text": words}, {"type": "reference", "reference_ids": [1]}]}

    return blocks(answer, think, say)


def anthropic(answer: Answer) -> list[Event]:
    """Proxies of Anthropic: its content blocks, all at once."""
    thoughts = [{"type": "thinking", "thinking": words, "signature": "x"} for words in answer.thoughts]
    texts = [{"type": "text", "text": words} for words in answer.texts]
    return [chunk({"content": [*thoughts, {"type": "redacted_thinking", "data": "x"}, *texts]})]


def databricks(answer: Answer) -> list[Event]:
    """Databricks: thoughts as the summary of a part, text as a string."""

    def think(words: str) -> Event:
        return {"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": words}]}]}

    return blocks(answer, think, lambda words: {"content": words})


def refusing(answer: Answer) -> list[Event]:
    """OpenAI: what the model says when it refuses."""
    return blocks(answer, lambda words: {"reasoning": words}, lambda words: {"content": None, "refusal": words})


def speaking(answer: Answer) -> list[Event]:
    """OpenAI: a spoken answer has its text in ``audio``."""
    return blocks(
        answer,
        lambda words: {"reasoning": words},
        lambda words: {"audio": {"id": "a", "transcript": words, "data": "eA=="}},
    )


def azure(answer: Answer) -> list[Event]:
    """Azure: filters before the first choice and after the last word."""
    filters = {"choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]}
    return [filters, *openai(answer), in_choice(content_filter_results={}, content_filter_offsets={"check_offset": 1})]


def perplexity(answer: Answer) -> list[Event]:
    """Perplexity: the whole message so far, sources and usage with every delta."""
    events, words = vllm(answer), ""
    for event in events:
        words += event["choices"][0]["delta"].get("content", "")
        event["choices"][0]["message"] = {"role": "assistant", "content": words}
        event |= {
            "citations": ["https://example.com/a"],
            "usage": USAGE,
            "search_results": [{"url": "https://b.example/"}],
        }
    return events


def stop_on_every_chunk(answer: Answer) -> list[Event]:
    """Gateways of Gemini (gcli2api issue 403, Open WebUI issue 16377): each chunk says that it is the last."""
    events = openai(answer)
    for event in events:
        event["choices"][0]["finish_reason"] = "stop"
    return events


def nothing_as_a_reason(answer: Answer) -> list[Event]:
    """Gateways that have no null."""
    events = openai(answer)
    for event, reason in zip(events, ["", "null", None] * len(events), strict=False):
        event["choices"][0]["finish_reason"] = reason
    return events


def message_for_delta(answer: Answer) -> list[Event]:
    """Gateways that stream whole messages of a few words."""
    thoughts = [in_choice(message={"reasoning_content": words}) for words in answer.thoughts]
    return thoughts + [in_choice(message={"role": "assistant", "content": words}) for words in answer.texts]


def legacy(answer: Answer) -> list[Event]:
    """The older completions interface, for servers of one model."""
    return message_for_delta(Answer([], answer.thoughts)) + [in_choice(text=words) for words in answer.texts]


def repeated(answer: Answer) -> list[Event]:
    """Azure and others: the whole answer once more beside an empty delta."""
    return (
        [*vllm(answer), in_choice(delta={}, message={"role": "assistant", "content": answer.text})]
        if answer.texts
        else []
    )


def with_empty_fields(answer: Answer) -> list[Event]:
    """LiteLLM and other proxies: every field there is, most of them empty."""
    empty = {"role": None, "tool_calls": None, "function_call": None, "audio": None, "annotations": [], "images": [],
             "refusal": None, "provider_specific_fields": None, "thinking_blocks": []}  # fmt: skip
    return blocks(
        answer, lambda words: {**empty, "reasoning_content": words}, lambda words: {**empty, "content": words}
    )


def two_choices(answer: Answer) -> list[Event]:
    """A server that was set to write two answers."""
    events = openai(answer)
    for event in events:
        event["choices"].insert(0, {"index": 1, "delta": {"content": "another answer"}, "finish_reason": None})
    return events


def usage_with_every_chunk(answer: Answer) -> list[Event]:
    """vLLM with continuous usage, with names and numbers as nobody should send them."""
    return [{**event, "usage": {"prompt_tokens": "5", "half \ud83d": 1, "cost": 0.1}} for event in vllm(answer)]


def tagged(opener: str, closer: str) -> Callable[[Answer], list[Event]]:
    def dialect(answer: Answer) -> list[Event]:
        before, after = [opener], [closer] if answer.texts or answer.end not in BAD_ENDS else []
        words = [*before, *answer.thoughts, *after] if answer.thoughts else []
        return vllm(Answer([*words, *answer.texts]))

    return dialect


DIALECTS: dict[str, Callable[[Answer], list[Event]]] = {
    function.__name__: function
    for function in (
        openai, vllm, deepseek, ollama, openrouter, only_details, mistral, anthropic, databricks, refusing, speaking,
        azure, perplexity, stop_on_every_chunk, nothing_as_a_reason, message_for_delta, legacy, two_choices,
        usage_with_every_chunk, repeated, with_empty_fields,
    )
}  # fmt: skip
TAGGED = {
    "<think>": tagged("<think>\n", "\n</think>\n\n"),
    "<thinking>": tagged("<thinking>", "</thinking>"),
    "<thought>": tagged("\n<thought>", "</thought>\n"),
    "[THINK]": tagged("[THINK]", "[/THINK]"),
    "harmony": tagged("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    "no opener": tagged("", "\n</think>\n\n"),
}
HEARTBEATS = (b": ping\n\n", b":\n\n", b"data:\n\n", b"data: \n\n", b"event: ping\ndata: {}\n\n", b"data: ping\n\n",
              b'data: {"type": "ping"}\n\n', b'data: {"choices": []}\n\n', b"\n\n", b"retry: 3000\n\n",
              b"id: 7\nevent: message\n\n")  # fmt: skip


def framed(events: list[Event], framing: str, *, done: str = "", heartbeats: Iterable[bytes] = ()) -> bytes:
    """Return the bytes of a stream, with a heartbeat before each of the first events."""
    beats = iter(heartbeats)
    lines = [json.dumps(event, separators=(",", ":")).encode() for event in events]
    if framing in ("NDJSON", "array"):
        return b"\n".join([*lines, b""]) if framing == "NDJSON" else b"[" + b",".join(lines) + b"]"
    before, after = {"no space": (b"data:", b"\n\n"), "CRLF": (b"data: ", b"\r\n\r\n"), "CR": (b"data: ", b"\r\r"),
                     "one newline": (b"data: ", b"\n")}.get(framing, (b"data: ", b"\n\n"))  # fmt: skip
    all_lines = [*lines, *([done.encode()] if done else [])]
    return b"".join(part for line in all_lines for part in (next(beats, b""), before + line + after))


FRAMINGS = ("plain", "no space", "CRLF", "CR", "one newline", "NDJSON")


def whole_json(answer: Answer, *, indent: int | None = None) -> bytes:
    """An answer that is no stream at all."""
    message = {"role": "assistant", "content": answer.text, "reasoning_content": answer.thought or None}
    body = {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    return json.dumps({**body, "usage": USAGE}, indent=indent).encode()

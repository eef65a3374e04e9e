"""How the provider answers: one coroutine per directive."""

import asyncio
import base64
import dataclasses
import json
import re
import time
import zlib
from collections.abc import Awaitable, Callable
from email.utils import formatdate

from tests.fake_provider.answers import cuts, follow_up
from tests.fake_provider.ask import MISSING_MODEL, NEEDS_PREFIX, NO_PREFILL, WRONG_KEY, Ask, pictures
from tests.fake_provider.refusals import refusal
from tests.fake_provider.reply import Reply

Scenario = Callable[[Reply], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}
FOREVER = 3600
HTML = b"<!DOCTYPE html><html><body><h1>503 Service Unavailable</h1><script>alert(1)</script></body></html>"
COMPLETION = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [{"index": 0, "message": {"content": "x"}}]}
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
PAUSE_BEFORE_RESET = 0.1


def scenario(verb: str) -> Callable[[Scenario], Scenario]:
    def register(function: Scenario) -> Scenario:
        SCENARIOS[verb] = function
        return function

    return register


async def play(reply: Reply) -> None:
    """Answer one request as its question, its key and its model demand."""
    ask = reply.ask
    if ask.key == WRONG_KEY:
        reply.error(401, f"Incorrect API key provided: {ask.key}.", "invalid_api_key")
    elif ask.model == MISSING_MODEL:
        reply.error(404, f"The model `{ask.model}` does not exist.", "model_not_found")
    elif wrongly := wrongly_begun(ask.model, reply.received.messages[-1]):
        reply.error(400, wrongly)
    elif ask.prefill:
        await tell_all(reply)
    else:
        await asyncio.sleep(ask.option("after", 0))
        await SCENARIOS.get(ask.verb, tell_all)(reply)


def wrongly_begun(model: str, last: dict[str, object]) -> str:
    """Return why an answer cannot be begun by the client like this, as Anthropic and Mistral say it, or ""."""
    if last["role"] == "assistant" and model == NO_PREFILL:
        return "This model does not support assistant message prefill. The conversation must end with a user message."
    if last["role"] == "assistant" and model == NEEDS_PREFIX and last.get("prefix") is not True:
        return "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
    return "Extra inputs are not permitted: prefix" if "prefix" in last and model != NEEDS_PREFIX else ""


@scenario("say")
async def tell_all(reply: Reply, reason: str = "stop") -> None:
    reply.open()
    await reply.tell()
    reply.finish(reason)
    reply.done()
    reply.end()


@scenario("error")
async def error(reply: Reply) -> None:
    """Fail with a status: `/error 429 retry-after 2`; `503html` has a web page as its body."""
    status = reply.ask.count(500)
    if reply.ask.arguments.startswith("503html"):
        reply.whole(503, HTML, "text/html")
        return
    message = f"Deliberate failure {status} for the key {reply.ask.key}."
    reply.error(status, message, **retry_after(reply.ask))


def retry_after(ask: Ask) -> dict[str, str]:
    """Return the header: seconds as in `retry-after 2`, or the date so many seconds from now as in `retry-date 2`."""
    if seconds := ask.option("retry-after", 0):
        return {"retry_after": f"{seconds:g}"}
    seconds = ask.option("retry-date", 0)
    return {"retry_after": formatdate(time.time() + seconds, usegmt=True)} if seconds else {}


@scenario("endless-error")
async def endless_error(reply: Reply) -> None:
    """Say what is wrong without an end, as long as somebody listens."""
    reply.head(500, content_type="text/plain")
    while True:
        reply.body(b"and furthermore " * 4096)
        await asyncio.sleep(0.005)


@scenario("forged-error")
async def forged_error(reply: Reply) -> None:
    """Say something that pretends to be a line of the log, with escapes for a terminal, and the key."""
    words = (
        f"first\r\n2026-11-28 ERROR all is lost\x1b[2J\x1b]0;title\x07\u202egnp.exe\u2028 {reply.ask.key}" + "x" * 9000
    )
    reply.whole(500, words.encode(), "text/plain")


@scenario("fail-first")
async def fail_first(reply: Reply) -> None:
    """Fail the first requests of a question: `/fail-first 2 with 429 then /say 20 words`.

    Instead of a status there may be a scenario, as in `with in-band-error 0 …`.
    """
    if reply.log.fails_again(reply.ask.question, reply.ask.count(1)):
        how = re.search(r"with (.*?) ?then ", reply.ask.arguments)
        failing = how[1] if how else "503"
        await play(instead(reply, f"/{failing}" if failing[0].isalpha() else f"/error {failing}"))
    else:
        await play(instead(reply, follow_up(reply.ask).question))


@scenario("refuse")
async def refuse(reply: Reply) -> None:
    """Refuse a parameter that was sent, in a server's words: `/refuse temperature as pydantic then /say 20 words`.

    `/refuse pictures as ollama` refuses a request with any.
    """
    name, _, way = reply.ask.arguments.partition(" then ")[0].partition(" as ")
    if name in (reply.received.body or {}) or (name == "pictures" and any(map(pictures, reply.received.messages))):
        status, body = refusal(name, way or "openai")
        reply.whole(status, body)
    else:
        await play(instead(reply, follow_up(reply.ask).question))


def instead(reply: Reply, question: str) -> Reply:
    """Return a reply to another question over the same connection."""
    ask: Ask = dataclasses.replace(reply.ask, question=question)
    return Reply(reply.transport, reply.received, ask, reply.log)


@scenario("json")
async def plain_json(reply: Reply) -> None:
    reply.whole(200, json.dumps(COMPLETION).encode())


@scenario("body")
async def any_body(reply: Reply) -> None:
    """Send any bytes, cut anywhere: `/body <base64 of them> as text/plain seed 3`; see ``question_for``.

    `@1000@` in them is a thousand letters.
    """
    kind = re.search(r" as (\S+)", reply.ask.arguments)
    reply.head(content_type=kind[1] if kind else "text/event-stream")
    text = base64.b64decode(reply.ask.arguments.split()[0]).decode("latin-1")
    body = re.sub(r"@(\d+)@", lambda size: "A" * int(size[1]), text)
    for block in cuts(body, int(reply.ask.option("seed", 0)), longest=max(400, len(body) // 50)):
        reply.body(block.encode("latin-1"))
        await asyncio.sleep(0)
    reply.end()


@scenario("empty")
async def empty(reply: Reply) -> None:
    reply.whole(200, b"", "text/event-stream")


@scenario("nothing")
async def nothing(reply: Reply) -> None:
    reply.head()
    reply.done()
    reply.end()


@scenario("no-first-byte")
async def no_first_byte(reply: Reply) -> None:
    await asyncio.sleep(FOREVER)


@scenario("stall-after")
async def stall_after(reply: Reply) -> None:
    reply.open()
    await reply.tell()
    await asyncio.sleep(FOREVER)


@scenario("slow-bytes")
async def slow_bytes(reply: Reply) -> None:
    reply.head()
    for byte in reply.chunks.role() + b"".join(map(reply.chunks.content, reply.blocks)):
        reply.body(bytes([byte]))
        await asyncio.sleep(1.5)


@scenario("reset-after")
async def reset_after(reply: Reply) -> None:
    reply.open()
    await reply.tell()
    reply.raw(b"ff\r\n" + reply.chunks.content(" never whole")[:40])
    await asyncio.sleep(PAUSE_BEFORE_RESET)
    reply.reset()


@scenario("cut-after")
async def cut_after(reply: Reply) -> None:
    """End the body in good order, but without a finish reason and `[DONE]`."""
    reply.open()
    await reply.tell()
    reply.end()


@scenario("drop-after")
async def drop_after(reply: Reply) -> None:
    """Close the connection without ending the body."""
    reply.open()
    await reply.tell()
    reply.drop()


@scenario("no-done")
async def no_done(reply: Reply) -> None:
    reply.open()
    await reply.tell()
    reply.finish()
    reply.end()


@scenario("broken-json")
async def broken_json(reply: Reply) -> None:
    reply.open()
    await reply.tell()
    reply.body(b'data: {"choices": [{"index": 0, "delta": {"con\n\n')
    reply.done()
    reply.end()


@scenario("in-band-error")
async def in_band_error(reply: Reply) -> None:
    reply.open()
    await reply.tell()
    message = reply.ask.arguments.partition(" saying ")[2] or "The engine is on fire."
    code = int(reply.ask.option("coded", 0)) or None
    error = {"error": {"message": message, "type": "server_error", "code": code}}
    reply.body(f"data: {json.dumps(error)}\n\n".encode())
    reply.done()
    reply.end()


@scenario("crlf")
async def crlf(reply: Reply) -> None:
    await tell_with(reply, lambda event: event.replace(b"\n", b"\r\n"))


@scenario("comments")
async def comments(reply: Reply) -> None:
    await tell_with(reply, lambda event: b": ping\n\n" + event + b":\n\n" + PING)


@scenario("multiline-data")
async def multiline_data(reply: Reply) -> None:
    """Put a line break of the JSON into every event, as several `data:` lines."""
    await tell_with(reply, lambda event: event.replace(b'"choices":', b'\ndata: "choices":\ndata: '))


@scenario("missing-choices")
async def missing_choices(reply: Reply) -> None:
    odd = reply.chunks.event({}) + reply.chunks.event({"choices": None}) + reply.chunks.event({"choices": []})
    await tell_with(reply, lambda event: odd + event)


@scenario("null-content")
async def null_content(reply: Reply) -> None:
    odd = reply.chunks.delta({"content": None}) + reply.chunks.delta(None) + reply.chunks.delta({})
    await tell_with(reply, lambda event: odd + event)


async def tell_with(reply: Reply, change: Callable[[bytes], bytes]) -> None:
    """Tell the answer with every event changed."""
    reply.head()
    for block in reply.blocks:
        reply.body(change(reply.chunks.content(block)))
        await asyncio.sleep(0.002)
    reply.body(change(reply.chunks.delta({}, "stop")))
    reply.done()
    reply.end()


@scenario("usage-last")
async def usage_last(reply: Reply) -> None:
    reply.open()
    await reply.tell()
    reply.body(reply.chunks.delta({}, "stop"))
    reply.usage(
        prompt_tokens_details={"cached_tokens": 1}, completion_tokens_details={"reasoning_tokens": 2}, cost=0.00025
    )
    reply.done()
    reply.end()


@scenario("two-done")
async def two_done(reply: Reply) -> None:
    reply.open()
    await reply.tell()
    reply.finish()
    reply.done()
    reply.done()
    reply.end()


@scenario("after-done")
async def after_done(reply: Reply) -> None:
    reply.open()
    await reply.tell()
    reply.finish()
    reply.done()
    reply.body(reply.chunks.content(" and more after the end"))
    reply.end()


@scenario("utf8-every-byte")
async def utf8_every_byte(reply: Reply) -> None:
    """Send raw UTF-8, every byte in a packet of its own."""
    reply.head()
    events = [reply.chunks.content(block, escaped=False) for block in reply.blocks]
    for event in [*events, reply.chunks.delta({}, "stop")]:
        for byte in b"%x\r\n%b\r\n" % (len(event), event):
            reply.raw(bytes([byte]))
            await asyncio.sleep(0.0005)
    reply.done()
    reply.end()


@scenario("gzip")
async def gzipped(reply: Reply) -> None:
    squeeze = zlib.compressobj(wbits=31)
    reply.head(content_encoding="gzip")
    events = [reply.chunks.content(block) for block in reply.blocks] + [reply.chunks.delta({}, "stop")]
    for event in [*events, b"data: [DONE]\n\n"]:
        reply.body(squeeze.compress(event) + squeeze.flush(zlib.Z_SYNC_FLUSH))
        await asyncio.sleep(0.002)
    reply.body(squeeze.flush())
    reply.end()


@scenario("redirect")
async def redirect(reply: Reply) -> None:
    """Send the client to another host, which answers: `/redirect http://127.0.0.1:1234`."""
    target = reply.ask.arguments.split()[0].rstrip("/")
    if target.endswith(reply.received.headers["host"]):
        await tell_all(reply)
        return
    reply.whole(307, b"", location=f"{target}/v1/chat/completions")


@scenario("length")
async def length(reply: Reply) -> None:
    await tell_all(reply, "length")


@scenario("content-filter")
async def content_filter(reply: Reply) -> None:
    await tell_all(reply, "content_filter")


@scenario("reasoning")
async def reasoning(reply: Reply) -> None:
    """Think first, for so many seconds: `/reasoning 20 words thinks 3`."""
    reply.open()
    for block in ("Let me ", "think ", "about it."):
        reply.body(reply.chunks.delta({"reasoning_content": block}))
        await asyncio.sleep(0.01)
    await asyncio.sleep(reply.ask.option("thinks", 0))
    await reply.tell()
    reply.finish()
    reply.done()
    reply.end()

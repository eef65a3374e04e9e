"""One answer in the dialects of many vendors, through the whole product; unit/generation/test_shapes.py has all."""

import json

import pytest

from parley.conf import conf
from parley.errors import sentence
from tests.fake_provider import question_for
from tests.fake_provider.shapes import DIALECTS, ENDS, SAID, TAGGED, Answer, chunk, framed, whole_json

ANSWER = Answer(["The answer", " is\n\n", "- 42 😀\ud83d", "."], ["Let me ", "think."])
TEXT = "The answer is\n\n- 42 😀\ufffd."
SPOKEN = {**DIALECTS, **TAGGED}
WHOLE = (
    "openrouter",
    "mistral",
    "databricks",
    "stop_on_every_chunk",
    "perplexity",
    "legacy",
    "<think>",
    "no opener",
    "harmony",
)


def body_of(dialect, end="stop", framing="plain", done="[DONE]"):
    return framed([*SPOKEN[dialect](ANSWER), *ENDS[end]], framing, done=done)


@pytest.mark.parametrize("dialect", WHOLE)
def test_understands_an_answer_in_any_dialect(person, dialect):
    reply = person.answer(question_for(body_of(dialect), seed=len(dialect)))
    assert (reply["status"], reply["error"]) == ("done", "")
    assert (reply["reasoning"], reply["content"]) == ("Let me think.", TEXT)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (body_of("openai", framing="NDJSON", done=""), "application/x-ndjson"),
        (body_of("openai", framing="one newline"), "text/event-stream"),
        (body_of("openai"), "application/json"),
        (whole_json(ANSWER, indent=2), "application/json"),
    ],
    ids=["NDJSON", "one newline", "events that are called JSON", "a whole answer"],
)
def test_understands_an_answer_in_any_form(person, body, kind):
    reply = person.answer(question_for(body, kind, seed=1))
    assert (reply["status"], reply["reasoning"], reply["content"]) == ("done", "Let me think.", TEXT)


@pytest.mark.parametrize("end", ["cut", "DashScope", "choice", "reason error", "reason taken back"])
@pytest.mark.parametrize("dialect", ["stop_on_every_chunk", "mistral"])
def test_shows_no_half_answer_as_a_whole_one(person, dialect, end):
    done = "" if end == "cut" else "[DONE]"
    reply = person.answer(question_for(body_of(dialect, end, done=done), seed=2))
    assert (reply["status"], reply["content"]) == ("interrupted", TEXT)
    assert reply["error_detail"] == {"cut": "", "reason error": "error", "reason taken back": "error"}.get(end, SAID)


def test_shows_sources_as_links_and_tells_of_what_it_cannot_show(person):
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,@1500000@"}}
    title = "Half \ud83d <b>of</b>\0 it"
    annotations = [
        {"type": "url_citation", "url_citation": {"url": url, "title": title}}
        for url in ("https://example.com/a?b=1&c=2", "javascript:alert(1)")
    ]
    events = [chunk({"images": [picture]}), chunk({"content": "See.", "annotations": annotations}), chunk({}, "stop")]
    conversation = person.start(question_for(framed(events, "plain", done="[DONE]")))
    reply = person.settled(conversation)
    assert (reply["status"], reply["content"]) == ("done", "See.")
    assert [part["type"] for part in json.loads(reply["parts"])] == ["citation", "image"]
    page = person.page(conversation)
    assert 'href="https://example.com/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer nofollow"' in page.html
    assert "Half \ufffd &lt;b&gt;of&lt;/b&gt;\ufffd it</a>" in page.html
    assert "javascript:" not in page.html
    assert "1 source" in page.reply["text"]
    assert "The model sent a picture, which cannot be shown here." in page.reply["text"]


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([chunk({"reasoning": "Hm."}, "stop")], "only_thought"),
        ([chunk({"reasoning": "Hm."}), chunk({}, "length")], "thought_too_long"),
        ([chunk({"tool_calls": [{"index": 0, "function": {"name": "f"}}]}), chunk({}, "tool_calls")], "no_text"),
    ],
)
def test_never_says_of_an_answer_that_it_was_empty_when_something_came(person, events, error):
    conversation = person.start(question_for(framed(events, "plain", done="[DONE]")))
    reply = person.settled(conversation)
    assert (reply["status"], reply["error"], reply["content"]) == ("failed", error, "")
    assert sentence(error, model=reply["model"], provider=conf.provider) in person.page(conversation).reply["text"]


def test_tells_words_that_came_in_place_of_an_answer(person):
    reply = person.answer(question_for(b"upstream connect error or disconnect\n", "text/plain"))
    assert (reply["status"], reply["error"], reply["error_detail"]) == (
        "failed",
        "garbage",
        "upstream connect error or disconnect",
    )

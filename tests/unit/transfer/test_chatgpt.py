"""ChatGPT's conversations.json."""

import pytest

from parley.transfer.formats import chatgpt
from tests.support.exports import asked, node, root
from tests.support.exports import chatgpt as export


def read(*nodes, **more):
    document, warnings = chatgpt.documents(export(*nodes, **more))
    return document["conversation"], {item["why"]: item["count"] for item in warnings.as_list()}


def line_of(*contents):
    """A question, and an answer that is told in several nodes: (role, content, more)."""
    nodes = [root("q"), node("q", "client-created-root", "user", "Why?", children=["0"])]
    for number, (role, content, more) in enumerate(contents):
        above = str(number - 1) if number else "q"
        below = [str(number + 1)] if number + 1 < len(contents) else []
        nodes.append(node(str(number), above, role, content, children=below, **more))
    return nodes


def texts(conversation):
    return [(message["role"], message["content"]) for message in conversation["messages"]]


def test_reads_questions_and_answers_with_their_times_and_models():
    document, warnings = chatgpt.documents(asked())
    conversation = document["conversation"]
    assert texts(conversation) == [("user", "How do I roll back?"), ("assistant", "Run `helm rollback`.")]
    assert conversation["messages"][1]["model"] == "gpt-5"
    assert conversation["messages"][1]["parent"] == conversation["messages"][0]["id"]
    assert conversation["origin"] == "chatgpt:6b0f0d9c-0000-4000-8000-000000000001"
    assert conversation["created_at"].isoformat() == "2025-08-24T01:46:40.123456+00:00"
    assert [item["why"] for item in warnings.as_list()] == ["message_empty", "model"]


def test_keeps_branches_in_the_order_of_the_parent_and_the_one_that_was_looked_at():
    conversation, _ = read(
        root("q1", "q2"),
        node("q2", "client-created-root", "user", "second", children=["a3"]),
        node("q1", "client-created-root", "user", "first", children=["a2", "a1"]),
        node("a1", "q1", "assistant", "later"),
        node("a2", "q1", "assistant", "sooner"),
        node("a3", "q2", "assistant", "to the second"),
        current="a2",
    )
    assert [message["content"] for message in conversation["messages"]] == [
        "first",
        "sooner",
        "later",
        "second",
        "to the second",
    ]
    assert conversation["shown"] == "a2"
    parents = {message["content"]: message["parent"] for message in conversation["messages"]}
    assert parents == {"first": None, "sooner": "q1", "later": "q1", "second": None, "to the second": "q2"}


def test_makes_one_answer_of_thoughts_calls_results_and_text():
    reasoning = {"content_type": "thoughts", "thoughts": [{"summary": "Plan", "content": "Look it up.", "chunks": []}]}
    conversation, counts = read(
        *line_of(
            ("assistant", reasoning, {}),
            ("assistant", {"content_type": "code", "language": "python", "text": "1+1"}, {"recipient": "python"}),
            ("tool", {"content_type": "execution_output", "text": "2"}, {"tool": "python"}),
            ("assistant", {"content_type": "reasoning_recap", "content": "Thought for 1m 4s"}, {}),
            ("assistant", "It is 2.", {"metadata": {"model_slug": "o3", "finish_details": {"type": "stop"}}}),
        ),
        current="4",
    )
    question, answer = conversation["messages"]
    assert (answer["content"], answer["model"], answer["finish_reason"]) == ("It is 2.", "o3", "stop")
    assert (answer["reasoning"], answer["reasoning_seconds"]) == ("**Plan**\n\nLook it up.", 64)
    assert answer["parts"] == [
        {"type": "tool_call", "name": "python", "text": "1+1"},
        {"type": "output", "text": "2"},
    ]
    assert counts["message_step"] == 4
    assert conversation["shown"] == answer["id"]
    assert answer["parent"] == question["id"]


def test_chains_the_answers_that_fork_after_a_step():
    conversation, _ = read(
        root("q"),
        node("q", "client-created-root", "user", "Why?", children=["t"]),
        node("t", "q", "tool", "found", tool="web", children=["a", "b"]),
        node("a", "t", "assistant", "A"),
        node("b", "t", "assistant", "B"),
    )
    assert [(m["content"], m["parent"]) for m in conversation["messages"]] == [
        ("Why?", None),
        ("", "q"),
        ("A", "t"),
        ("B", "t"),
    ]


@pytest.mark.parametrize(
    ("content", "part", "why"),
    [
        (
            {
                "content_type": "multimodal_text",
                "parts": [
                    {
                        "content_type": "image_asset_pointer",
                        "asset_pointer": "sediment://file_1",
                        "width": 8,
                        "height": 9,
                        "metadata": {"dalle": {"prompt": "a cat"}},
                    }
                ],
            },
            {"type": "image", "name": "sediment://file_1", "text": "a cat", "data": {"width": 8, "height": 9}},
            "picture",
        ),
        (
            {
                "content_type": "multimodal_text",
                "parts": [
                    {
                        "content_type": "real_time_user_audio_video_asset_pointer",
                        "audio_asset_pointer": {"asset_pointer": "sediment://a"},
                    }
                ],
            },
            {"type": "audio", "name": "sediment://a"},
            "recording",
        ),
        (
            {
                "content_type": "tether_quote",
                "url": "https://example.com/a",
                "domain": "example.com",
                "title": "A",
                "text": "said",
            },
            {"type": "quote", "name": "A", "text": "said", "url": "https://example.com/a"},
            "source",
        ),
        (
            {"content_type": "tether_browsing_display", "result": "found", "summary": "one page", "assets": None},
            {"type": "output", "name": "one page", "text": "found"},
            "tool",
        ),
        (
            {"content_type": "system_error", "name": "Timeout", "text": "too slow"},
            {"type": "error", "name": "Timeout", "text": "too slow"},
            None,
        ),
        ({"content_type": "citable_code_output", "output_str": "{}"}, {"type": "output", "text": "{}"}, "tool"),
        (
            {"content_type": "hologram", "beams": [1]},
            {"type": "data", "name": "hologram", "data": {"content_type": "hologram", "beams": [1]}},
            "content_unknown",
        ),
    ],
)
def test_keeps_what_is_no_text_as_parts(content, part, why):
    conversation, counts = read(*line_of(("tool", content, {"tool": "x"})))
    assert part in conversation["messages"][1]["parts"]
    assert why is None or counts[why] >= 1


def test_reads_what_was_said_as_text():
    spoken = {
        "content_type": "multimodal_text",
        "parts": [{"content_type": "audio_transcription", "text": "Hi", "direction": "in"}],
    }
    conversation, _ = read(root("q"), node("q", "client-created-root", "user", spoken))
    assert texts(conversation) == [("user", "Hi")]


def test_keeps_a_canvas_and_names_of_attached_files():
    conversation, counts = read(
        root("q"),
        node(
            "q",
            "client-created-root",
            "user",
            "Write",
            children=["c"],
            metadata={"attachments": [{"id": "f", "name": "a.pdf", "mime_type": "application/pdf", "size": 3}]},
        ),
        node(
            "c",
            "q",
            "assistant",
            {"content_type": "code", "language": "json", "text": '{"name": "story", "content": "Once"}'},
            recipient="canmore.create_textdoc",
        ),
    )
    question, answer = conversation["messages"]
    assert question["parts"] == [{"type": "file", "name": "a.pdf", "data": {"kind": "application/pdf", "size": 3}}]
    assert answer["parts"][0]["type"] == "canvas"
    assert "Once" in answer["parts"][0]["text"]
    assert counts["file"] == 1


def test_shows_citations_as_the_reader_saw_them():
    mark = "\ue200cite\ue202turn0search1\ue201"
    reference = {
        "matched_text": mark,
        "alt": "([example](https://example.com))",
        "type": "grouped_webpages",
        "items": [{"title": "Example", "url": "https://example.com"}],
    }
    text = f"It is so {mark}, and so \ue200cite\ue202turn9\ue201."
    conversation, _ = read(*line_of(("assistant", text, {"metadata": {"content_references": [reference]}})))
    answer = conversation["messages"][1]
    assert answer["content"] == "It is so ([example](https://example.com)), and so ."
    assert answer["parts"] == [{"type": "citation", "name": "Example", "url": "https://example.com"}]


def test_takes_the_first_system_message_that_says_something_as_instructions():
    context = {"content_type": "user_editable_context", "user_profile": "An SRE.", "user_instructions": "Be brief."}
    conversation, counts = read(
        root("s"),
        node("s", "client-created-root", "system", "", children=["c"]),
        node("c", "s", "user", context, children=["q"], metadata={"is_visually_hidden_from_conversation": True}),
        node("q", "c", "user", "Why?", children=["t"]),
        node("t", "q", "system", "Another", children=["a"]),
        node("a", "t", "assistant", "So."),
    )
    assert conversation["instructions"] == "An SRE.\n\nBe brief."
    assert texts(conversation) == [("user", "Why?"), ("assistant", "So.")]
    assert conversation["messages"][1]["parent"] == "q"
    assert (counts["message_instructions"], counts["message_system"], counts["message_empty"]) == (1, 1, 1)


def test_tells_of_every_node_that_is_no_message():
    conversation, counts = read(
        root("q"),
        node("q", "client-created-root", "user", "Why?", children=["h"]),
        node("h", "q", "user", "secret", metadata={"is_visually_hidden_from_conversation": True}),
        node("r", "h", "robot", "beep"),
        ("x", 7),
        ("y", {"message": {"content": None}, "parent": "q"}),
        node("z", "nowhere", "assistant", "lost"),
    )
    assert [message["content"] for message in conversation["messages"]] == ["Why?", "lost"]
    assert counts["message_hidden"] == counts["message_role"] == counts["branch_parent"] == 1
    assert counts["message_broken"] == 2


def test_cuts_circles():
    conversation, counts = read(
        node("a", "c", "user", "a"),
        node("b", "a", "assistant", "b"),
        node("c", "b", "user", "c"),
        node("d", "d", "user", "d"),
    )
    assert sorted(message["content"] for message in conversation["messages"]) == ["a", "b", "c", "d"]
    assert counts["branch_cycle"] == 2


@pytest.mark.parametrize(
    ("sent", "read_as"), [("in_progress", "stopped"), ("error", "failed"), ("finished_successfully", "done")]
)
def test_knows_what_was_not_finished(sent, read_as):
    conversation, _ = read(*line_of(("assistant", "So", {"status": sent})))
    assert conversation["messages"][1]["status"] == read_as


@pytest.mark.parametrize("time", [None, "soon", -5, 1e40, float("inf"), [], 10**30, "2024-13-45", True])
def test_takes_the_time_around_a_time_that_cannot_be_true(time):
    conversation, _ = read(root("q"), node("q", "client-created-root", "user", "Why?", created=time))
    assert conversation["messages"][0]["created_at"] == conversation["created_at"]


@pytest.mark.parametrize(
    "time", [1_756_000_001, 1_756_000_001_000, "1756000001", "2025-08-24T01:46:41Z", "2025-08-24T03:46:41+02:00"]
)
def test_reads_times_in_any_unit(time):
    conversation, _ = read(root("q"), node("q", "client-created-root", "user", "Why?", created=time))
    assert conversation["messages"][0]["created_at"].isoformat() == "2025-08-24T01:46:41+00:00"


@pytest.mark.exhaustive
def test_is_not_slow_on_many_steps():
    many = [("assistant", f"{number} " * 20, {}) for number in range(5_000)]
    conversation, counts = read(*line_of(*many), current="4999")
    assert len(conversation["messages"]) == 2
    assert counts["message_step"] == 4_999

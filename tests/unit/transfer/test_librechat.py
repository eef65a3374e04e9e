"""LibreChat's export."""

import pytest

from parley.transfer.formats import librechat
from tests.support.exports import libre_message as message
from tests.support.exports import librechat as export


def read(messages, **more):
    document, warnings = librechat.documents(export(messages, **more))
    return document["conversation"], {item["why"]: item["count"] for item in warnings.as_list()}


def answer(text="", **more):
    conversation, counts = read([message("q"), message("a", "q", text, by_user=False, **more)])
    return conversation["messages"][1], counts


def shape(conversation):
    return [(m["id"], m["parent"], m["role"], m["content"]) for m in conversation["messages"]]


def test_reads_a_list_with_branches():
    conversation, counts = read(
        [
            message("q1", text="a story"),
            message("a1", "q1", "Once", by_user=False, finish_reason="incomplete"),
            message("a2", "q1", "Long ago", by_user=False, unfinished=True),
            message("q2", text="a long story"),
        ]
    )
    assert shape(conversation) == [
        ("q1", None, "user", "a story"),
        ("a1", "q1", "assistant", "Once"),
        ("a2", "q1", "assistant", "Long ago"),
        ("q2", None, "user", "a long story"),
    ]
    assert [m["status"] for m in conversation["messages"]] == ["done", "done", "stopped", "done"]
    assert conversation["messages"][1]["model"] == "gpt-4o"
    assert conversation["messages"][1]["finish_reason"] == "incomplete"
    assert counts == {"message_unfinished": 1}
    assert conversation["origin"] == "librechat:4a86c40e-e627-4454-b158-889680e23ad3"


def tree():
    leaf = message("q2", "wrong", "thanks", children=[])
    return message(
        "q1",
        children=[
            message("a1", "q1", "Hi", by_user=False, children=[leaf]),
            message("a2", "q1", "Ho", by_user=False, children=[]),
        ],
    )


def test_reads_a_tree():
    expected = [
        ("q1", None, "user", "Hello"),
        ("a1", "q1", "assistant", "Hi"),
        ("q2", "a1", "user", "thanks"),
        ("a2", "q1", "assistant", "Ho"),
    ]
    assert shape(read([tree()], recursive=True)[0]) == expected
    assert shape(read(tree(), recursive=True)[0]) == expected
    assert shape(read(None, recursive=True, messagesTree=[tree()])[0]) == expected
    assert shape(read({"children": [tree()]}, recursive=True)[0]) == expected


@pytest.mark.exhaustive
def test_reads_a_tree_of_any_depth():
    nested = message("0", children=[])
    for number in range(1, 5_000):
        nested = message(str(number), by_user=bool(number % 2), children=[nested])
    conversation, _ = read([nested], recursive=True)
    assert len(conversation["messages"]) == 5_000


def test_reads_parts():
    sent, counts = answer(
        "ignored, as the parts have text",
        content=[
            {"type": "think", "think": "Hm."},
            {"type": "text", "text": "It "},
            {
                "type": "tool_call",
                "tool_call": {"id": "1", "name": "search", "args": '{"q": 1}', "output": "found", "type": "tool_call"},
            },
            {
                "type": "tool_call",
                "tool_call": {"type": "function", "function": {"name": "f", "arguments": "{}", "output": None}},
            },
            {"type": "text", "text": {"value": "rains."}},
            {"type": "image_file", "image_file": {"file_id": "1", "filename": "cat.png", "width": 3}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
            {"type": "agent_update", "agent_update": {"index": 1}},
            None,
        ],
    )
    assert (sent["content"], sent["reasoning"]) == ("It \n\nrains.", "Hm.")
    assert [(part["type"], part.get("name")) for part in sent["parts"]] == [
        ("tool_call", "search"),
        ("tool_result", "search"),
        ("tool_call", "f"),
        ("image", "cat.png"),
        ("image", "data:image/png"),
        ("data", "agent_update"),
    ]
    assert (counts["tool"], counts["picture"], counts["content_unknown"]) == (3, 2, 1)


def test_keeps_errors_apart_from_the_text():
    sent, _ = answer("Something went wrong", error=True)
    assert (sent["status"], sent["error"], sent["content"]) == ("failed", "provider_error", "")
    assert sent["parts"] == [{"type": "error", "text": "Something went wrong"}]
    part, _ = answer(content=[{"type": "error", "error": "Too long"}, {"type": "text", "text": "So"}])
    assert part["parts"] == [{"type": "error", "text": "Too long"}]


def test_keeps_files_quotes_and_results_of_searches():
    conversation, counts = read(
        [
            message(
                "q",
                files=[
                    {"file_id": "1", "filename": "a.pdf", "type": "application/pdf"},
                    {"filename": "b.png", "type": "image/png"},
                ],
                quotes=["said"],
            ),
            message(
                "a",
                "q",
                "So",
                by_user=False,
                attachments=[
                    {
                        "type": "web_search",
                        "web_search": {"organic": [{"title": "T", "link": "https://example.com", "snippet": "s"}]},
                    }
                ],
            ),
        ]
    )
    question, sent = conversation["messages"]
    assert [(part["type"], part.get("name")) for part in question["parts"]] == [
        ("quote", None),
        ("file", "a.pdf"),
        ("image", "b.png"),
    ]
    assert sent["parts"] == [{"type": "citation", "name": "T", "text": "s", "url": "https://example.com"}]
    assert (counts["file"], counts["picture"], counts["source"]) == (1, 1, 2)


def test_takes_instructions_and_parameters_and_tells_of_other_options():
    options = {
        "promptPrefix": "You are terse.",
        "temperature": 0.8,
        "topP": 1,
        "maxOutputTokens": 99,
        "presence_penalty": 1,
        "model": "gpt-4o",
        "resendFiles": True,
    }
    conversation, counts = read([message("q")], options=options)
    assert conversation["instructions"] == "You are terse."
    assert conversation["parameters"] == {"temperature": 0.8, "top_p": 1.0, "max_tokens": 99}
    assert counts == {"model": 1, "option": 1}


def test_tells_of_every_message_that_does_not_come_in():
    conversation, counts = read(
        [
            message("q"),
            message("q", text="again"),
            message("e", "q", ""),
            5,
            message("z", "nowhere", "lost", colour="red"),
        ]
    )
    assert [m["content"] for m in conversation["messages"]] == ["Hello", "lost"]
    assert counts == {
        "message_duplicate": 1,
        "message_empty": 1,
        "message_broken": 1,
        "branch_parent": 1,
        "field_unknown": 1,
    }

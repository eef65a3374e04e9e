"""Open WebUI's export."""

from parley.transfer.formats import open_webui
from tests.support.exports import open_webui as export
from tests.support.exports import webui_message as message

REASONING = (
    '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n'
    "&gt; Let me see.\n&gt; Yes.\n</details>\n255"
)
TOOL = (
    '<details type="tool_calls" done="true" id="call_1" name="get_weather" '
    'arguments="{&quot;city&quot;: &quot;Paris&quot;}" result="&quot;18C, rain&quot;" files="">\n'
    "<summary>Tool Executed</summary>\n</details>\nIt rains."
)
CODE = (
    '<details type="code_interpreter" done="true" duration="1" output="{&quot;result&quot;: 2}">\n'
    "<summary>Analyzed</summary>\n```python\n1 + 1\n```\n</details>\nTwo."
)


def read(*messages, **more):
    document, warnings = open_webui.documents(export(*messages, **more))
    return document["conversation"], {item["why"]: item["count"] for item in warnings.as_list()}


def answer(content, **more):
    conversation, counts = read(message("q", None, children=["a"]), message("a", "q", "assistant", content, **more))
    return conversation["messages"][1], counts


def test_reads_a_chat():
    conversation, counts = read(
        message("q", None, children=["a"]),
        message("a", "q", "assistant", "Hi!", usage={"prompt_tokens": 3, "total_duration": 1.5}),
        pinned=True,
        archived=True,
    )
    assert [(m["role"], m["content"], m["parent"]) for m in conversation["messages"]] == [
        ("user", "Hello", None),
        ("assistant", "Hi!", "q"),
    ]
    assert conversation["messages"][1]["model"] == "llama3.1:latest"
    assert conversation["messages"][1]["usage"] == {"prompt_tokens": 3}
    assert conversation["pinned"]
    assert conversation["archived"]
    assert conversation["origin"] == "open-webui:b1f0c2f0-1111-4222-8333-444455556666"
    assert conversation["created_at"].timestamp() == 1_700_000_000
    assert counts == {"model": 1}


def test_keeps_answers_of_several_models_as_branches():
    conversation, _ = read(
        message("q", None, children=["b", "a"]),
        message("a", "q", "assistant", "A", model="one", modelIdx=0),
        message("b", "q", "assistant", "B", model="two", modelIdx=1, merged={"status": True, "content": "A and B"}),
        current="a",
    )
    assert [(m["content"], m["model"]) for m in conversation["messages"][1:]] == [("B", "two"), ("A", "one")]
    assert conversation["shown"] == "a"
    assert conversation["messages"][1]["parts"] == [{"type": "merged", "text": "A and B"}]


def test_takes_thoughts_out_of_the_text():
    sent, _ = answer(REASONING)
    assert (sent["content"], sent["reasoning"], sent["reasoning_seconds"]) == ("255", "Let me see.\nYes.", 3)


def test_takes_calls_of_tools_out_of_the_text():
    sent, counts = answer(TOOL)
    assert sent["content"] == "It rains."
    assert sent["parts"] == [
        {"type": "tool_call", "name": "get_weather", "text": '{"city": "Paris"}'},
        {"type": "tool_result", "name": "get_weather", "text": "18C, rain"},
    ]
    assert counts["tool"] == 2


def test_takes_code_that_was_run_out_of_the_text():
    sent, _ = answer(CODE)
    assert sent["content"] == "Two."
    assert [part["text"] for part in sent["parts"]] == ["```python\n1 + 1\n```", '{"result": 2}']


def test_prefers_the_steps_of_newer_answers():
    output = [
        {"type": "reasoning", "content": [{"type": "output_text", "text": "15 * 17"}], "duration": 3},
        {"type": "function_call", "name": "sum", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "255"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "255"}]},
    ]
    sent, _ = answer(REASONING, output=output)
    assert (sent["content"], sent["reasoning"], sent["reasoning_seconds"]) == ("255", "15 * 17", 3)
    assert [part["type"] for part in sent["parts"]] == ["tool_call", "tool_result"]
    alone, _ = answer("", output=output)
    assert alone["content"] == "255"


def test_leaves_other_markup_in_the_text():
    for words in (
        "<details><summary>x</summary>y</details>",
        '<details type="reasoning"> never closed',
        "a </details> b",
    ):
        assert answer(words)[0]["content"] == words


def test_keeps_names_of_files_and_pictures_and_sources():
    conversation, counts = read(
        message(
            "q",
            None,
            content=[
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
            files=[
                {"type": "image", "url": "data:image/png;base64,AAAA"},
                {"type": "file", "name": "a.pdf", "id": "1"},
            ],
            children=["a"],
        ),
        message(
            "a",
            "q",
            "assistant",
            "So [1].",
            sources=[{"source": {"name": "Page", "url": "https://example.com"}, "document": ["said"], "metadata": []}],
            statusHistory=[{"action": "web_search", "description": "Searched 2 sites", "done": True}],
            code_executions=[{"name": "run", "code": "1", "result": {"output": "1"}}],
            followUps=["And then?"],
        ),
    )
    question, sent = conversation["messages"]
    assert question["content"] == "Look"
    assert [(part["type"], part["name"]) for part in question["parts"]] == [("image", "data:image/png")] * 2 + [
        ("file", "a.pdf")
    ]
    assert sent["parts"][0] == {"type": "citation", "name": "Page", "url": "https://example.com", "text": "said"}
    assert {part["type"] for part in sent["parts"]} == {"citation", "code", "output", "context"}
    assert (counts["picture"], counts["file"], counts["source"], counts["field_unknown"]) == (2, 1, 1, 1)


def test_knows_errors_and_what_was_not_finished():
    failed, _ = answer("", error={"content": "No such model"})
    assert (failed["status"], failed["error"], failed["content"]) == ("failed", "provider_error", "")
    assert failed["parts"] == [{"type": "error", "text": "No such model"}]
    stopped, counts = answer("So f", done=False)
    assert (stopped["status"], counts["message_unfinished"]) == ("stopped", 1)


def test_reads_the_oldest_exports_of_a_list_only():
    chat = {
        "id": "old",
        "title": "Old",
        "models": ["m"],
        "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}],
    }
    document, _ = open_webui.documents({"chat": chat})
    assert [(m["content"], m["parent"]) for m in document["conversation"]["messages"]] == [("Hi", None), ("Ho", "#0")]
    assert document["conversation"]["origin"] == "open-webui:old"


def test_takes_instructions_and_parameters_of_the_chat():
    row = export(message("s", None, "system", "ignored", children=["q"]), message("q", "s"))
    row["chat"]["params"] = {"system": "Be brief.", "temperature": 0.5, "max_tokens": 10, "seed": 4, "top_p": "high"}
    document, warnings = open_webui.documents(row)
    conversation = document["conversation"]
    assert (conversation["instructions"], conversation["parameters"]) == (
        "Be brief.",
        {"temperature": 0.5, "max_tokens": 10},
    )
    assert [message["parent"] for message in conversation["messages"]] == [None]
    assert {"message_system", "option"} <= {item["why"] for item in warnings.as_list()}


def test_is_not_slow_on_text_made_to_be():
    for words in (
        '<details type="reasoning"' * 40_000,
        '<details type="reasoning">' * 40_000,
        '<details type="tool_calls" ' + "a" * 1_000_000 + "></details>",
    ):
        answer(words)


def test_takes_every_text_of_the_output_when_the_message_has_none():
    steps = [{"type": "message", "content": [{"text": words}]} for words in ("First.", "Then.")]
    sent, _ = answer("", output=[steps[0], {"type": "function_call", "name": "search"}, steps[1]])
    assert sent["content"] == "First.\n\nThen."

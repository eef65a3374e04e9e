"""Importers of foreign formats on JSON of any shape: nothing raises, and every message is accounted for."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.transfer import formats
from parley.transfer.formats import chatgpt, chatgpt_content, librechat, open_webui, parley
from parley.values import plain

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "a", "b", "c", "\0", "\ud800", "1e5"])
)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=4,
)
NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
WORDS = st.sampled_from(
    ["", " ", "hello", "x\0y", "\ud800", "\r\n", '<details type="reasoning">x</details>', "data:image/png;base64,AA"]
)
LIMIT = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def bent(**fields):
    """An object whose fields are as they should be, or anything, or not there."""
    return st.fixed_dictionaries({}, optional={name: value | ANY for name, value in fields.items()})


def one_of(*kinds, **fields):
    return bent(content_type=st.sampled_from(kinds), type=st.sampled_from(kinds), **fields)


LISTS = st.lists(ANY | WORDS, max_size=3)
FIGURES = st.floats(0, 2e9) | st.integers(0, 10**19)
CHATGPT_CONTENT = one_of(
    *chatgpt_content.READERS,
    *chatgpt_content.CONTEXTS,
    "image_asset_pointer",
    "audio_transcription",
    "never_heard_of",
    parts=LISTS,
    text=WORDS,
    reasoning=LISTS,
    content=WORDS,
    url=WORDS,
    title=WORDS,
    result=WORDS,
    state=ANY,
    user_profile=WORDS,
)
CHATGPT_MESSAGE = bent(
    author=bent(role=st.sampled_from(["user", "assistant", "tool", "system", "critic"]), name=WORDS),
    content=CHATGPT_CONTENT
    | bent(content_type=st.just("multimodal_text"), parts=st.lists(CHATGPT_CONTENT, max_size=2)),
    create_time=FIGURES,
    status=st.sampled_from(["in_progress", "error"]),
    recipient=st.sampled_from(["all", "python", "canmore.x"]),
    metadata=bent(
        content_references=st.lists(bent(matched_text=WORDS, alt=WORDS, items=LISTS, url=WORDS), max_size=2),
        citations=LISTS,
        attachments=LISTS,
        is_visually_hidden_from_conversation=st.booleans(),
        finished_duration_sec=FIGURES,
        canvas=ANY,
        aggregate_result=bent(messages=LISTS),
        model_slug=WORDS,
        finish_details=ANY,
        user_context_message_data=ANY,
    ),
)
CHATGPT = st.fixed_dictionaries(
    {
        "mapping": st.dictionaries(
            NAMES, bent(parent=NAMES, children=st.lists(NAMES, max_size=4), message=CHATGPT_MESSAGE) | ANY
        )
    },
    optional={
        "current_node": NAMES | ANY,
        "title": WORDS | ANY,
        "conversation_id": NAMES | ANY,
        "create_time": FIGURES | ANY,
    },
)
WEBUI_MESSAGE = bent(
    id=NAMES,
    parentId=NAMES,
    childrenIds=st.lists(NAMES, max_size=4),
    role=st.sampled_from(["user", "assistant", "system", "x"]),
    content=WORDS | st.lists(one_of("text", "image_url", "x", text=WORDS, image_url=ANY), max_size=2),
    timestamp=FIGURES,
    output=st.lists(
        one_of(
            "message",
            "reasoning",
            "function_call",
            "function_call_output",
            "open_webui:code_interpreter",
            "x",
            content=LISTS,
            duration=FIGURES,
            output=LISTS,
        ),
        max_size=3,
    ),
    files=LISTS,
    sources=LISTS,
    statusHistory=LISTS,
    code_executions=LISTS,
    merged=ANY,
    error=ANY,
    usage=ANY,
    done=ANY,
    embeds=LISTS,
)
WEBUI = st.fixed_dictionaries(
    {
        "chat": st.fixed_dictionaries(
            {
                "history": st.fixed_dictionaries(
                    {
                        "messages": st.dictionaries(NAMES, WEBUI_MESSAGE | ANY)
                        | st.lists(WEBUI_MESSAGE | ANY, max_size=4)
                    },
                    optional={"currentId": NAMES | ANY},
                )
            },
            optional={"params": ANY, "tags": ANY, "system": WORDS, "models": ANY},
        )
    },
    optional={"id": NAMES | ANY, "title": ANY, "created_at": FIGURES | ANY, "pinned": ANY, "meta": ANY},
)
LIBRE_MESSAGE = st.deferred(
    lambda: bent(
        messageId=NAMES,
        parentMessageId=NAMES,
        text=WORDS,
        isCreatedByUser=st.booleans(),
        sender=WORDS,
        createdAt=WORDS,
        content=st.lists(
            one_of(
                "text",
                "think",
                "tool_call",
                "image_file",
                "image_url",
                "error",
                "x",
                text=WORDS,
                think=WORDS,
                tool_call=ANY,
                image_file=ANY,
            ),
            max_size=3,
        ),
        children=st.lists(LIBRE_MESSAGE | ANY, max_size=2),
        files=LISTS,
        attachments=LISTS,
        quotes=LISTS,
        error=ANY,
        unfinished=ANY,
    )
)
LIBRE = st.fixed_dictionaries(
    {"conversationId": NAMES | ANY, "messages": st.lists(LIBRE_MESSAGE | ANY, max_size=4)},
    optional={"options": ANY, "title": ANY},
)
OWN_MESSAGE = bent(
    id=NAMES,
    parent=NAMES,
    role=st.sampled_from(["user", "assistant", "x"]),
    status=WORDS,
    content=WORDS,
    parts=LISTS,
    usage=ANY,
    created_at=WORDS | st.datetimes().map(str),
    reasoning_seconds=FIGURES,
    left_out=FIGURES,
    error=WORDS,
    model=WORDS,
)
OWN = st.fixed_dictionaries(
    {
        "format": st.just("parley"),
        "version": st.just(1),
        "conversation": bent(
            messages=st.lists(OWN_MESSAGE | ANY, max_size=5),
            shown=NAMES,
            parameters=ANY,
            title=WORDS,
            folder=WORDS,
            origin=WORDS,
        ),
    }
)


def libre_entries(entries):
    return sum(
        1 + (libre_entries(sequence(entry.get("children"))) if isinstance(entry, dict) else 0)
        for entry in sequence(entries)
    )


def sequence(value):
    return value if isinstance(value, list) else []


def chatgpt_nodes(value):
    return sum(not isinstance(node, dict) or node.get("message") is not None for node in value["mapping"].values())


CASES = {
    "chatgpt": (chatgpt, CHATGPT, chatgpt_nodes),
    "open-webui": (open_webui, WEBUI, lambda value: len(value["chat"]["history"]["messages"])),
    "librechat": (librechat, LIBRE, lambda value: libre_entries(value["messages"])),
    "parley": (
        parley,
        OWN,
        lambda value: (
            len(sequence(value["conversation"].get("messages"))) if isinstance(value["conversation"], dict) else 0
        ),
    ),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", CASES)
def test_accounts_for_every_message(name):
    format_, values, count = CASES[name]

    @LIMIT
    @given(values)
    def check(value):
        assert formats.recognise(value) is format_
        document, warnings = format_.documents(value)
        conversation, sent = document["conversation"], warnings.as_list()
        gone = sum(item["count"] for item in sent if item["what"] == "message" and item["why"] != "message_unfinished")
        assert len(conversation["messages"]) + gone == count(value)
        is_sound(conversation)

    check()


def is_sound(conversation):
    """What a database and a page can rely on."""
    seen = set()
    for message in conversation["messages"]:
        assert message["parent"] is None or message["parent"] in seen
        assert message["id"] not in seen
        seen.add(message["id"])
        assert message["role"] in ("user", "assistant")
        assert message["status"] in ("done", "stopped", "failed", "interrupted")
    assert conversation["shown"] is None or conversation["shown"] in seen
    written = json.dumps(conversation, default=str, ensure_ascii=False, allow_nan=False)
    written.encode()
    assert "\\u0000" not in written


@LIMIT
@given(ANY | CHATGPT_MESSAGE | WEBUI_MESSAGE | LIBRE_MESSAGE)
def test_recognises_without_raising(value):
    for inner in formats.unwrap(value):
        format_ = formats.recognise(inner)
        if format_:
            format_.documents(inner)


@given(ANY)
def test_makes_plain_values_of_any(value):
    json.dumps(plain(value), allow_nan=False, ensure_ascii=False).encode()

"""Whatever an import says beside its texts: its pages are shown, and it can be exported again."""

import io
import json
from contextlib import suppress
from zipfile import ZipFile

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.models import Conversation, Message, NothingToShare, Share
from parley.transfer.archive import write_archive
from parley.transfer.reading import read_import
from tests.unit.transfer import test_any_shape as shapes

pytestmark = pytest.mark.django_db

ODD = shapes.ANY | st.sampled_from(
    [
        "x" * 500, "\ud83d", "\ude00 after", "a\0b", "\x1b[31m", "‮", 10**400, -1, 1e308,
        "2026-02-30", "0001-01-01T00:00:00Z", [[]], {"completion_tokens": "many"}, {"completion_tokens": 1e300},
        {"\ud800": 1}, {"completion_tokens": {"a": ["\0"]}},
    ]
)  # fmt: skip
MANY = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def odd(names, **fixed):
    """An object with these fields as they should be, and any of those names with anything."""
    return st.fixed_dictionaries(fixed, optional=dict.fromkeys(names.split(), ODD))


def sent(role):
    return odd(
        "status created_at settled_at model asked_model error finish_reason usage parts left_out "
        "reasoning reasoning_seconds",
        role=st.just(role),
        content=st.just("Hello *you*"),
    )


OWN = st.builds(
    lambda facts, question, answer: {
        "format": "parley",
        "version": 1,
        "conversation": {**facts, "messages": [{**question, "id": "q"}, {**answer, "id": "a", "parent": "q"}]},
    },
    odd(
        "id title titled_by title_usage model instructions parameters folder pinned archived origin"
        " created_at updated_at shown"
    ),
    sent("user"),
    sent("assistant"),
)
SAID = {"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["Hello"]}}
CHATGPT = st.builds(
    lambda facts, message, metadata: {
        **facts,
        "mapping": {"a": {"message": {**message, **SAID, "metadata": metadata}}},
    },
    odd("title create_time update_time id conversation_id default_model_slug current_node gizmo_id is_archived"),
    odd("create_time update_time status end_turn recipient channel weight"),
    odd("model_slug finish_details is_complete finished_duration_sec citations attachments content_references"),
)
WEBUI = st.builds(
    lambda facts, message: {**facts, "chat": {**facts, "history": {"messages": {"a": {**message, "id": "a"}}}}},
    odd("id title created_at updated_at pinned archived meta folder_id models params tags system"),
    odd(
        "timestamp model modelName modelIdx usage info done error statusHistory files sources",
        role=st.just("assistant"),
        content=st.just("Hello"),
    ),
)
LIBRE = st.builds(
    lambda facts, message: {**facts, "conversationId": "c", "messages": [message]},
    odd("title options createdAt updatedAt exportAt endpoint"),
    odd(
        "createdAt updatedAt model sender endpoint error unfinished finish_reason tokenCount files",
        messageId=st.just("a"),
        text=st.just("Hello"),
        isCreatedByUser=st.just(False),
    ),
)


PLAIN = {
    "format": "parley",
    "version": 1,
    "conversation": {"messages": [{"role": "assistant", "content": "Hello", "id": "a"}]},
}


def imported(owner, path, value):
    Conversation.objects.all().delete()
    path.write_text(json.dumps([value]))
    read_import(path, owner)
    return list(owner.conversations.all())


def assert_is_shown(browser, owner, conversation):
    for name in ("conversation_show", "conversation_settings"):
        assert browser.get(reverse(f"parley:{name}", args=[conversation.pk])).status_code == 200
    for form in ("md", "json", "html"):
        response = browser.get(reverse("parley:conversation_export", args=[conversation.pk, form]))
        assert response.status_code == 200
        assert b"".join(response.streaming_content)
    with suppress(NothingToShare):
        assert browser.get(Share.of(conversation).get_absolute_url()).status_code == 200
    file = io.BytesIO()
    assert write_archive(file, owner, [], lambda done, total: None)["conversations"] == owner.conversations.count()
    for name in ZipFile(file).namelist():
        if name.endswith(".json"):
            json.loads(ZipFile(file).read(name))


@MANY
@given(OWN | CHATGPT | WEBUI | LIBRE)
def test_metadata_of_any_shape_makes_pages_and_exports(at_owner, owner, tmp_path_factory, value):
    for conversation in imported(owner, tmp_path_factory.mktemp("odd") / "file", value):
        assert_is_shown(at_owner, owner, conversation)
    assert at_owner.get("/").status_code in (200, 302)


@pytest.mark.parametrize(
    "values",
    [
        {"usage": {"completion_tokens": "many"}},
        {"usage": {"completion_tokens": {"a": 1}}},
        {"usage": {"completion_tokens": -3}},
        {"usage": ["x"]},
        {"usage": {"\ud800": "\udfff"}},
        {"usage": "text"},
        {"parts": {"a": 1}},
        {"parts": 7},
        {"parts": ["x", {"type": "data", "data": "\ud800", "name": "\ud800", "text": "\ud800"}]},
    ],
    ids=str,
)
def test_what_was_stored_badly_is_shown_all_the_same(at_owner, owner, tmp_path, values):
    (conversation,) = imported(owner, tmp_path / "file", PLAIN)
    Message.objects.update(**values)
    assert_is_shown(at_owner, owner, conversation)


@pytest.mark.parametrize(
    "usage", ["x", ["x"], {"model": "\ud800", "prompt_tokens": "\ud800"}, {"completion_tokens": [1]}], ids=str
)
def test_a_title_whose_cost_was_stored_badly_is_shown_all_the_same(at_owner, owner, tmp_path, usage):
    (conversation,) = imported(owner, tmp_path / "file", PLAIN)
    Conversation.objects.update(title_usage=usage)
    assert_is_shown(at_owner, owner, conversation)

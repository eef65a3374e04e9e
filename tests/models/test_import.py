"""Files from strangers become rows of one owner, or a line in the report."""

import json
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.models import Conversation, Feed, Folder, Message, Preset, arriving
from parley.models.portions import Pace
from parley.search.query import parse
from parley.search.results import results
from parley.transfer import elements, reading, streams, warnings
from parley.transfer.loading import Loader
from parley.transfer.reading import read_import
from parley.transfer.streams import Limits
from tests.models.conftest import answered
from tests.support.exports import asked, libre_message, librechat, node, open_webui, root, webui_message, zipped
from tests.support.exports import chatgpt as chatgpt_export
from tests.unit.transfer import test_any_shape as shapes

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

ANY_SHAPE = shapes.CHATGPT | shapes.WEBUI | shapes.LIBRE | shapes.OWN | shapes.ANY
ANSWERED = [webui_message("q", None, children=["a"]), webui_message("a", "q", "assistant", "Hi!")]


@pytest.fixture
def read(owner, tmp_path):
    """A function: the report on a file of the owner's with this content."""

    def reading(content, who=owner, on_progress=None, name="export"):
        path = tmp_path / "upload"
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(data)
        return read_import(path, who, on_progress, name=name)

    return reading


ASKED = {"id": "1", "parent": None, "role": "user", "status": "done", "content": "Hello"}


def counts(row):
    return {item["why"]: item["count"] for item in row["left_out"]}


def own(name="0191f0f0-0000-7000-8000-000000000001", **more):
    message = {"id": "1", "parent": None, "role": "user", "status": "done", "content": "Hello"}
    conversation = {"id": name, "title": "Mine", "messages": [message], **more}
    return {"format": "parley", "version": 1, "conversation": conversation}


# What comes in


def test_is_rendered_when_it_is_looked_at_and_never_over_what_has_happened_since(read):
    read(own(messages=[ASKED, {**ASKED, "id": "2", "parent": "1", "role": "assistant", "status": "interrupted"}]))
    looked_at, reply = (Message.objects.get(role="assistant") for _ in range(2))
    assert reply.retry()
    Message.objects.keep_rendered([looked_at])
    assert Message.objects.get(pk=reply.pk).html == ""
    Message.objects.filter(pk=reply.pk).update(status="stopped", content=looked_at.content, attempt=0)
    Message.objects.keep_rendered([Message.objects.get(pk=reply.pk)])
    assert Message.objects.get(pk=reply.pk).html == "<p>Hello</p>" == looked_at.html


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        ([asked()], "chatgpt"),
        ({"conversations": [asked()]}, "chatgpt"),
        ([open_webui(*ANSWERED)], "open-webui"),
        (open_webui(*ANSWERED), "open-webui"),
        (librechat([libre_message("q"), libre_message("a", "q", "Hi", by_user=False)]), "librechat"),
        (own(), "parley"),
    ],
)
def test_knows_each_format_by_what_is_in_it(read, owner, content, format_):
    for packed in (
        json.dumps(content).encode(),
        b"\xef\xbb\xbf" + json.dumps(content).encode(),
        json.dumps(content).encode("utf-16"),
    ):
        (row,) = read(packed)
        assert (row["format"], row["error"]) == (format_, "")
        assert row["conversations"] + row["existing"] == 1
    conversation = owner.conversations.get()
    assert conversation.origin.startswith(f"{format_}:")
    (row,) = read(zipped({"any.name": content}))
    assert (row["format"], row["existing"], row["file"]) == (format_, 1, "any.name")


def test_writes_the_tree_with_new_ids_in_order_and_old_times(read, owner):
    nodes = (
        root("q"),
        node("q", "client-created-root", "user", "Why?", children=["a", "b"], created=1_700_000_000),
        node("a", "q", "assistant", "Because.", children=["c"], created=1_700_000_001, metadata={"model_slug": "o3"}),
        node("c", "a", "user", "And then?", created=1_700_000_005),
        node("b", "q", "assistant", "So.", created=1_700_000_009),
    )
    read([chatgpt_export(*nodes, current="c", create_time=1_700_000_000, update_time=1_700_000_100)])
    conversation = owner.conversations.get()
    messages = list(conversation.messages.order_by("id"))
    assert [message.content for message in messages] == ["Why?", "Because.", "And then?", "So."]
    first, answer, then, other = messages
    assert (answer.parent, then.parent, other.parent, first.parent) == (first, answer, first, None)
    assert conversation.shown == then
    assert conversation.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert conversation.updated_at == datetime(2023, 11, 14, 22, 15, tzinfo=UTC)
    assert then.created_at == datetime(2023, 11, 14, 22, 13, 25, tzinfo=UTC)
    assert {message.enqueued_at for message in messages} == {None}
    assert answer.model == "o3"
    assert conversation.model == ""
    assert not Message.objects.lost().exists()


def test_reports_what_came_in(read, owner):
    (row,) = read(zipped({"conversations.json": [asked("1", title="One"), asked("2", title=None)]}))
    assert (row["file"], row["conversations"], row["messages"], row["existing"], row["error"]) == (
        "conversations.json",
        2,
        4,
        0,
        "",
    )
    untitled = owner.conversations.latest("id")
    assert untitled.title == "How do I roll back?"
    assert row["came_in"] == [{"id": str(one.pk), "title": one.title} for one in owner.conversations.order_by("id")]
    assert counts(row) == {"message_empty": 2, "model": 2, "title": 1}
    assert json.loads(json.dumps(row)) == row


def test_what_came_in_is_found(read, owner):
    read([asked(question="Where is the xylophone?", title="Instruments")])
    assert [len(results(owner, parse(words)).rows) for words in ("xyloph", "instruments", "zither")] == [1, 1, 0]


def test_a_message_of_megabytes_comes_in_whole(read, owner):
    words = " ".join(f"w{number}" for number in range(400_000))
    read([asked(question=words), asked("2")])
    assert owner.conversations.earliest("id").messages.earliest("id").content == words
    assert owner.conversations.count() == 2


def test_reads_todays_archives_of_many_files(read, owner):
    files = {
        "conversations-000.json": [asked("1"), asked("2")],
        "conversations-001.json": [asked("3"), {"title": "Lost", "conversation_id": "4"}],
        "chat.html": "<html>",
        "user.json": {"id": "user-1", "email": "me@example.com"},
        "message_feedback.json": [{"id": "1", "rating": "thumbsUp"}],
        "shared_conversations.json": [{"id": "s", "conversation_id": "1", "title": "One"}],
        "export_manifest.json": {"files": ["conversations-000.json"]},
        "file-abc.png": b"\x89PNG",
        "inner.zip": zipped({"conversations.json": [asked("9")]}),
    }
    first, second, archive = read(zipped(files), name="chatgpt.zip")
    assert (first["conversations"], second["conversations"]) == (2, 1)
    assert second["left_out"][0] == {
        "what": "conversation",
        "why": "conversation_unknown",
        "count": 1,
        "where": ["Lost"],
    }
    assert (archive["file"], archive["format"]) == ("chatgpt.zip", "")
    assert counts(archive) == {"member_other": 6, "member_archive": 1}
    assert owner.conversations.count() == 3


def test_sums_many_files_of_one_conversation_each(read, owner):
    files = {f"{number}.json": librechat([libre_message("q")], name=str(number)) for number in range(30)}
    (row,) = read(zipped(files))
    assert (row["file"], row["files"], row["conversations"], len(row["came_in"])) == ("0.json", 30, 30, 30)


def test_makes_no_doubles(read, owner, stranger):
    content = zipped({"a.json": [asked("1"), asked("1")], "b.json": [open_webui(*ANSWERED)], "c.json": own()})
    first = read(content)
    assert [row["conversations"] for row in first] == [1, 1, 1]
    assert counts(first[0])["conversation_twice"] == 1
    again = read(content)
    assert [(row["conversations"], row["existing"]) for row in again] == [(0, 1)] * 3
    assert counts(again[0])["conversation_twice"] == 1
    assert owner.conversations.count() == 3
    assert [row["conversations"] for row in read(content, who=stranger)] == [1, 1, 1]


def test_makes_no_doubles_of_what_has_no_id(read, owner):
    content = [asked(None), asked(None, question="Another?")]
    for conversation in content:
        del conversation["id"], conversation["conversation_id"]
    assert [read(content)[0]["conversations"] for _ in range(2)] == [2, 0]


def test_finds_ones_own_conversation_where_it_still_is(read, owner, stranger):
    mine = answered(owner)
    document = own(str(mine.pk))
    assert read(document)[0]["existing"] == 1
    assert read(document, who=stranger)[0]["conversations"] == 1
    mine.messages.all().delete()
    Conversation.objects.filter(pk=mine.pk).delete()
    assert read(document)[0]["conversations"] == 1


def test_brings_in_again_what_was_thrown_away(read, owner):
    read(own())
    owner.conversations.get().soft_delete()
    assert (read(own())[0]["conversations"], read(own())[0]["existing"]) == (1, 1)
    Conversation.objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - timedelta(hours=1))
    Conversation.objects.purge()
    assert owner.conversations.get().deleted_at is None


def test_makes_no_more_folders_than_a_person_may_have(read, owner, monkeypatch):
    monkeypatch.setattr(Folder, "LIMIT", 2)
    sent = [own(str(number), folder=name) for number, name in enumerate(["Work", "Home", "Garden", "Work"])]
    (row,) = read(sent)
    assert (row["conversations"], counts(row)) == (4, {"folder_no_room": 1})
    folders = [one.folder and one.folder.name for one in owner.conversations.order_by("id")]
    assert folders == ["Work", "Home", None, "Work"]


def test_keeps_no_more_folders_and_presets_than_a_person_may_have(read, owner, monkeypatch):
    monkeypatch.setattr(Folder, "LIMIT", 1)
    monkeypatch.setattr(Preset, "LIMIT", 2)
    names = [{"name": name} for name in ("A", "B", "C")]
    (row,) = read({"format": "parley", "version": 1, "folders": names, "presets": names})
    assert counts(row) == {"folder_left_out": 2, "preset_left_out": 1}
    assert [folder.name for folder in owner.folders.all()] == ["A"]
    assert [preset.name for preset in owner.presets.all()] == ["A", "B"]


def test_a_folder_goes_on_when_the_first_of_its_conversations_cannot_be_saved(read, owner, monkeypatch):
    execute = arriving.execute

    def refuse(statements):
        if 'INTO "parley_message"' in repr(statements) and "Bad" in repr(statements):
            raise DataError("This database does not take it.")
        return execute(statements)

    monkeypatch.setattr(arriving, "execute", refuse)
    bad = own("1", folder="Work", messages=[{"id": "1", "role": "user", "content": "Bad"}])
    (row,) = read([bad, own("2", folder="Work")])
    assert (row["conversations"], counts(row)) == (1, {"conversation_not_saved": 1})
    assert owner.conversations.get().folder.name == "Work"


def test_keeps_folders_and_presets_of_ones_own_archive(read, owner):
    Folder.objects.create(owner=owner, name="Work", instructions="As it was")
    Preset.objects.create(owner=owner, name="Terse", instructions="Be brief.", model="m", parameters={})
    sent = {"name": "Terse", "instructions": "Be brief.", "model": "m", "parameters": {}}
    settings_ = {
        "format": "parley",
        "version": 1,
        "folders": [
            {"name": "Work", "instructions": "Another"},
            {"name": "Home", "instructions": "Cosy", "parameters": {"top_p": 0.5, "x": 1}},
        ],
        "presets": [sent, {**sent, "instructions": "Be very brief."}, {"name": ""}, 7],
    }
    files = {
        "settings.json": settings_,
        "a.json": own(folder="Home"),
        "b.json": own("2", folder="New"),
        "manifest.json": {"format": "parley", "version": 1},
        "a.md": "# A",
    }
    for _ in range(2):
        assert {row["format"] for row in read(zipped(files))} == {"parley"}
    assert {folder.name: folder.instructions for folder in owner.folders.all()} == {
        "Work": "As it was",
        "Home": "Cosy",
        "New": "",
    }
    assert owner.folders.get(name="Home").parameters == {"top_p": 0.5}
    assert sorted(preset.instructions for preset in owner.presets.all()) == ["Be brief.", "Be very brief."]
    assert [one.folder.name for one in owner.conversations.order_by("id")] == ["Home", "New"]


def test_tells_of_progress_and_lets_the_caller_end_it(read, owner):
    sent = []
    read([asked(str(number)) for number in range(5)], on_progress=lambda *figures: sent.append(figures))
    assert sorted({done for done, _ in sent}) == [0, 1, 2, 3, 4, 5]
    assert all(total >= done for done, total in sent)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read([asked(str(number)) for number in range(5, 9)], on_progress=stop)
    assert owner.conversations.count() == 5


def test_leaves_the_feed_to_the_caller(read, owner):
    before = Feed.version_of(owner)
    read([asked()])
    assert Feed.version_of(owner) == before
    assert owner.conversations.get().version == 0


def test_nothing_waits_for_an_answer_because_of_an_import(read, owner):
    messages = [
        {"id": str(n), "parent": None, "role": "assistant", "status": status, "content": "x", "error": error}
        for n, (status, error) in enumerate(
            [("pending", ""), ("streaming", ""), ("odd", "nonsense"), ("failed", "timeout")]
        )
    ]
    read(own(messages=messages))
    rows = list(owner.conversations.get().messages.order_by("id").values_list("status", "error"))
    assert rows == [("interrupted", ""), ("interrupted", ""), ("interrupted", "internal"), ("failed", "timeout")]


@pytest.mark.parametrize("status", ["done", "stopped", "failed", "interrupted", "pending", "odd"])
def test_a_question_is_done_whatever_the_file_says(read, owner, status):
    read(own(messages=[{"id": "1", "role": "user", "status": status, "content": "My words"}]))
    assert owner.conversations.get().messages.get().status == "done"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("when", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"])
def test_a_time_that_cannot_be_true_is_not_taken(read, owner, client, when, zone):
    message = {"id": "1", "role": "user", "content": "Hi", "created_at": when, "settled_at": when}
    (row,) = read(own(created_at=when, updated_at=when, messages=[message]))
    assert counts(row) == {"time_unknown": 4}
    conversation = owner.conversations.get()
    assert conversation.updated_at.year == conversation.messages.get().created_at.year == timezone.now().year
    client.force_login(owner)
    client.cookies["parley_zone"] = zone
    assert client.get(conversation.get_absolute_url()).status_code == 200


def test_times_since_1970_are_taken(read, owner):
    read(own(created_at="1970-01-01T00:00:00Z", updated_at="1999-12-31T23:00:00-01:00"))
    conversation = owner.conversations.get()
    assert conversation.created_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert conversation.updated_at == datetime(2000, 1, 1, tzinfo=UTC)


def test_writes_many_messages_with_few_queries(owner, read, monkeypatch, django_assert_max_num_queries):
    """At the pace at which it begins, whatever the machine has to do beside it."""
    monkeypatch.setattr(Pace, "learn", lambda *_: None)
    messages = [libre_message(str(number), str(number - 1)) for number in range(1000)]
    with django_assert_max_num_queries(420):
        read(librechat(messages))
    assert owner.conversations.get().messages.count() == 1000


# What does harm


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(shapes.CHATGPT | shapes.WEBUI | shapes.LIBRE | shapes.OWN | shapes.ANY, min_size=1, max_size=4),
    st.binary(max_size=3),
)
def test_no_shape_of_json_raises_and_each_value_is_accounted_for(owner, tmp_path_factory, values, rubbish):
    path = tmp_path_factory.mktemp("any") / "upload"
    path.write_bytes(json.dumps({"chats": values}).encode() + rubbish)
    (row,) = read_import(path, owner)
    sent = counts(row)
    gone = sum(count for why, count in sent.items() if why.startswith("conversation_"))
    assert row["conversations"] + row["existing"] + gone >= len(values)
    for item in row["left_out"]:
        assert item["why"] in warnings.LABELS
    json.dumps(row, allow_nan=False, ensure_ascii=False).encode()


def test_half_surrogates_and_nul_are_the_same_on_every_database(read, owner):
    words = "a\ud800b\udc00c\x00d\re\r\nf🙂"
    nodes = (
        root("q"),
        node("q\x00", "client-created-root", "user", words, metadata={"attachments": [{"name": words, "id": words}]}),
    )
    read([chatgpt_export(*nodes, name=words, title=words)])
    conversation = owner.conversations.get()
    message = conversation.messages.get()
    cleaned = "a�b�c�d\ne\nf🙂"
    assert message.content == cleaned
    assert message.parts == [{"type": "file", "name": " ".join(cleaned.split())}]
    assert conversation.title == " ".join(cleaned.split())
    assert conversation.origin == f"chatgpt:{cleaned}"
    assert read([chatgpt_export(*nodes, name=words, title=words)])[0]["existing"] == 1


def test_bytes_that_are_no_text_are_replaced_and_told(read, owner):
    (row,) = read(json.dumps([asked()]).encode().replace(b"roll back", b"roll \xff\xfe"))
    assert owner.conversations.get().messages.earliest("id").content == "How do I roll ��?"
    assert counts(row)["text_replaced"] == 1


def test_reads_numbers_and_keys_that_are_none(read, owner):
    data = json.dumps([asked("1", create_time="TIME"), asked("2")])
    data = (
        data.replace('"TIME"', "1" + "0" * 5000)
        .replace('"title"', '"title": "First", "title"', 1)
        .replace("null", "NaN", 1)
    )
    (row,) = read(data.encode())
    assert row["conversations"] == 2
    assert counts(row)["value_repeated"] == 1


def test_a_string_of_100_mb_is_cut_and_the_rest_comes_in(read, owner, tmp_path, monkeypatch):
    monkeypatch.setattr(elements, "LONGEST", 300_000)
    (row,) = read(json.dumps([asked("1", question="x" * 2_000_000), asked("2")]).encode())
    assert (row["conversations"], counts(row)["text_cut"]) == (2, 1)
    assert len(owner.conversations.earliest("id").messages.earliest("id").content) == pytest.approx(300_000, rel=0.01)


@pytest.mark.parametrize("at", [200, 700, 2500, -1])
def test_a_file_that_ends_in_the_middle_gives_what_came_before(read, owner, at):
    whole = json.dumps([asked("1"), asked("2")]).encode()
    (row,) = read(whole[:at])
    assert row["error"] == "cut_off"
    assert row["conversations"] == owner.conversations.count() == (2 if at == -1 else 0 if at < 1000 else 1)


def test_a_broken_conversation_loses_nothing_else(read, owner):
    data = json.dumps([asked("1"), asked("2", title="X"), asked("3")]).replace('"title": "X"', '"title": X')
    (row,) = read(f"{data}\n{json.dumps(asked('4'))}".encode())
    assert (row["error"], row["conversations"], counts(row)["conversation_broken"]) == ("", 3, 1)
    assert [one.origin for one in owner.conversations.order_by("id")] == ["chatgpt:1", "chatgpt:3", "chatgpt:4"]


def test_a_quote_that_nobody_closes_loses_what_comes_after_it_and_says_so(read, owner):
    data = json.dumps([asked("1"), asked("2", title="X"), asked("3")]).replace('"title": "X"', '"title": "X')
    (row,) = read(data.encode())
    assert (row["error"], row["conversations"]) == ("cut_off", 1)
    assert "damaged" in warnings.error_sentence(row["error"])
    assert owner.conversations.get().origin == "chatgpt:1"


def test_a_conversation_that_cannot_be_saved_loses_nothing_else(read, owner, monkeypatch):
    write = Loader._write

    def refuse(self, sent, *others):
        conversation = write(self, sent, *others)
        if sent["title"] == "Bad":
            raise DataError("This database does not take it.")
        return conversation

    monkeypatch.setattr(Loader, "_write", refuse)
    (row,) = read([asked("1"), asked("2", title="Bad"), asked("3")])
    assert (row["conversations"], counts(row)["conversation_not_saved"]) == (2, 1)


def test_an_importer_that_fails_loses_nothing_else(read, owner, monkeypatch):
    from parley.transfer.formats import chatgpt

    documents = chatgpt.documents
    monkeypatch.setattr(
        chatgpt, "documents", lambda value, held: 1 / 0 if value["title"] == "Bad" else documents(value)
    )
    (row,) = read([asked("1"), asked("2", title="Bad"), asked("3")])
    assert (row["conversations"], counts(row)["conversation_broken"]) == (2, 1)
    assert row["left_out"][0]["where"] == ["Bad"]


def test_foreign_ids_reach_no_row_that_is_there(read, owner, stranger):
    theirs = answered(stranger)
    message = theirs.messages.latest("id")
    before = list(theirs.messages.order_by("id").values())
    sent = {
        "id": str(message.pk),
        "parent": str(message.parent_id),
        "role": "user",
        "status": "done",
        "content": "Mine now",
        "conversation": str(theirs.pk),
        "owner": stranger.pk,
    }
    document = own(
        str(theirs.pk),
        messages=[sent],
        shown=str(message.pk),
        owner=stranger.pk,
        origin=f"parley:{theirs.pk}",
        folder=None,
    )
    read(document)
    read([chatgpt_export(node(str(message.pk), str(message.parent_id), "user", "Mine too"), name=str(theirs.pk))])
    assert list(theirs.messages.order_by("id").values()) == before
    assert {one.owner_id for one in Conversation.objects.exclude(pk=theirs.pk)} == {owner.pk}
    mine = Message.objects.filter(conversation__owner=owner)
    assert {one.content for one in mine} == {"Mine now", "Mine too"}
    assert not mine.filter(parent=message).exists()
    assert all(isinstance(one.pk, UUID) and one.pk != message.pk for one in mine)


@pytest.mark.parametrize("role", [None, "", "tool", 7, []])
def test_a_message_of_nobody_is_told(read, owner, role):
    (row,) = read(own(messages=[ASKED, {**ASKED, "id": "2", "role": role}]))
    assert (row["messages"], counts(row)) == (1, {"message_role": 1})


def test_circles_come_in_as_trees(read, owner):
    (row,) = read(
        [chatgpt_export(node("a", "c", "user", "a"), node("b", "a", "user", "b"), node("c", "b", "user", "c"))]
    )
    assert counts(row)["branch_cycle"] == 1
    messages = owner.conversations.get().messages.order_by("id")
    assert [message.parent_id for message in messages] == [None, *[message.pk for message in messages][:2]]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "empty_file"),
        (b"<html>", "unrecognised"),
        (b"{}", "unrecognised"),
        (b"[1, 2]", "unrecognised"),
        (b"[]", "unrecognised"),
        (b'{"a": ' * 100, "cut_off"),
        (b"PK\3\4" + b"x" * 100, "broken_archive"),
        (zipped({}), "unrecognised"),
        (zipped({"a.txt": "Hello"}), "unrecognised"),
        (zipped({"a.json": zipped({"conversations.json": "[]"})}), "unrecognised"),
        (zipped({"a.json": b"[" + b" " * 20 * 2**20}), "bomb"),
    ],
)
def test_says_why_nothing_came_in(read, content, error):
    row = read(content)[-1] if error == "unrecognised" else read(content)[0]
    assert row["error"] == error
    assert warnings.error_sentence(error)


def test_what_is_beyond_the_most_that_is_unpacked_is_told(read, owner, monkeypatch):
    monkeypatch.setattr(streams, "MAX_BYTES", 100_000)
    *read_rows, archive = read(zipped({f"{name}.json": [asked(name, question="x" * 20_000)] for name in "123456"}))
    assert [row["file"] for row in read_rows] == ["1.json", "2.json", "3.json", "4.json"]
    assert [row["error"] for row in read_rows] == ["", "", "", "bomb"]
    assert [item["where"] for item in archive["left_out"]] == [["5.json", "6.json"]]
    assert counts(archive) == {"member_beyond": 2}
    assert owner.conversations.count() == 3


def among_good_ones(content):
    return zipped({"1.json": [asked("1")], "2.json": content, "3.json": [asked("3"), asked("4")]})


def damaged(mark, at):
    """With another byte at this place of what the archive holds of its second file behind a mark."""
    data = bytearray(among_good_ones([asked("2")]))
    start = data.index(mark, data.index(mark) + 1)
    data[start + at] ^= 1
    return bytes(data)


FILE, ENTRY = b"PK\3\4", b"PK\1\2"
BAD = {
    "damaged": (damaged(FILE, 100), "broken_file"),
    "of another checksum": (damaged(ENTRY, 16), "broken_file"),
    "without a beginning": (damaged(FILE, 0), "broken_file"),
    "a bomb": (among_good_ones(b"[" + b" " * 20 * 2**20), "bomb"),
    "cut off": (among_good_ones(json.dumps([asked("2")])[:-300]), "cut_off"),
    "encrypted": (damaged(ENTRY, 8), "member_encrypted"),
    "an archive": (among_good_ones(zipped({"conversations.json": [asked("2")]})), "member_archive"),
    "a text": (among_good_ones("no conversation"), "member_other"),
    "other JSON": (among_good_ones("[1, 2]"), "member_other"),
    "empty": (among_good_ones(""), "member_other"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_among_good_ones_is_named_and_loses_nothing_else(read, owner, name):
    packed, sent = BAD[name]
    rows = {row["file"]: row for row in read(packed, name="export.zip")}
    bad = [(file, row["error"]) for file, row in rows.items() if row["error"]]
    left_out = [item for row in rows.values() for item in row["left_out"] if item["what"] == "member"]
    assert [*bad, *((item["where"][0], item["why"]) for item in left_out)] == [("2.json", sent)]
    assert (rows["1.json"]["conversations"], rows["3.json"]["conversations"]) == (1, 2)
    assert {"chatgpt:1", "chatgpt:3", "chatgpt:4"} <= {*owner.conversations.values_list("origin", flat=True)}


def test_conversations_without_messages_are_told(read, owner):
    (row,) = read([chatgpt_export(root()), asked("2")])
    assert (row["conversations"], counts(row)["conversation_empty"]) == (1, 1)


def test_ones_own_come_in_without_messages_too(read, owner):
    (row,) = read(own(messages=[]))
    assert (row["conversations"], owner.conversations.get().title) == (1, "Mine")


def test_a_conversation_of_a_newer_version_is_told(read):
    (row,) = read({**own(), "version": 3})
    assert counts(row) == {"conversation_newer": 1}


def test_renders_an_answer_when_it_is_first_looked_at_and_keeps_that(read, owner):
    read([open_webui(*ANSWERED)])
    conversation = owner.conversations.get()
    (reply,) = [message for message in conversation.transcript() if message.role == "assistant"]
    assert Message.objects.get(pk=reply.pk).html == reply.html == "<p>Hi!</p>"
    with CaptureQueriesContext(connection) as captured:
        conversation.transcript()
    assert [query["sql"] for query in captured if query["sql"].startswith("UPDATE")] == []


# Limits


@pytest.fixture
def limited(settings):
    def limiting(**values):
        settings.PARLEY = {**settings.PARLEY, **values}

    return limiting


def errors_of(report):
    return [row["error"] for row in report if row["error"]]


BRACKETS = {
    "opened": b"[" * 3_000_000,
    "closed": b"]" * 3_000_000,
    "objects": b"[" + b"{}," * 1_000_000,
    "lists": b"[" + b"[]," * 1_000_000,
    "deep": b"[" + (b"[" * 5_000 + b"]" * 5_000 + b",") * 300,
    "texts": b"[" + b'"",' * 1_000_000,
    "opened objects": b'{"a":' * 600_000,
    "unclosed": b'[{"a":"' + b"\\\\" * 1_500_000,
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("content", BRACKETS.values(), ids=BRACKETS)
@pytest.mark.parametrize("packed", [False, True], ids=["alone", "packed"])
def test_ends_in_time_whatever_it_holds(owner, read, limited, content, packed):
    limited(IMPORT_TIMEOUT=0.2)
    begun = time.thread_time()
    read(zipped({"conversations.json": content}) if packed else content)
    assert time.thread_time() - begun < 3


def test_ends_in_time_with_many_files(read, limited):
    limited(IMPORT_TIMEOUT=0.1)
    begun = time.thread_time()
    report = read(zipped({f"{number}.json": b"{}" for number in range(5_000)}))
    assert time.thread_time() - begun < 3
    assert errors_of(report) == ["time_up"]


@pytest.mark.thorough
def test_keeps_what_came_in_before_the_time_was_up(owner, read, limited, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(reading, "Limits", lambda seconds, rows: Limits(30, rows, lambda: next(clock)))
    many = [own(str(number), title=str(number)) for number in range(100)]
    report = read(many)
    assert errors_of(report) == ["time_up"]
    assert 0 < report[0]["conversations"] == owner.conversations.count() < 100
    monkeypatch.undo()
    report = read(many)
    assert (errors_of(report), owner.conversations.count()) == ([], 100)


def test_brings_in_so_many_messages_and_the_next_time_more(owner, read, limited):
    limited(MAX_IMPORTED_MESSAGES=4)
    many = [own(str(number), title=str(number)) for number in range(9)]
    found = [(errors_of(read(many)), owner.conversations.count()) for _ in range(3)]
    assert found == [(["too_many_messages"], 4), (["too_many_messages"], 8), ([], 9)]


def test_looks_at_so_many_values_that_are_nothing(read, limited):
    limited(MAX_IMPORTED_MESSAGES=4)
    (row,) = read([{}] * 9)
    assert (row["error"], counts(row)["conversation_unknown"]) == ("too_many_messages", 5)


def test_says_which_files_it_did_not_come_to(read, limited):
    limited(MAX_IMPORTED_MESSAGES=3)
    report = read(zipped({f"{number}.json": json.dumps(own(str(number))).encode() for number in range(6)}))
    assert errors_of(report) == ["too_many_messages"]
    (item,) = [item for row in report for item in row["left_out"] if item["why"] == "member_not_reached"]
    assert item["count"] == 2

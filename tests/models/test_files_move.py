"""Files of questions leave with exports and come in with imports; also on PostgreSQL."""

import base64
import json
import re
from hashlib import sha256
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from parley import files
from parley.attachments import reading
from parley.included import sentences
from parley.models import Attached, Attachment, Conversation, Folder, Share, Transfer
from parley.transfer import archive, attaching, elements, loading
from parley.transfer.archive import write_archive
from parley.transfer.document import json_of
from parley.transfer.readable import html_of, markdown_of
from parley.transfer.reading import read_import
from parley.transfer.warnings import LABELS
from tests.models.conftest import answered
from tests.models.test_storage import exported, room  # noqa: F401
from tests.support.attached import PNG, UPLOADED, a_document, a_picture, bytes_of, with_files
from tests.support.exports import chatgpt as chatgpt_export
from tests.support.exports import libre_message, librechat, node, open_webui, root, webui_message, zipped
from tests.unit.texts import PAYLOADS

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
ASSET, UPLOAD = "file_00000000ef987246a55f03c88decb29d", "file-4Umt1yHoGKicdmLWzFJ9sC"
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()

ACTS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Controls and directions, which no name keeps."""


@pytest.fixture(autouse=True)
def _private_files(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path / "private")}


@pytest.fixture
def bring_in(owner, tmp_path):
    """A function: what was left out of an archive, code → count, once the owner has brought it in."""

    def bringing(content, who=owner, **how):
        path = tmp_path / "upload"
        path.write_bytes(content if isinstance(content, bytes) else zipped(content))
        report = read_import(path, who, **how)
        assert [row["error"] for row in report if row["error"]] == []
        return {item["why"]: item["count"] for row in report for item in row["left_out"]}

    return bringing


def export(owner):
    """The files of an archive of everything, by name, and what was counted."""
    file = BytesIO()
    counts = write_archive(file, owner, [], lambda done, total: None)
    with ZipFile(file) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}, counts, file.getvalue()


def tree_of(owner):
    """The texts of each conversation with their parents, and what is attached to them."""
    return sorted(
        [
            (
                message.content,
                message.parent and message.parent.content,
                [(one.attachment.name, one.attachment.alt, stored(one.attachment)) for one in message.attached.all()],
            )
            for message in conversation.messages.order_by("id")
        ]
        for conversation in owner.conversations.filter(deleted_at=None)
    )


def stored(one):
    return bytes_of(one.picture or one.file)


def wipe(owner):
    for conversation in owner.conversations.all():
        conversation.delete()
    Attachment.objects.purge()
    assert files_stored() == []


def files_stored():
    folders, _ = files.storage().listdir("")
    return [name for name in folders if name == "attachments" for name in _below("attachments")]


def _below(folder):
    folders, names = files.storage().listdir(folder)
    return [f"{folder}/{name}" for name in names] + [one for name in folders for one in _below(f"{folder}/{name}")]


@pytest.fixture
def talk(owner):
    """A conversation whose question with two files was asked again, and a fork of it."""
    conversation = answered(owner)
    held = [a_document(owner, "q3 [final].txt"), a_picture(owner)]
    question = with_files(conversation, *held)
    conversation.ask("Again?", instead_of=question, attachments=[held[0].pk])
    conversation.messages.filter(status="pending").update(status="done", content="Yes")
    conversation.fork(conversation.messages.get(content="answer"))
    return conversation


# Exports


def test_an_archive_has_each_file_once_and_what_was_uploaded_of_a_picture_never(owner, talk):
    packed, counts, whole = export(owner)
    paths = {name for name in packed if name.startswith("files/")}
    assert {path[6:].split("-", 5)[-1] for path in paths} == {"q3 [final].txt", "sea.png"}
    assert (counts["files"], counts["missing_files"]) == (2, 0)
    assert UPLOADED[3:] not in whole
    assert PNG in whole, "It is stored as it is."
    document = json.loads(packed[f"conversations/{talk.pk}.json"])
    sent = [message["attachments"] for message in document["conversation"]["messages"] if "attachments" in message]
    assert [len(files) for files in sent] == [2, 1]
    for each in [*sent[0], *sent[1]]:
        assert (each["sha256"], each["size"]) == (sha256(packed[each["path"]]).hexdigest(), len(packed[each["path"]]))
    text = next(packed[name].decode() for name in packed if name.startswith("markdown/") and b"Again" in packed[name])
    assert "- [q3 \\[final\\].txt](../files/" in text
    assert "q3%20%5Bfinal%5D.txt) (11" in text


def test_a_single_file_names_what_is_attached(owner, talk):
    talk.show(talk.messages.get(content="answer"))
    document = json.loads("".join(json_of(talk)))
    assert [one["path"] for one in document["conversation"]["messages"][0]["attachments"]] == [None, None]
    for text in ("".join(markdown_of(talk)), "".join(html_of(talk))):
        assert "sea.png" in text
        assert "files/" not in text
    with CaptureQueriesContext(connection) as queries:
        list(json_of(talk))
    assert len(queries) == 2


def test_a_file_that_is_missing_or_not_read_is_told_and_the_rest_goes_on(owner, talk):
    waiting = a_picture(owner, "waiting.png")
    Attachment.objects.filter(pk=waiting.pk).update(picture="", status="waiting")
    Attached.hold([waiting], message=talk.messages.get(content="Again?"))
    files.remove(Attachment.objects.get(name="q3 [final].txt").file)
    packed, counts, whole = export(owner)
    assert (counts["files"], counts["missing_files"]) == (1, 2)
    assert UPLOADED[3:] not in whole
    document = json.loads(packed[f"conversations/{talk.pk}.json"])
    assert [one["path"] for one in document["conversation"]["messages"][2]["attachments"]] == [None, None]
    transfer = exported(owner)
    assert (transfer.status, transfer.error, transfer.report[0]["missing_files"]) == ("done", "files_missing", 2)


def test_a_storage_that_says_only_at_the_first_read_that_a_file_is_missing_leaves_no_member(owner, talk, monkeypatch):
    class Nothing(BytesIO):
        def read(self, *_):
            raise FileNotFoundError

    monkeypatch.setattr(archive, "_opened", lambda one: files.File(Nothing()))
    packed, counts, _ = export(owner)
    assert (counts["files"], counts["missing_files"]) == (0, 2)
    assert not [name for name in packed if name.startswith("files/")]


# One's own come in again


def test_what_is_exported_comes_in_again_with_the_same_files_and_the_same_tree(owner, stranger, talk, bring_in):
    before = tree_of(owner)
    _, _, whole = export(owner)
    wipe(owner)
    assert bring_in(whole) == bring_in(whole, stranger) == {}
    assert tree_of(owner) == tree_of(stranger) == before
    rows = Attachment.objects.filter(owner=owner)
    assert {(row.status, row.drafted, row.enqueued_at, row.version) for row in rows} == {("waiting", False, None, 0)}
    assert sorted(row.digest for row in rows) == sorted(sha256(stored(row)).hexdigest() for row in rows)
    assert {(row.kind, row.media_type) for row in rows} == {("text", "text/plain"), ("picture", "image/png")}
    assert Attachment.objects.lost().count() == 2, "The reaper sends a task each, and these the next."
    assert not Attachment.objects.expired().exists()


def test_brings_in_no_file_twice(owner, talk, bring_in):
    _, _, whole = export(owner)
    before = files_stored()
    assert bring_in(whole) == {}
    assert (files_stored(), Attachment.objects.count()) == (before, 2)
    Conversation.objects.filter(pk=talk.pk).delete()
    assert bring_in(whole) == {}
    assert tree_of(owner)[0] != tree_of(owner)[1]


def test_a_document_of_the_first_version_still_comes_in_and_a_newer_one_does_not(owner, bring_in):
    message = {"id": "1", "parent": None, "role": "user", "content": "Hello"}
    old = {"format": "parley", "version": 1, "conversation": {"id": "one", "title": "Old", "messages": [message]}}
    assert bring_in({"a.json": old, "b.json": {**old, "version": 3}}) == {"conversation_newer": 1}
    assert owner.conversations.get().title == "Old"


def own(*attachments, name="one"):
    """A document whose question has these files, as our exports write them."""
    entries = [{"name": "", "type": "text/plain", "alt": "", "sha256": "", "path": None, **one} for one in attachments]
    message = {"id": "1", "parent": None, "role": "user", "content": "Hello", "attachments": entries}
    conversation = {"id": name, "title": "Mine", "messages": [message]}
    return {"format": "parley", "version": 2, "conversation": conversation}


def path_of(number):
    return f"files/0191f0f0-0000-7000-8000-{number:012}-a.txt"


def test_a_bad_file_loses_only_itself_and_is_told(owner, bring_in, settings):
    settings.PARLEY = {**settings.PARLEY, "MAX_FILE_SIZE": 30_000_000}
    bomb, good = bytes(20_000_000), b"good"
    content = {
        path_of(1): bomb, path_of(2): good, path_of(3): b"other", path_of(4): b"MZ\x90\0" + bytes(40), path_of(5): b"",
        path_of(6): b"x" * 30_000_001,
        "one.json": own(
            {"path": path_of(1), "name": "bomb.txt"},
            {"path": path_of(2), "name": "good.txt", "sha256": sha256(good).hexdigest()},
            {"path": path_of(3), "name": "damaged.txt", "sha256": "0" * 64},
            {"path": path_of(4), "name": "program.exe"},
            {"path": path_of(5), "name": "empty.txt"},
            {"path": path_of(6), "name": "large.txt"},
            {"path": path_of(7), "name": "missing.txt"},
            {"path": "../../etc/passwd", "name": "out.txt"},
            {"name": "never.png", "type": "image/png"},
        ),
    }  # fmt: skip
    left_out = bring_in(content)
    assert left_out == {"file_bomb": 2, "file_damaged": 1, "file_refused": 2, "file_missing": 2, "picture": 1}
    assert set(left_out) <= set(LABELS)
    question = owner.conversations.get().messages.get()
    assert [one.attachment.name for one in question.attached.all()] == ["good.txt"]
    assert [part["name"] for part in question.parts] == [
        "bomb.txt", "damaged.txt", "program.exe", "empty.txt", "large.txt", "missing.txt", "out.txt", "never.png"
    ]  # fmt: skip
    assert [part["type"] for part in question.parts] == ["file"] * 7 + ["image"]
    assert len(files_stored()) == 1


def test_bytes_that_were_changed_in_the_archive_are_told(owner, bring_in):
    whole = bytearray(zipped({path_of(1): "word " * 9_000, "one.json": own({"path": path_of(1)})}))
    at = whole.index(b"-a.txt") + 30
    whole[at] ^= 255
    assert bring_in(bytes(whole)) == {"file_damaged": 1}
    assert owner.conversations.get().messages.get().content == "Hello"


def test_takes_no_more_than_there_is_room_for(owner, bring_in, room, monkeypatch):  # noqa: F811
    content = {path_of(number): f"{number} " + "x" * 1_000 for number in range(5)}
    content |= {"one.json": own(*({"path": path_of(number)} for number in range(5)))}
    room(2_500)
    assert bring_in(content) == {"file_no_room": 3}
    assert Attachment.objects.count() == 2
    monkeypatch.setattr(attaching, "MOST", 1)
    room(10**9)
    assert bring_in({**content, "one.json": own(*({"path": path_of(3)}, {"path": path_of(4)}), name="two")}) == {
        "file_no_room": 1
    }


def test_a_file_in_json_is_no_conversation(owner, bring_in):
    stolen = chatgpt_export(root("q"), node("q", "client-created-root", "user", "Not mine"))
    content = {path_of(1): stolen, f"{UPLOAD}-a.json": stolen, "one.json": own({"path": path_of(1), "name": "a.json"})}
    assert bring_in(content) == {}
    assert (owner.conversations.count(), Attachment.objects.get().media_type) == (1, "application/json")


def test_names_and_types_are_taken_as_text_whatever_they_say(owner, bring_in):
    content = {path_of(number): b"text" for number in range(len(PAYLOADS))}
    files = [{"path": path_of(number), "name": name, "alt": name, "type": name} for number, name in enumerate(PAYLOADS)]
    most = [own(*files[start : start + 100], name=str(start)) for start in range(0, len(files), 100)]
    assert bring_in({**content, "all.json": most}) == {}
    for one in Attachment.objects.all():
        assert (len(one.name) <= 200, ACTS.search(one.name), one.media_type) == (True, None, "text/plain")
        assert one.file == f"attachments/{one.pk.hex}/original"


def test_what_was_stored_for_a_conversation_that_is_not_saved_is_removed(owner, bring_in, monkeypatch):
    from django.db import DataError

    def fail(messages):
        raise DataError

    whole = loading.inserting
    monkeypatch.setattr(loading, "inserting", lambda rows: fail(rows) if isinstance(rows[0], Attached) else whole(rows))
    assert bring_in({path_of(1): "a", "one.json": own({"path": path_of(1)})}) == {"conversation_not_saved": 1}
    assert files_stored() == []
    monkeypatch.undo()
    assert bring_in({path_of(1): "a", "one.json": own({"path": path_of(1)})}) == {}
    assert len(files_stored()) == 1


def test_a_long_conversation_with_files_that_is_given_up_leaves_nothing(owner, bring_in, monkeypatch):
    whole, written = loading._inserting, []
    monkeypatch.setattr(
        loading, "_inserting", lambda rows: written.append(1) or whole(rows) if len(written) < 2 else 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        bring_in(long_one())
    assert 0 < Attachment.objects.count() < 60
    assert len(files_stored()) == Attachment.objects.count()
    for conversation in Conversation.objects.expired():
        Conversation.objects.filter(pk=conversation.pk).purge()
    Attachment.objects.purge()
    assert (files_stored(), Conversation.objects.count()) == ([], 0)


def test_a_long_conversation_with_files_comes_in_by_portions(owner, bring_in):
    assert bring_in(long_one()) == {}
    rows = Attached.objects.order_by("message_id").select_related("attachment")
    assert [bytes_of(row.attachment.file) for row in rows] == [f"{number}".encode() for number in range(60)]


def long_one():
    document = own({"path": path_of(0)})
    document["conversation"]["messages"] = [
        {
            "id": str(number),
            "parent": None,
            "role": "user",
            "content": "Hello",
            "attachments": [{"path": path_of(number)}],
        }
        for number in range(60)
    ]
    return {**{path_of(number): f"{number}" for number in range(60)}, "one.json": document}


# Of other products


def chatgpt(**metadata):
    pointer = {"content_type": "image_asset_pointer", "asset_pointer": f"sediment://{ASSET}", "width": 3, "height": 2}
    made = {"content_type": "multimodal_text", "parts": [{**pointer, "asset_pointer": f"file-service://{UPLOAD}"}]}
    return chatgpt_export(
        root("q"),
        node("q", "client-created-root", "user", {"content_type": "multimodal_text", "parts": [pointer, "Look"]},
             children=["a"], metadata=metadata),
        node("a", "q", "assistant", made),
    )  # fmt: skip


def test_files_of_chatgpt_come_in_with_questions_and_are_named_with_answers(owner, bring_in):
    attached = [{"id": ASSET, "name": "sea.png", "mime_type": "image/png"}, {"id": UPLOAD, "name": "q3.txt"}]
    left_out = bring_in(
        {
            "conversations.json": [chatgpt(attachments=attached)],
            f"user-1/{ASSET}-1.png": PNG,
            f"{UPLOAD}.dat": "Sales rose.",
            "dalle-generations/file-0dz6HTMWfHxQR6cJLdASOMb1-a.webp": PNG,
        }
    )
    assert left_out == {"member_other": 1, "picture": 1, "model": 1}
    question, answer = owner.conversations.get().messages.order_by("id")
    assert [(one.attachment.name, stored(one.attachment)) for one in question.attached.all()] == [
        ("sea.png", PNG),
        ("q3.txt", b"Sales rose."),
    ]
    assert (question.content, question.parts) == ("Look", [])
    assert [part["name"] for part in answer.parts] == [f"file-service://{UPLOAD}"]


def test_what_an_archive_of_chatgpt_does_not_hold_is_named_as_before(owner, bring_in):
    attached = [{"id": UPLOAD, "name": "q3.pdf", "mime_type": "application/pdf"}]
    left_out = bring_in({"conversations.json": [chatgpt(attachments=attached)]})
    assert left_out == {"picture": 2, "file": 1, "model": 1}
    question = owner.conversations.get().messages.order_by("id")[0]
    assert [part["name"] for part in question.parts] == [f"sediment://{ASSET}", "q3.pdf"]


def test_pictures_of_open_webui_are_inside_of_its_file(owner, bring_in, monkeypatch):
    large = "data:image/png;base64," + base64.b64encode(PNG + bytes(300_000)).decode()
    chat = open_webui(
        webui_message("q", None, children=["a"], files=[
            {"type": "image", "url": DATA, "name": "sea.png"}, {"type": "image", "url": large},
            {"type": "image", "url": "data:image/png;base64," + "A" * 81 + "!" * 99, "name": "bad.png"},
            {"type": "file", "name": "a.pdf", "url": "/api/v1/files/1"},
        ]),
        webui_message("a", "q", "assistant", files=[{"type": "image", "url": DATA}]),
    )  # fmt: skip
    assert bring_in(json.dumps([chat]).encode()) == {"file_damaged": 1, "file": 1, "picture": 1, "model": 1}
    question = owner.conversations.get().messages.order_by("id")[0]
    held = [one.attachment for one in question.attached.all()]
    assert [(one.name, one.size) for one in held] == [("sea.png", len(PNG)), ("picture", len(PNG) + 300_000)]
    assert {part["name"] for part in question.parts} == {"a.pdf", "bad.png"}
    monkeypatch.setattr(elements, "MOST_DATA", 100_000)
    chat["id"] = "another"
    assert bring_in(json.dumps([chat]).encode())["picture"] == 2


def test_files_of_librechat_come_in_where_the_archive_has_them(owner, bring_in):
    files = [
        {"filename": "sea.png", "type": "image/png", "filepath": "/images/u1/sea.png"},
        {"filename": "a.pdf", "type": "application/pdf", "filepath": "/uploads/a.pdf"},
    ]
    chat = librechat([libre_message("q", files=files)])
    assert bring_in({"chat.json": chat, "images/u1/sea.png": PNG}) == {"file": 1}
    question = owner.conversations.get().messages.get()
    assert [stored(one.attachment) for one in question.attached.all()] == [PNG]
    assert [part["name"] for part in question.parts] == ["a.pdf"]


def test_a_question_of_files_alone_comes_in(owner, bring_in):
    content = {"content_type": "multimodal_text", "parts": [{"asset_pointer": f"sediment://{ASSET}",
               "content_type": "image_asset_pointer"}]}  # fmt: skip
    chat = chatgpt_export(root("q"), node("q", "client-created-root", "user", content))
    assert bring_in({"conversations.json": [{**chat, "title": ""}], f"{ASSET}.dat": PNG}) == {"model": 1, "title": 1}
    conversation = owner.conversations.get()
    assert conversation.messages.get().attached.count() == 1
    assert conversation.title == "Untitled"
    document = own({"path": path_of(1), "name": "q3.txt"})
    document["conversation"] |= {"title": "", "messages": [{**document["conversation"]["messages"][0], "content": ""}]}
    assert bring_in({path_of(1): "a", "one.json": document}) == {"title": 1}
    assert owner.conversations.latest("id").title == "q3.txt"


def test_an_import_in_a_worker_leaves_files_to_be_read(owner, talk, settings):
    from parley.transfer import jobs

    _, _, whole = export(owner)
    wipe(owner)
    name = files.keep("transfers/x.import", files.File(BytesIO(whole)))
    Transfer.begin(owner, "import", file=name, name="x.zip", size=len(whole))
    assert jobs.run(UUID(int=1)) == "done"
    assert Attachment.objects.filter(status="waiting").count() == 2


def test_what_comes_in_is_read_again_to_the_same_text_and_picture(owner, bring_in):
    sea = BytesIO()
    Image.new("RGB", (30, 20), "navy").save(sea, "PNG")
    text = "\n".join(f"Line {number} of the report." for number in range(2_000))
    with_files(answered(owner), a_document(owner, "q3.txt", text), a_picture(owner, content=sea.getvalue()))
    _, _, whole = export(owner)
    wipe(owner)
    assert bring_in(whole) == {}
    for _row in Attachment.objects.all():
        assert reading.run(UUID(int=1)) == "ready"
    document, picture = Attachment.objects.order_by("kind").reverse()
    assert (document.text.text, document.characters) == (text, len(text))
    assert (picture.width, picture.height, picture.file) == (30, 20, "")
    assert Image.open(BytesIO(bytes_of(picture.picture))).convert("RGB").getpixel((9, 9)) == (0, 0, 128)
    assert bring_in(whole) == {}
    assert Attachment.objects.count() == 2


def test_the_files_of_folders_go_and_come_with_them(owner, talk, bring_in):
    folder, _ = (Folder.objects.create(owner=owner, name=name) for name in ("Trip", "Empty"))
    plan, map_ = a_document(owner, "plan.txt", "Leave at six."), a_picture(owner, "map.png")
    Attached.hold([plan, map_], folder=folder)
    folder.attached.filter(attachment=map_).update(on=False)
    packed, counts, whole = export(owner)
    assert counts["files"] == 4
    trip = next(one for one in json.loads(packed["settings.json"])["folders"] if one["name"] == "Trip")
    assert [(one["name"], one["on"], packed[one["path"]]) for one in trip["attachments"]] == [
        ("plan.txt", True, b"Leave at six."),
        ("map.png", False, PNG),
    ]
    Folder.objects.all().delete()
    wipe(owner)
    for _ in range(2):
        assert bring_in(whole) == {}
    folder = Folder.objects.get(name="Trip")
    assert [(use.attachment.name, use.on) for use in folder.attached.all()] == [("plan.txt", True), ("map.png", False)]
    assert Attachment.objects.count() == 4
    assert not Folder.objects.get(name="Empty").attached.exists()


def test_an_export_of_some_conversations_has_the_files_of_their_folders_alone(owner, talk):
    for name, chosen in (("Trip", True), ("Other", False)):
        folder = Folder.objects.create(owner=owner, name=name)
        Attached.hold([a_document(owner, f"{name}.txt", name)], folder=folder)
        if chosen:
            type(talk).objects.filter(pk=talk.pk).update(folder=folder)
    file = BytesIO()
    assert write_archive(file, owner, [str(talk.pk)], lambda done, total: None)["files"] == 3
    with ZipFile(file) as packed:
        folders = json.loads(packed.read("settings.json"))["folders"]
    paths = {one["name"]: bool(one["attachments"][0]["path"]) for one in folders}
    assert paths == {"Trip": True, "Other": False}


def test_a_file_of_a_folder_that_is_not_there_is_told(owner, bring_in):
    folder = {"name": "Trip", "attachments": [{"name": "a.txt", "path": path_of(1)}, "nonsense", {"path": 7}]}
    left_out = bring_in({"settings.json": json.dumps({"format": "parley", "version": 2, "folders": [folder]})})
    assert left_out == {"file": 2, "file_missing": 1}
    assert Folder.objects.get().name == "Trip"


@pytest.mark.parametrize(("mode", "kind"), [("RGB", "JPEG"), ("L", "JPEG"), ("RGB", "PNG")])
def test_a_picture_comes_back_to_the_byte(owner, bring_in, mode, kind):
    sea = BytesIO()
    drawn = Image.effect_noise((300, 200), 80) if kind == "JPEG" else Image.new("L", (300, 200), 7)
    drawn.convert(mode).save(sea, kind, quality=85)
    with_files(answered(owner), a_picture(owner, content=sea.getvalue()))
    _, _, whole = export(owner)
    wipe(owner)
    assert bring_in(whole) == {}
    assert reading.run(UUID(int=1)) == "ready"
    assert bytes_of(Attachment.objects.get().picture) == sea.getvalue()


def test_what_was_sent_of_a_file_stays_known_wherever_the_answer_goes(owner, stranger, bring_in):
    conversation, report, rules = answered(owner), a_document(owner, "q3.pdf"), a_document(owner, "rules.pdf")
    with_files(conversation, report)
    entry = {"from": 0, "upto": 5, "of": 11, "pages": [1, 1, 3], "why": "room", "window": 8000, "notes": ["no_text"]}
    sent = [{"id": str(report.pk), "name": "q3.pdf", **entry}, {"id": str(rules.pk), "name": "rules.pdf", **entry}]
    conversation.messages.filter(role="assistant").update(included=sent)
    said = ["“q3.pdf”: pages 1–1 of 3 were sent", "“q3.pdf, rules.pdf”: Some of its pages have no text"]
    for text in ("".join(html_of(conversation)), "".join(markdown_of(conversation)).replace("\\", "")):
        assert [words in text for words in said] == [True, True]
    fork = conversation.fork(conversation.transcript()[-1])
    assert fork.transcript()[-1].included == sent
    assert bring_in(export(owner)[2], stranger) == {}
    for one in Conversation.objects.filter(owner=stranger):
        *_, question, answer = one.transcript()
        assert answer.included == [{**sent[0], "id": str(question.attached.get().attachment_id)}, {**sent[1], "id": ""}]
    shared = Share.of(conversation).rows()[-1].included
    assert shared == [{**sent[0], "id": ""}], "The files of a folder are the owner's own business."
    page = Client().get(Share.objects.get().get_absolute_url()).text
    assert said[0] in page
    assert "rules.pdf" not in page


def test_reads_nothing_but_what_a_record_may_say(owner, bring_in):
    odd = {"id": "x" * 99, "name": ["a"], "upto": -5, "of": "9", "pages": [1, 2], "why": "\0" * 99, "notes": [7, None]}
    ask, answer = {"id": "1", "role": "user", "content": "Q"}, {"id": "2", "parent": "1", "role": "assistant"}
    for included in ([7, odd], 7, {}, [], [[]] * 2_000):
        told = {"id": "1", "title": "A", "messages": [ask, {**answer, "content": "A", "included": included}]}
        document = {"format": "parley", "version": 2, "conversation": told}
        assert bring_in({"a.json": json.dumps(document)}) == {}
        read = Conversation.objects.get(owner=owner).messages.get(role="assistant").included
        assert len(read or ()) == min(len(included) if isinstance(included, list) else 0, 1_000)
        assert isinstance(sentences(read), list)
        Conversation.objects.all().delete()

"""What a provider receives of files, over real HTTP, is what is recorded before it is asked."""

import asyncio
import json
import random
import re
import time
from dataclasses import replace
from itertools import pairwise
from random import Random
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parley import files
from parley.generation import (
    attached,
    catalogue,
    clients,
    engine,
    guarded,
    inclusion,
    prompt,
    reserving,
    streaming,
    titles,
)
from parley.generation.outcome import Outcome, retry_delay
from parley.included import sentences
from parley.models import Attached, Attachment, AttachmentText, Conversation, Folder, Message
from parley.views.attaching import files_of, tokens_of
from tests.fake_provider.ask import pictures, text_of
from tests.fake_provider.refusals import NO_PICTURES
from tests.models.conftest import put

pytestmark = pytest.mark.django_db
LINES = "A line of words of a document.\n"


@pytest.fixture(autouse=True)
def _files(provider, settings, tmp_path, monkeypatch):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path), "CONTEXT_WINDOW": 8000}
    monkeypatch.setattr(streaming, "_dialects", {})
    monkeypatch.setattr(catalogue, "_kept", lambda providers: [None] * len(providers))


def document(owner, text=LINES, name="a.txt", breaks=(), **values):
    row = attachment(owner, name=name, kind="document", characters=len(text), **values)
    AttachmentText.objects.create(attachment=row, text=text, breaks=list(breaks))
    return row


def picture(owner, name="a.png", data=b"\x89PNG of words", **values):
    row = attachment(owner, name=name, kind="picture", media_type="image/png", width=30, height=50, **values)
    row.picture = files.keep(f"attachments/{row.pk.hex}/picture", ContentFile(data))
    row.size = len(data)
    row.save()
    return row


def attachment(owner, **values):
    values = {"media_type": "text/plain", "digest": uuid4().hex, "status": "ready", "version": 1, **values}
    values["settled_at"] = None if values["status"] == "waiting" else timezone.now()
    return Attachment.objects.create(owner=owner, **values)


def asked(owner, question, *attachments, conversation=None, **values):
    """The reply that waits for its answer to a question with files."""
    ids = [row.pk for row in attachments]
    if conversation:
        return conversation.ask(question, attachments=ids)[1]
    return Conversation.start(owner, question, attachments=ids, **values)[1]


def write(reply):
    """Let it be written → the reply as its row is, and how it ended."""
    writing = engine.begin([reply.pk], uuid4())[reply.pk]
    outcome = asyncio.run(_written(writing))
    assert engine.settle(writing, outcome)
    reply.refresh_from_db()
    return reply


async def _written(writing):
    try:
        return await engine.write(writing, lambda _: None, Random(1))
    finally:
        await clients.close()


def received(request):
    """What a provider received of documents: the end of their id → their characters."""
    text = "\n\n".join(map(text_of, request.messages))
    return dict(re.findall(r'<file [^>]* id="(\w+)">\n(.*?)\n</file \1>', text, re.DOTALL))


def recorded(reply, *rows):
    """What the record says of these documents, in the same form."""
    upto = {entry["id"]: entry["upto"] for entry in reply.included}
    texts = {row.pk: row.text.text for row in rows}
    return {row.pk.hex[-8:]: texts[row.pk][: upto[str(row.pk)]] for row in rows if upto.get(str(row.pk))}


def test_sends_of_each_document_exactly_what_is_recorded(owner, provider):
    """Those of T1, as they are when they were read."""
    texts = {
        "a.pdf": "Page one.\nPage two.\n" * 90,
        "b.csv": "Größe;1\n" * 80,
        "c.txt": "漢字\U0001f600 " * 200,
        "d.html": "<b>&",
    }
    rows = [document(owner, text, name) for name, text in texts.items()]
    reply = write(asked(owner, "/files", *rows))
    [request] = provider.completions
    assert received(request) == recorded(reply, *rows) == {row.pk.hex[-8:]: row.text.text for row in rows}
    assert reply.content == ", ".join(f"{len(text)} characters" for text in texts.values())
    assert [entry["why"] for entry in reply.included] == [""] * 4
    assert text_of(request.messages[0]).endswith("\n\n/files")


def test_says_how_much_was_sent_before_the_first_word_and_keeps_the_prefix(owner, provider):
    """T2: 160,000 characters, a window of 8,000 tokens."""
    row = document(owner, (LINES * 6000)[:160_000], "q3.pdf", range(0, 160_000, 4000))
    reply = asked(owner, "What does it say?", row)
    engine.begin([reply.pk], uuid4())
    reply.refresh_from_db()
    [entry] = reply.included
    assert (reply.status, provider.completions) == ("streaming", [])
    assert entry["upto"] == 8000
    assert sentences(reply.included) == [
        "“q3.pdf”: pages 1–2 of 40 were sent (8,000 of 160,000 characters). "
        "The rest does not fit the 8,000 tokens of this model."
    ]
    reply = write(put(reply, status="pending", worker=None))
    again = write(asked(owner, "And then?", conversation=reply.conversation))
    first, second = provider.completions
    assert received(first) == received(second) == recorded(reply, row) == recorded(again, row)
    assert json.dumps(second.messages).startswith(json.dumps(first.messages)[:-1])
    assert again.included == reply.included


def test_says_how_many_pages_there_are_and_that_only_the_beginning_was_read(owner, provider):
    about = {"pages": 900, "notes": ["cut"]}
    row = document(owner, LINES * 1000, "q3.pdf", range(0, 31_000, 5000), **about)
    short, log = document(owner, name="b.pdf", breaks=[0], **about), document(owner, name="c.log", notes=["cut"])
    reply = write(asked(owner, "/files", row, short, log))
    first, last = sentences(reply.included)
    assert first.startswith("“q3.pdf”: pages 1–2 of 900 were sent (10,000 of 31,000 characters).")
    assert last == "“q3.pdf, b.pdf, c.log”: It is too long to be kept whole: only its beginning was read."
    words = text_of(provider.completions[0].messages[0])
    assert 'name="q3.pdf" part="pages 1–2 of 900"' in words
    assert 'name="b.pdf" part="pages 1–1 of 900"' in words
    assert 'name="c.log" part="characters 1–31 of more"' in words


def test_says_what_reading_left_out_to_the_person_and_to_the_model(owner, provider):
    """Once to the person, in each request to the model, and of the files of a folder as well."""
    folder = Folder.objects.create(owner=owner, name="Project")
    Attached.hold([document(owner, name="form.pdf", notes=["xfa"], drafted=False)], folder=folder)
    rows = [document(owner, name="scan.pdf", notes=["no_text"]), picture(owner, "a.gif", notes=["first_frame"])]
    reply = write(asked(owner, "/files", *rows, folder=folder))
    again = write(asked(owner, "And?", conversation=reply.conversation))
    said = sentences(reply.included)
    assert [sentence.partition(":")[0] for sentence in said] == ["“scan.pdf”", "“a.gif”", "“form.pdf”"]
    assert [sentence in said[0] for sentence in ("Some of its pages have no text", "Send these pages")] == [True, True]
    assert sentences(again.included) == []
    for request in provider.completions:
        texts = "".join(map(text_of, request.messages))
        assert 'name="scan.pdf" note="some of its pages are scans, and left out" id="' in texts
        assert "[picture: a.gif, only its first picture is sent]" in texts
        assert 'name="form.pdf" note="what is filled into this form is left out" id="' in texts


def test_gives_each_of_three_files_a_share_and_names_them_where_they_are_too_long(owner, provider):
    """T3."""
    rows = [document(owner, LINES * 1000, f"{name}.txt") for name in "abc"]
    reply = write(asked(owner, "/in-band-error 0 saying context_length_exceeded", *rows))
    sizes = [entry["upto"] for entry in reply.included]
    assert min(sizes) > 3500
    assert max(sizes) - min(sizes) < 40
    assert received(provider.completions[0]) == recorded(reply, *rows)
    assert (reply.status, reply.error) == ("failed", "too_long")
    assert reply.error_sentence == (
        "This conversation with its files is too long for “fake-1”: a.txt (about 17% of the window), "
        "b.txt (about 17% of the window), c.txt (about 17% of the window). "
        "Remove a file, or choose a model with a larger context."
    )


@pytest.mark.parametrize("public_only", [False, True])
def test_sends_pictures_as_they_are_kept(owner, provider, monkeypatch, public_only):
    monkeypatch.setattr(guarded, "resolve", lambda url: "127.0.0.1")
    data = random.Random(1).randbytes(70_000)
    row, text = picture(owner, data=data), document(owner)
    writing = engine.begin([asked(owner, "/files", row, text).pk], uuid4())
    [writing] = writing.values()
    writing.provider = replace(writing.provider, public_only=public_only)
    assert "base64" not in repr(writing.request)
    assert asyncio.run(_written(writing)) == Outcome("done")
    [request] = provider.completions
    assert pictures(request.messages[0]) == [("image/png", data)]
    assert request.headers["content-length"] == str(len(json.dumps(request.body, separators=(",", ":"))))
    assert "transfer-encoding" not in request.headers
    assert writing.text == "image/png 70000 bytes, 31 characters"
    words = len(prompt.text_of(writing.request.messages[0]).encode())
    assert reserving._size(writing.request) == words + 3 * prompt.TOKENS_PER_MESSAGE + 3 * (30 * 50 // 750)


def test_reads_pictures_again_for_each_try(owner, provider, monkeypatch):
    monkeypatch.setattr(engine, "retry_delay", lambda *args, **facts: 0 if retry_delay(*args, **facts) else None)
    reply = write(asked(owner, "/fail-first 2 with error 503 then /files", picture(owner)))
    assert (reply.status, len(provider.completions)) == ("done", 3)
    assert len({json.dumps(request.body) for request in provider.completions}) == 1


@pytest.mark.parametrize("vendor", NO_PICTURES)
def test_says_that_a_model_refused_pictures_and_asks_without_them(owner, provider, vendor):
    """T9, where nobody knows."""
    reply = write(asked(owner, f"/refuse pictures as {vendor} then /files", picture(owner), document(owner)))
    assert (reply.status, reply.error, len(provider.completions)) == ("failed", "no_pictures", 1)
    assert reply.error_sentence == "“fake-1” takes no pictures. Ask another model, or ask without the pictures."
    without = write(reply.conversation.regenerate(reply, without_pictures=True))
    [_, request] = provider.completions
    assert (without.status, [entry["why"] for entry in without.included]) == ("done", ["pictures", ""])
    assert "[picture: a.png, not sent]\n\n<file " in request.messages[-1]["content"]
    later = write(asked(owner, "/files", conversation=reply.conversation))
    assert [entry["why"] for entry in later.included] == ["pictures", ""]


@pytest.mark.parametrize(
    ("told", "site", "error"),
    [
        (True, {"NO_PICTURES": ["Fake-*"]}, "no_pictures"),
        (False, {"PICTURES": ["Fake-*"]}, ""),
        (False, {}, "no_pictures"),
    ],
)
def test_asks_no_model_that_is_known_to_take_none(owner, provider, monkeypatch, settings, told, site, error):
    """T9, where the provider tells it, or the site, which knows better."""
    monkeypatch.setattr(catalogue, "offered", lambda provider: catalogue.Offer(facts={"fake-1": {"pictures": told}}))
    settings.PARLEY = {**settings.PARLEY, **site}
    reply = write(asked(owner, "/files", picture(owner)))
    assert (reply.error, len(provider.completions)) == (error, 0 if error else 1)
    later = write(asked(owner, "/files", conversation=reply.conversation))
    assert (later.error, [entry["why"] for entry in later.included]) == ("", ["pictures"] if error else [""])


@pytest.mark.parametrize("told", [True, False])
def test_keeps_pictures_only_from_the_model_that_was_asked_without_them(owner, provider, settings, told):
    settings.PARLEY = {**settings.PARLEY, **({"NO_PICTURES": ["fake-2"]} if told else {})}
    conversation = write(asked(owner, "/files", picture(owner))).conversation
    why = []
    for model in ("fake-2", "fake-1", "fake-2"):
        reply = asked(owner, "/files", conversation=conversation)
        put(reply, asked_model=model, without_pictures=None if told or why else True)
        why.append(write(reply).included[0]["why"])
    assert why == ["pictures", "", "pictures"]
    assert [len(pictures(request.messages[0])) for request in provider.completions] == [1, 0, 1, 0]


@pytest.mark.parametrize(("status", "error"), [("failed", "file_unread"), ("gone", "missing")])
def test_fails_with_the_name_of_a_file_that_is_not_there_any_more(owner, provider, status, error):
    row = document(owner, name="<q3>.pdf")
    reply = asked(owner, "What does it say?", row)
    Attachment.objects.filter(pk=row.pk).update(status=status)
    reply = write(reply)
    assert (reply.status, reply.error, reply.included, provider.completions) == ("failed", error, None, [])
    assert reply.error_sentence.startswith("“<q3>.pdf” ")
    assert reply.provider_words == ""


def test_fails_where_a_picture_is_missing_in_the_storage_and_later_where_the_text_is(owner, provider):
    row, text = picture(owner), document(owner)
    files.remove(row.picture)
    reply = write(asked(owner, "/files", row))
    assert (reply.error, reply.error_sentence[:30]) == ("missing", "“a.png” is missing in the stor")
    AttachmentText.objects.filter(pk=text.pk).delete()
    assert write(asked(owner, "/files", text)).error == "missing"
    assert provider.completions == []


def test_goes_on_without_an_older_file_that_is_gone(owner, provider):
    row = document(owner)
    reply = write(asked(owner, "/files", row))
    AttachmentText.objects.filter(pk=row.pk).delete()
    later = write(asked(owner, "/say 3 words", conversation=reply.conversation))
    assert (later.status, later.included[0]["why"]) == ("done", "missing")
    assert sentences(later.included) == ["Not sent, because missing in the storage: a.txt"]


def test_sends_what_fits_of_an_older_file_that_no_reply_was_sent(owner, provider):
    row = document(owner, LINES * 1000)
    failed = put(asked(owner, "First", row), status="failed", error="over_budget")
    reply = write(asked(owner, "Again", conversation=failed.conversation))
    assert 10_000 < reply.included[0]["upto"] < 12_000
    assert received(provider.completions[-1]) == recorded(reply, row)


def test_a_long_file_gives_way_by_half_and_stays_so_while_small_ones_come(owner, provider):
    """The person asks about a report, and then sends short notes to compare it with."""
    report = document(owner, LINES * 5000, "report.txt")
    reply = write(asked(owner, "/files", report))
    sent = [reply.included[0]["upto"]]
    for number in range(4):
        note = document(owner, LINES * 20, f"{number}.txt")
        reply = write(asked(owner, "/files", note, conversation=reply.conversation))
        sent.append({entry["name"]: entry["upto"] for entry in reply.included}["report.txt"])
    assert sent[0] * 0.45 < sent[1] <= sent[0] / 2
    assert {*sent[1:]} == {sent[1]}
    assert any(
        f"“report.txt”: {sent[1]:,} of 155,000 characters were sent." in each for each in sentences(reply.included)
    )
    _, *requests = ([*map(text_of, request.messages)] for request in provider.completions)
    assert [after[: len(before)] == before for before, after in pairwise(requests)] == [True] * 3


def test_shares_out_anew_in_another_window_and_keeps_what_was_sent_in_each(owner, provider, settings):
    rows = [document(owner, LINES * 1000, f"{name}.txt") for name in "abc"]
    conversation, sent = write(asked(owner, "/files", *rows)).conversation, []
    for window in (8000, 24_000, 200_000, 4000, 24_000, 8000):
        settings.PARLEY = {**settings.PARLEY, "CONTEXT_WINDOW": window}
        reply = write(asked(owner, "Again", conversation=conversation))
        sent.append([entry["upto"] for entry in reply.included])
        assert received(provider.completions[-1]) == recorded(reply, *rows)
        assert all(f"fit the {window:,} tokens" in sentence for sentence in sentences(reply.included))
    small, large, whole, least, *others = sent
    assert others == [large, small]
    assert whole == [31_000] * 3
    assert [max(each) - min(each) < 40 for each in (small, large, least)] == [True] * 3
    assert sum(large) > 3 * sum(small) * 0.95 > 3 * 2 * sum(least) * 0.9


def test_puts_the_files_of_a_folder_before_the_instructions(owner, provider):
    folder = Folder.objects.create(owner=owner, name="Project", instructions="Be brief.")
    rows = [document(owner, "Rules.", drafted=False), document(owner, status="waiting", name="b.txt", drafted=False)]
    off = document(owner, name="off.txt", drafted=False)
    Attached.hold([*rows, off], folder=folder)
    Attached.objects.filter(attachment=off).update(on=False)
    reply = write(asked(owner, "/files", folder=folder))
    [request] = provider.completions
    mark = rows[0].pk.hex[-8:]
    assert request.messages[0]["content"] == (
        f'<file name="a.txt" id="{mark}">\nRules.\n</file {mark}>\n\n[file: b.txt, not sent]\n\nBe brief.'
    )
    assert [(entry["name"], entry["why"]) for entry in reply.included] == [("a.txt", ""), ("b.txt", "unread")]


def test_a_file_keeps_the_name_that_it_was_sent_with(owner, provider):
    folder = Folder.objects.create(owner=owner, name="Project")
    rules, long = document(owner, name="rules.txt", drafted=False), document(owner, LINES * 100, name="long.txt")
    Attached.hold([rules], folder=folder)
    first = write(asked(owner, "/files", long, picture(owner, name="sea.png"), folder=folder))
    Attachment.objects.update(name="renamed")
    again = write(asked(owner, "/files", document(owner, name="new.txt"), conversation=first.conversation))
    before, after = [[*map(text_of, request.messages)] for request in provider.completions]
    assert after[: len(before)] == before
    assert [entry["name"] for entry in again.included] == ["new.txt", "long.txt", "sea.png", "rules.txt"]


def test_puts_the_files_of_a_folder_before_those_of_older_questions(owner, provider):
    folder = Folder.objects.create(owner=owner, name="Project")
    first = write(asked(owner, "/files", document(owner, "x" * 9000), folder=folder))
    Attached.hold([document(owner, "y" * 6000, name="rules.txt", drafted=False)], folder=folder)
    reply = write(asked(owner, "/files", conversation=first.conversation))
    [older, rules] = [(entry["upto"], entry["why"]) for entry in reply.included]
    assert (4000 < older[0] < 4500, older[1], rules) == (True, "room", (6000, ""))
    reply = write(asked(owner, "/files", document(owner, "z" * 2500), conversation=first.conversation))
    half = reply.included[1]["upto"]
    assert [entry["upto"] for entry in reply.included] == [2500, half, 6000]
    assert half <= older[0] / 2
    reply = write(asked(owner, "/files", document(owner, "z" * 7000), conversation=first.conversation))
    assert [entry["upto"] for entry in reply.included] == [7000, 2500, half, 0]
    later = write(asked(owner, "/files", conversation=first.conversation))
    assert later.included == reply.included
    assert provider.completions[-1].messages[0] == provider.completions[-2].messages[0]


def test_counts_the_files_beyond_those_that_it_names(owner, provider, monkeypatch):
    monkeypatch.setattr(attached, "MAX_NAMED", 4)
    monkeypatch.setattr(inclusion, "MAX_NAMED", 4)
    monkeypatch.setattr(inclusion, "LEAVE_AT_ONCE", 2)
    rows, conversation = [document(owner, f"Words {n}.", f"{n}.txt") for n in range(8)], None
    for first in range(0, 8, 2):
        reply = write(asked(owner, "And?", *rows[first : first + 2], conversation=conversation))
        conversation = reply.conversation
        named = [entry["name"] for entry in reply.included if entry["name"]]
        cut = [entry["count"] for entry in reply.included if entry["why"] == "older"]
        assert (len(named), cut) == (min(first + 2, 4), [first - 2] if first > 2 else [])
        assert received(provider.completions[-1]) == recorded(reply, *rows)
        texts = "".join(map(text_of, provider.completions[-1].messages))
        assert texts.count("[and 2 older files are not sent]") == len(range(4, first + 1, 2))
    assert sentences(reply.included) == ["Not sent, because a request names at most so many files: 4 older files"]


def test_sends_the_201st_file_of_a_branch(owner, provider):
    conversation = None
    for _ in range(21):
        rows = [document(owner, "W.", f"{n}.txt") for n in range(10)]
        reply = put(asked(owner, "And?", *rows, conversation=conversation), status="done", content="x")
        conversation = reply.conversation
    last = write(asked(owner, "And?", conversation=conversation))
    assert (len(last.included), len(received(provider.completions[-1]))) == (210, 210)


@pytest.mark.parametrize("letters", ["x", "я", "漢", "\U0001f600", "x漢"])
def test_the_bar_of_a_folder_counts_what_a_request_counts(owner, provider, letters):
    """Of files that just fit beside each other, and of such that just do not."""
    folder = Folder.objects.create(owner=owner, name="Project")
    for number, size in enumerate((5_970, 5_960, 3_000, 2_900, 60)):
        text = (letters * size).encode()[:size].decode(errors="ignore")
        Attached.hold([document(owner, text, f"{number}.txt", drafted=False)], folder=folder)
    Attached.hold([picture(owner, drafted=False)], folder=folder)
    reply = write(asked(owner, "/files", folder=folder))
    shown = files_of(folder)
    assert [row["sent"] for row in shown["files"]] == [not entry["why"] for entry in reply.included]
    assert {row["sent"] for row in shown["files"]} == {True, False}
    for row, entry in zip(shown["files"], reply.included, strict=True):
        assert entry["why"] or row["tokens"] - 1 <= entry["tokens"] <= row["tokens"]
    assert [tokens_of(row["attachment"]) for row in shown["files"]] == [row["tokens"] for row in shown["files"]]


def test_asks_with_a_file_alone_and_for_no_title(owner, provider):
    reply = write(asked(owner, "", document(owner)))
    assert text_of(provider.completions[0].messages[0]).startswith("<file ")
    assert titles.begin(reply.pk, "fake-1")[1] is None
    later = write(asked(owner, "Second", conversation=reply.conversation))
    assert later.left_out == 0
    assert [message["role"] for message in provider.completions[-1].messages] == ["user", "assistant", "user"]


def test_records_only_for_replies_with_files_and_hands_over_where_that_cannot_be(owner, monkeypatch):
    fail = Mock(side_effect=OperationalError("locked"))
    monkeypatch.setattr(Message, "note_included", fail)
    assert engine.begin([(reply := asked(owner, "Words only")).pk], uuid4())[reply.pk].unasked is None
    assert not fail.called
    reply = asked(owner, "With a file", document(owner))
    assert engine.begin([reply.pk], uuid4())[reply.pk].unasked == Outcome("handed over")


def test_begins_a_reply_with_three_queries_more_however_many_files_there_are(owner):
    counts = []
    for number in (0, 1, 5):
        reply = asked(owner, "first", *(document(owner) for _ in range(number)))
        put(reply, status="done", content="x", included=[])
        reply = asked(owner, "second", conversation=reply.conversation)
        with CaptureQueriesContext(connection) as captured:
            engine._request(Message.objects.select_related("conversation").get(pk=reply.pk), 8000, lambda: None)
        counts.append(len(captured))
    assert counts[1] == counts[2] == counts[0] + 3


def test_holds_up_no_other_reply_for_20_mb_of_pictures(owner, provider):
    """As whatever else runs in the loop sees it, once there is a client."""
    first = asked(owner, "/say 1 words")
    reply = asked(owner, "/files", *(picture(owner, f"{n}.png", bytes(2_000_000)) for n in range(10)))
    warm, writing = engine.begin([first.pk, reply.pk], uuid4()).values()

    async def written():
        await engine.write(warm, lambda _: None, Random(1))
        longest, task = 0.0, asyncio.create_task(_written(writing))
        while not task.done():
            before = time.thread_time()
            await asyncio.sleep(0.001)
            longest = max(longest, time.thread_time() - before)
        return await task, longest

    outcome, longest = asyncio.run(written())
    assert outcome == Outcome("done")
    assert longest < 0.02
    assert writing.text == ", ".join(["image/png 2000000 bytes"] * 10)

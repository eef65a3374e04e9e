import re
import uuid

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parley.models import Attachment, AttachmentGone, Conversation, Message
from tests.views.attachments import attachment_of, file_of, picture_of
from tests.views.conftest import TURBO, answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    return f"/c/{conversation.pk}/messages/"


def send(client, url, text, **fields):
    return client.post(url, {"text": text, **fields}, headers={"accept": TURBO})


def test_writes_the_question_after_the_last_message(at_owner, url, conversation):
    send(at_owner, url, "And then?")
    _, answer, question, reply = conversation.transcript()
    assert question.parent == answer
    assert reply.parent == question
    assert (question.content, reply.status) == ("And then?", "pending")


def test_answers_with_turbo_streams(at_owner, url, conversation):
    response = send(at_owner, url, "And then?")
    _, _, question, reply = conversation.transcript()
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/vnd.turbo-stream.html")
    assert response.text.count('action="upsert"') == 3  # question, reply, and the row of the list
    assert "csrf" not in response.text  # the page sends its own token with every form, as with those of the feed
    assert f'data-message="{question.pk}"' in response.text
    assert f'data-message="{reply.pk}"' in response.text


def test_answers_with_what_is_new_alone(at_owner, url):
    response = send(at_owner, url, "And then?")
    assert "composer" not in response.text
    for tool in ("Answer again", "Copy as Markdown", "More for this message"):
        assert tool not in response.text
    assert len(response.content) <= 4_000


def test_redirects_where_there_is_no_javascript(at_owner, url, conversation):
    response = at_owner.post(url, {"text": "And then?"})
    assert response.status_code == 303
    assert response.url == conversation.get_absolute_url()


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 32_001])
def test_refuses_nothing_and_too_much(at_owner, url, text):
    response = send(at_owner, url, text)
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert 'id="composer"' in response.text
    assert text.strip()[:100] in response.text
    assert Message.objects.count() == 2


def test_keeps_a_question_as_it_was_typed(at_owner, url, conversation):
    send(at_owner, url, "<b>bold</b> & *so*")
    assert conversation.transcript()[2].content == "<b>bold</b> & *so*"
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; *so*" in at_owner.get(conversation.get_absolute_url()).text


def test_moves_the_conversation_to_the_top(at_owner, url, owner, conversation):
    other = answered(owner, "newer", "x")
    assert Conversation.objects.visible_to(owner).newest_first().first() == other
    send(at_owner, url, "And then?")
    assert Conversation.objects.visible_to(owner).newest_first().first() == conversation


@pytest.mark.django_db(transaction=True)
def test_rings_for_a_worker_only_after_the_commit(at_owner, url, empty_valkey):
    with empty_valkey.client() as client:
        with transaction.atomic():
            send(at_owner, url, "And then?")
            assert client.llen("celery") == 0
        assert client.llen("celery") == 1


@pytest.mark.django_db(transaction=True)
def test_rings_for_nobody_when_the_question_was_not_kept(at_owner, url, empty_valkey):
    with pytest.raises(RuntimeError), transaction.atomic():
        send(at_owner, url, "And then?")
        raise RuntimeError
    with empty_valkey.client() as client:
        assert client.llen("celery") == 0


def test_takes_few_queries(at_owner, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        send(at_owner, url, "And then?")


# The same form, sent again


def key_in(response):
    return re.search(r'name="idempotency_key" value="([0-9a-f-]{36})"', response.text)[1]


@pytest.mark.parametrize(
    "again", [send, lambda client, url, text, **fields: client.post(url, {"text": text, **fields})]
)
def test_asks_once_when_a_form_comes_twice(at_owner, url, conversation, again):
    key = key_in(at_owner.get(conversation.get_absolute_url()))
    send(at_owner, url, "And then?", idempotency_key=key)
    second = again(at_owner, url, "And then?", idempotency_key=key)
    assert second.status_code in (200, 303)
    assert [message.content for message in conversation.transcript()].count("And then?") == 1
    assert Message.objects.count() == 4


def test_shows_the_first_answer_when_a_form_comes_twice(at_owner, url, conversation):
    key = str(uuid.uuid4())
    send(at_owner, url, "And then?", idempotency_key=key)
    conversation.messages.filter(status="pending").update(status="done", content="The end.")
    again = send(at_owner, url, "And then?", idempotency_key=key)
    assert "The end." in again.text


def test_asks_twice_when_two_forms_say_the_same(at_owner, url, conversation):
    for _ in range(2):
        send(at_owner, url, "And then?", idempotency_key=key_in(at_owner.get(conversation.get_absolute_url())))
    assert Message.objects.count() == 6


def test_knows_the_keys_of_each_person_apart(at_owner, at_stranger, url, stranger):
    key, theirs = str(uuid.uuid4()), answered(stranger, "x", "y")
    send(at_owner, url, "mine", idempotency_key=key)
    send(at_stranger, f"/c/{theirs.pk}/messages/", "theirs", idempotency_key=key)
    assert [message.content for message in theirs.transcript()][2] == "theirs"


def test_refuses_a_key_that_is_none(at_owner, url):
    assert send(at_owner, url, "And then?", idempotency_key="nonsense").status_code == 422


# The last question, edited


def test_asks_in_place_of_the_question_that_is_edited(at_owner, url, conversation):
    question = conversation.transcript()[0]
    response = send(at_owner, url, "What is a treaty?", editing=question.pk)
    conversation.refresh_from_db()
    assert [message.content for message in conversation.transcript()] == ["What is a treaty?", ""]
    assert conversation.messages.count() == 4
    assert '<turbo-stream action="refresh">' in response.text


def test_edits_no_question_of_another_conversation(at_owner, at_stranger, url, owner, stranger):
    for other in (answered(owner, "x", "y"), answered(stranger, "x", "y")):
        assert send(at_owner, url, "And then?", editing=other.transcript()[0].pk).status_code == 404


def test_edits_no_answer(at_owner, url, conversation):
    assert send(at_owner, url, "And then?", editing=conversation.leaf().pk).status_code == 404


# Files


def ask(client, url, text, *attachments, **fields):
    return send(client, url, text, attachment=[attachment.pk for attachment in attachments], **fields)


def chips(page):
    return re.findall(r'name="attachment" value="([0-9a-f-]{36})"', page)


def test_sends_files_with_words_or_without_any(at_owner, url, owner, conversation):
    first, second = (attachment_of(owner, conversation=conversation, name=name) for name in ("a.txt", "b.txt"))
    assert chips(at_owner.get(conversation.get_absolute_url()).text) == [str(first.pk), str(second.pk)]
    response = ask(at_owner, url, " ", second, first)
    assert response.status_code == 200
    question = conversation.transcript()[2]
    assert (question.content, list(question.files)) == ("", [second, first])
    page = at_owner.get(conversation.get_absolute_url()).text
    assert chips(page) == []
    assert page.index("b.txt") < page.index("a.txt")
    for shown in (response.text, page):
        assert {"a.txt", "b.txt"} <= set(re.findall(r"[ab]\.txt", shown))


def test_sends_two_files_where_there_is_no_javascript(at_owner, url, conversation):
    key = key_in(at_owner.get(conversation.get_absolute_url()))
    form = {"text": "What is in these?", "idempotency_key": key}
    for _ in range(2):  # The second time is a second click.
        files = [file_of("a.txt", b"first"), file_of("b.html", b"<html>second</html>")]
        response = at_owner.post(url, {**form, "files": files})
        assert (response.status_code, response.url) == (303, conversation.get_absolute_url())
    question, reply = conversation.transcript()[2:]
    assert [(row.name, row.status, row.drafted) for row in question.files] == [
        ("a.txt", "waiting", False), ("b.html", "waiting", False)
    ]  # fmt: skip
    assert (reply.status, Message.objects.claim([reply.pk], uuid.uuid4()).begun) == ("pending", [])
    page = at_owner.get(conversation.get_absolute_url()).text
    assert ("a.txt" in page, "b.html" in page, chips(page)) == (True, True, [])
    assert Attachment.objects.count() == 2


@pytest.mark.parametrize("name", ["👨\u200d👩\u200d👧 holiday.txt", "❤️\u200d🔥.txt"])
@pytest.mark.parametrize("is_first", [True, False])
def test_keeps_joined_signs_in_names_where_there_is_no_javascript(at_owner, url, name, is_first):
    at_owner.post("/conversations/" if is_first else url, {"text": "What is it?", "files": file_of(name, b"x")})
    assert Attachment.objects.get().name == name


@pytest.mark.parametrize("where", ["/conversations/", None])
def test_refuses_a_question_of_another_site(owner, url, where):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    count = Message.objects.count()
    for form in ({"text": "Hello", "files": file_of()}, {"text": "Hello"}):
        assert client.post(where or url, form).status_code == 403
    assert client.post(where or url, "text=Hello", "application/x-www-form-urlencoded").status_code == 403
    assert (Attachment.objects.count(), Message.objects.count()) == (0, count)


@pytest.mark.parametrize("stream", [True, False])
def test_keeps_text_and_files_when_one_is_refused(at_owner, url, owner, conversation, stream):
    chosen = attachment_of(owner, conversation=conversation)
    files = [file_of("good.txt", b"good"), file_of("bad.txt", b"")]
    form = {"text": "What is <b> in these?", "attachment": [chosen.pk], "files": files}
    response = at_owner.post(url, form, headers={"accept": TURBO} if stream else {})
    assert response.status_code == 422
    assert "“bad.txt” is empty." in response.text
    assert "What is &lt;b&gt; in these?</textarea>" in response.text
    assert chips(response.text) == [str(chosen.pk), str(Attachment.objects.get(name="good.txt").pk)]
    assert Message.objects.count() == 2


def test_says_a_bad_file_of_a_question_without_words_and_nothing_else(at_owner, url):
    response = at_owner.post(url, {"text": "", "files": file_of("x.txt", b"")})
    assert ("“x.txt” is empty." in response.text, "Write a message first" in response.text) == (True, False)


@pytest.mark.parametrize(
    ("values", "words", "left"),
    [
        ({"status": "failed", "error": "password"}, "“notes.txt” needs a password. Save a copy without one. Remove", 1),
        ({"status": "gone"}, "This file is no longer there. Remove it, and send the question again.", 0),
    ],
)
def test_says_which_file_cannot_be_sent(at_owner, url, owner, values, words, left):
    response = ask(at_owner, url, "And then?", attachment_of(owner, **values))
    assert (response.status_code, len(chips(response.text))) == (422, left)
    assert words in response.text
    assert "And then?</textarea>" in response.text
    assert Message.objects.count() == 2


def test_says_that_a_file_was_removed_while_it_was_sent(at_owner, url, owner, monkeypatch):
    def gone(*args, **kwargs):
        raise AttachmentGone

    monkeypatch.setattr(Conversation, "ask", gone)
    response = ask(at_owner, url, "And then?", attachment_of(owner))
    assert (response.status_code, "no longer there" in response.text) == (422, True)


def test_refuses_more_files_than_a_question_may_have(at_owner, url, owner, settings):
    settings.PARLEY = {**settings.PARLEY, "MAX_FILES": 2}
    response = ask(at_owner, url, "And then?", *(attachment_of(owner) for _ in range(3)))
    assert response.status_code == 422
    assert "At most 2 files can be sent with a question." in response.text
    files = [file_of(f"{number}.txt", b"%d" % number) for number in range(4)]
    response = at_owner.post(url, {"text": "And then?", "files": files})
    assert (response.status_code, Message.objects.count()) == (422, 2)
    for name in ("2.txt", "3.txt"):
        assert f"“{name}”: At most 2 files can be sent with a question." in response.text


def test_says_so_at_the_form_when_the_storage_is_away(at_owner, url, monkeypatch):
    def away(*args, **kwargs):
        raise OSError

    monkeypatch.setattr(FileSystemStorage, "_save", away)
    response = at_owner.post(url, {"text": "And then?", "files": file_of()})
    assert response.status_code == 503
    assert "The file could not be stored. Try again." in response.text
    assert "And then?</textarea>" in response.text


@pytest.mark.parametrize("pk", ["nonsense", uuid.uuid4()])
def test_does_not_know_what_is_no_file(at_owner, url, pk):
    assert at_owner.post(url, {"text": "And then?", "attachment": [pk]}).status_code == 404
    assert Message.objects.count() == 2


def test_an_edited_question_brings_its_files(at_owner, url, owner, conversation):
    question = conversation.transcript()[0]
    rows = [attachment_of(owner, name=name, message=question) for name in ("a.txt", "b.txt")]
    draft = attachment_of(owner, conversation=conversation, name="of-the-draft.txt")
    page = at_owner.get(conversation.get_absolute_url(), {"edit": question.pk}).text
    assert chips(page) == [str(row.pk) for row in rows]
    ask(at_owner, url, "Better asked", *rows, editing=question.pk)
    edited = Conversation.objects.get().transcript()[0]
    assert (edited.content, list(edited.files)) == ("Better asked", rows)
    assert list(Attachment.objects.drafted_in(owner, conversation)) == [draft]


def test_shows_twenty_pictures_with_the_queries_of_one(at_owner, owner, conversation):
    counts, question = [], conversation.transcript()[0]
    for more in (1, 19):
        for _ in range(more):
            picture_of(owner, message=question)
        with CaptureQueriesContext(connection) as captured:
            page = at_owner.get(conversation.get_absolute_url()).text
        counts.append(len(captured))
    assert page.count("/thumb/") == 20
    assert counts[0] == counts[1]

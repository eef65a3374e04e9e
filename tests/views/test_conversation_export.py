import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parley.models import Conversation, Message
from tests.views.conftest import answered, forbids_keeping

pytestmark = pytest.mark.django_db
ANSWER = "Code:\n\n```python\ndef f(): pass\n```\n\n$x^2$ <script>alert(1)</script>\n\n![x](https://evil.example/x.png)"


@pytest.fixture
def url_of():
    return lambda conversation, form: f"/c/{conversation.pk}/export/{form}/"


def test_knows_no_other_format(at_owner, conversation, url_of):
    assert at_owner.get(url_of(conversation, "pdf")).status_code == 404


def test_gives_markdown_with_roles_times_and_model(at_owner, owner, url_of):
    conversation = answered(owner, "What is *this*?", "An answer.")
    conversation.messages.filter(role="assistant").update(model="fake-1", reasoning="Hm.\n\nWell.")
    text = text_of(at_owner.get(url_of(conversation, "md")))
    assert text.startswith("# What is \\*this\\*?\n")
    for words in ("## You", "What is *this*?", "## fake-1", "An answer.", "> Hm.", "> Well."):
        assert words in text


def test_says_that_other_branches_are_not_in_it(at_owner, conversation, url_of):
    conversation.ask("Another question", instead_of=conversation.messages.get(role="user"))
    for form in ("md", "html"):
        assert "2 messages on other branches" in text_of(at_owner.get(url_of(conversation, form)))


def test_gives_the_whole_tree_as_json(at_owner, conversation, url_of):
    conversation.ask("Another question", instead_of=conversation.messages.get(role="user"))
    document = json.loads(text_of(at_owner.get(url_of(conversation, "json"))))
    assert (document["format"], document["version"]) == ("parley", 2)
    messages = document["conversation"]["messages"]
    assert [(message["role"], message["status"]) for message in messages] == [
        ("user", "done"), ("assistant", "done"), ("user", "done"), ("assistant", "interrupted")
    ]  # fmt: skip
    assert [message["parent"] for message in messages] == [None, messages[0]["id"], None, messages[2]["id"]]


def test_gives_html_that_needs_and_runs_nothing(at_owner, owner, url_of):
    conversation = answered(owner, "<script>alert(2)</script>", ANSWER)
    response = at_owner.get(url_of(conversation, "html"))
    page = text_of(response)
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert '<span class="k">def</span>' in page
    assert "<math>" in page
    for absent in ("<script", "<img", "<link", "@import", "url(", "src="):
        assert absent not in page
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_says_how_a_reply_ended(at_owner, failed, url_of):
    for form in ("md", "html"):
        assert failed.error_sentence.split(".")[0] in text_of(at_owner.get(url_of(failed.conversation, form)))


def test_says_what_the_provider_said_of_a_failure(at_owner, failed, url_of):
    Message.objects.filter(pk=failed.pk).update(error_detail="No such model.")
    for form in ("md", "html"):
        assert "The provider said: “No such model.”" in text_of(at_owner.get(url_of(failed.conversation, form)))


def test_shows_what_an_import_could_not_show_as_text(at_owner, conversation, url_of):
    parts = [
        {"type": "tool_call", "name": "search", "text": "```\n<b>"},
        {"type": "image", "url": "https://a.example/x.png"},
        {"type": "image", "url": "javascript:alert(1)"},
        "nonsense",
    ]
    conversation.messages.filter(role="assistant").update(parts=parts)
    text, page = (text_of(at_owner.get(url_of(conversation, form))) for form in ("md", "html"))
    assert "**tool call · search**\n\n````\n```\n<b>\n````" in text
    assert "<https://a.example/x.png>" in text
    assert "<summary>tool call · search</summary>" in page
    assert "```\n&lt;b&gt;" in page
    assert "javascript" not in text + page


TITLES = {
    'a/b\\c:"d"?.md': "a b c d .md.json",
    "line\r\nbreak\0 \u202egpj.exe": "line break gpj.exe.json",
    "x" * 200: "x" * 80 + ".json",
    "🎈 über": "🎈 über.json",
    "...": "Parley.json",
    "../../etc/passwd": "etc passwd.json",
}


@pytest.mark.parametrize("title", TITLES)
def test_has_a_safe_file_name(at_owner, owner, url_of, title):
    conversation = answered(owner, "question", "answer")
    Conversation.objects.filter(pk=conversation.pk).update(title=title.replace("\0", ""))
    response = at_owner.get(url_of(conversation, "json"))
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename")
    assert name_in(disposition) == TITLES[title]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert forbids_keeping(response)


def name_in(disposition):
    from urllib.parse import unquote

    if "utf-8''" in disposition:
        return unquote(disposition.split("utf-8''")[1])
    return disposition.split('filename="')[1].removesuffix('"')


@pytest.mark.parametrize("form", ["md", "json", "html"])
def test_takes_as_many_queries_for_many_messages_as_for_few(at_owner, owner, url_of, form):
    counts = []
    for times in (1, 12):
        conversation = answered(owner, "question", "answer")
        for number in range(times):
            conversation.ask(f"question {number}")
            conversation.messages.filter(status="pending").update(status="failed", error="cut")
        with CaptureQueriesContext(connection) as captured:
            text_of(at_owner.get(url_of(conversation, form)))
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 8


def test_holds_what_a_fork_has_copied(at_owner, owner, conversation, url_of):
    conversation.ask("second")
    reply = conversation.messages.filter(role="assistant").earliest("id")
    fork = conversation.fork(reply)
    document = json.loads(text_of(at_owner.get(url_of(fork, "json"))))["conversation"]
    assert [message["content"] for message in document["messages"]] == ["What is a parley?", reply.content]
    assert document["origin"] == ""
    question, _ = fork.ask("from here")
    document = json.loads(text_of(at_owner.get(url_of(fork, "json"))))["conversation"]
    assert [message["id"] for message in document["messages"]][-2] == str(question.pk)
    assert len(document["messages"]) == 4
    text = text_of(at_owner.get(url_of(fork, "md")))
    assert "from here" in text
    assert "second" not in text


def text_of(response):
    assert response.status_code == 200
    body = b"".join(response.streaming_content)
    assert int(response.headers["Content-Length"]) == len(body)
    return body.decode()

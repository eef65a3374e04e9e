import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parley.models import Conversation, Message
from tests.models.test_search import HOSTILE
from tests.views.conftest import answered, forbids_keeping

pytestmark = pytest.mark.django_db
FRAME = {"HTTP_TURBO_FRAME": "results"}


def links_in(response):
    return re.findall(r'<a href="(/c/[^"]+)" dir="auto" data-turbo-frame="_top">', response.text)


def marks_in(response):
    return re.findall(r"<mark>(.*?)</mark>", response.text)


@pytest.fixture
def answer(conversation):
    return conversation.messages.get(role="assistant")


def test_finds_nothing_of_the_owners_for_a_stranger(at_stranger, conversation):
    response = at_stranger.get("/search/?q=enemies")
    assert response.status_code == 200
    assert links_in(response) == []
    assert "Nothing was found" in response.text


def test_finds_for_everybody_their_own(at_stranger, stranger, at_owner, conversation):
    other = answered(stranger, "And what are enemies?", "Friends.")
    assert all(str(other.pk) in link for link in links_in(at_stranger.get("/search/?q=enemies")))
    assert all(str(conversation.pk) in link for link in links_in(at_owner.get("/search/?q=enemies")))


def test_leads_to_the_very_message(at_owner, conversation, answer):
    response = at_owner.get("/search/?q=enem")
    assert forbids_keeping(response)
    assert links_in(response) == [f"/c/{conversation.pk}/?message={answer.pk}#message_{answer.pk}"]
    assert marks_in(response) == ["enemies"]
    assert "Assistant" in response.text
    assert "1 result</p>" in response.text


def test_leads_to_the_conversation_whose_title_it_is(at_owner, conversation):
    Conversation.objects.filter(pk=conversation.pk).update(title="Of pirates & captains")
    response = at_owner.get("/search/?q=pirates")
    assert links_in(response) == [f"/c/{conversation.pk}/"]
    assert "Of <mark>pirates</mark> &amp; captains" in response.text


def test_writes_what_was_written_as_text(at_owner, owner):
    evil = '<script>alert(1)</script> needle <mark>not a hit</mark> "><img src=x onerror=alert(1)>'
    conversation = answered(owner, "<b>What</b>?", evil)
    response = at_owner.get("/search/?q=needle")
    assert marks_in(response) == ["needle"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>needle</mark> &lt;mark&gt;not a hit" in response.text
    assert "<script>alert" not in response.text
    assert "<img" not in response.text
    assert f"&lt;b&gt;{'What'}&lt;/b&gt;?" in response.text
    assert str(conversation.pk) in links_in(response)[0]


def test_writes_what_was_typed_as_text(at_owner):
    response = at_owner.get("/search/", {"q": '"><script>alert(1)</script>'})
    assert "<script>alert" not in response.text
    assert 'value="&quot;&gt;&lt;script&gt;alert(1)' in response.text


def test_finds_nothing_that_was_thrown_away_and_marks_what_was_put_away(at_owner, conversation):
    mine = Conversation.objects.filter(pk=conversation.pk)
    mine.update(archived=True)
    response = at_owner.get("/search/?q=enemies")
    assert len(links_in(response)) == 1
    assert "archived-mark" in response.text
    mine.update(archived=False, deleted_at=timezone.now())
    assert links_in(at_owner.get("/search/?q=enemies")) == []


@pytest.mark.parametrize("address", ["/search/", "/search/?q=", "/search/?q=++"])
def test_says_how_to_look_when_nothing_was_typed(at_owner, conversation, address):
    response = at_owner.get(address)
    assert response.status_code == 200
    assert "All words must occur" in response.text
    assert links_in(response) == []
    assert "Nothing was found" not in response.text


def test_asks_for_words_when_there_are_only_signs(at_owner, conversation):
    assert "at least one letter" in at_owner.get("/search/?q=%3F!").text


def test_says_what_is_wrong_with_a_very_long_query_and_keeps_it(at_owner):
    response = at_owner.get("/search/", {"q": "a" * 201})
    assert response.status_code == 422
    assert "at most 200 characters; these are 201" in response.text
    assert "a" * 201 in response.text


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: ascii(query)[:20])
def test_takes_whatever_is_typed(at_owner, conversation, query):
    for headers in ({}, FRAME):
        response = at_owner.get("/search/", {"q": query.encode("utf-8", "surrogatepass")}, **headers)
        assert response.status_code == (422 if len(query) > 200 or "\0" in query else 200)


def test_gives_the_results_alone_to_the_frame_that_asks(at_owner, conversation):
    response = at_owner.get("/search/?q=enemies", **FRAME)
    assert response.text.lstrip().startswith('<turbo-frame id="results">')
    assert "<html" not in response.text
    assert len(links_in(response)) == 1


def test_gives_more_results_page_by_page_with_and_without_frames(at_owner, conversation):
    add(conversation, 45)
    first = at_owner.get("/search/?q=needle")
    assert "More than 20 results" in first.text
    assert '<a href="/search/?q=needle&amp;page=2">' in first.text
    second = at_owner.get("/search/?q=needle&page=2", HTTP_TURBO_FRAME="results_2")
    assert second.text.lstrip().startswith('<turbo-frame id="results_2">')
    third = at_owner.get("/search/?q=needle&page=3")
    links = [links_in(response) for response in (first, second, third)]
    assert [len(some) for some in links] == [20, 20, 5]
    assert len({link for some in links for link in some}) == 45


@pytest.mark.parametrize("page", ["0", "-1", "x", "51", "9" * 30])
def test_has_no_such_page(at_owner, conversation, page):
    assert at_owner.get(f"/search/?q=enemies&page={page}").status_code == 404


def test_has_nothing_on_a_page_after_the_last(at_owner, conversation):
    response = at_owner.get("/search/?q=enemies&page=50")
    assert response.status_code == 200
    assert links_in(response) == []


def test_shows_many_results_with_the_queries_of_few(at_owner, conversation):
    answered(conversation.owner, "needle", "needle")
    few = queries(at_owner)
    add(conversation, 30)
    for number in range(10):
        answered(conversation.owner, f"needle {number}", "needle")
    assert queries(at_owner) == few


def test_takes_three_queries_besides_those_of_the_session_for_a_frame(at_owner, conversation):
    add(conversation, 3)
    assert queries(at_owner, **FRAME) <= 5


def add(conversation, count):
    texts = [f"needle {number} " + "hay " * number for number in range(count)]
    Message.objects.bulk_create(
        Message(conversation=conversation, role="user", content=text, version=1) for text in texts
    )


def queries(client, **headers):
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/search/?q=needle", **headers).status_code == 200
    return len(captured)

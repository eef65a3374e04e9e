import random
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.utils import timezone

from parley.models import Attached, Attachment
from tests.support.dom import text_of
from tests.unit.texts import PAYLOADS
from tests.views.attachments import attachment_of, picture_of

pytestmark = pytest.mark.django_db
SAMPLE = 60


def url_of(row, **query):
    return f"/attachments/{row.pk}/"


class Skeleton(HTMLParser):
    """The elements of a page with the names of their attributes, without those of lists of other things."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, *(name for name, _ in attrs)))


def test_shows_what_a_model_gets(at_owner, owner):
    row = attachment_of(
        owner, "# Title\n\n<b>bold</b> & *so*", name="notes.md", pages=3, notes=["cut", "guessed:<b>", "no_text", "x"]
    )
    page = at_owner.get(url_of(row))
    assert page.status_code == 200
    assert (
        '<pre class="extracted" dir="auto" tabindex="0"># Title\n\n&lt;b&gt;bold&lt;/b&gt; &amp; *so*</pre>'
        in page.text
    )
    for words in (
        "notes.md",
        "Text",
        f"{row.size}\xa0bytes",
        "only its beginning",
        "these pages as pictures",
        "&lt;b&gt;. If",
    ):
        assert words in page.text


@pytest.mark.parametrize(
    ("begin", "end", "marked"),
    [(40_010, 40_020, "0040010-->"), (19_995, 20_005, "90-->"), ("²", "x", None), (9, 2, None), (9, "", None)],
)
def test_marks_what_was_searched_for(at_owner, owner, begin, end, marked):
    row = attachment_of(owner, "".join(f"{place:07}-->" for place in range(0, 50_000, 10)))
    page = at_owner.get(url_of(row), {"begin": begin, "end": end}).text
    assert (re.search(r'<mark id="found">(.*?)</mark>', page) or [None, None])[1] == (
        marked and marked.replace(">", "&gt;")
    )


@pytest.mark.parametrize(("number", "first", "last"), [("1", 1, 20_000), ("3", 40_001, 50_000), ("99", 40_001, 50_000)])
def test_shows_a_page_of_a_long_text(at_owner, owner, number, first, last):
    text = "".join(f"{place:>9}\U0001f600" for place in range(5_000))
    row = attachment_of(owner, text)
    page = at_owner.get(url_of(row), {"page": number}).text
    shown = page.partition('tabindex="0">')[2].partition("</pre>")[0]
    assert shown == text[first - 1 : last]
    assert f"Characters {first:,} to {last:,} of 50,000" in page


@pytest.mark.parametrize("number", ["nonsense", "-1", "0", "9" * 30])
def test_shows_some_page_for_a_number_that_is_none(at_owner, owner, number):
    assert at_owner.get(url_of(attachment_of(owner, "short")), {"page": number}).status_code == 200


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": "waiting"}, "It is being read."),
        ({"status": "reading"}, "It is being read."),
        ({"status": "failed", "error": "password"}, "“notes.txt” needs a password."),
        ({"status": "ready"}, "Nothing: no text was found in it."),
    ],
)
def test_says_why_there_is_nothing(at_owner, owner, values, words):
    page = at_owner.get(url_of(attachment_of(owner, **values)))
    assert (page.status_code, "<pre" in page.text) == (200, False)
    assert words in page.text
    assert ("/retry/" in page.text) == (values["status"] == "failed")


@pytest.mark.parametrize(("status", "age", "looks"), [("reading", 9, 1), ("reading", 11, 0), ("ready", 0, 0)])
def test_looks_again_by_itself_for_a_while(at_owner, owner, status, age, looks):
    row = attachment_of(owner, status=status, used_at=timezone.now() - timedelta(minutes=age))
    page = at_owner.get(url_of(row)).text
    frame = page.partition('<turbo-frame id="attachment_text" target="_top">')[2].partition("</turbo-frame>")[0]
    assert ("Look again" in frame, frame.count('data-parley-controller="again"')) == (status == "reading", looks)


def test_shows_a_picture_with_its_alternative_text(at_owner, owner):
    row = picture_of(owner, alt='A "cat"')
    page = at_owner.get(url_of(row)).text
    [picture] = re.findall("<img [^>]*>", page)
    parts = (f'src="/attachments/{row.pk}/picture/"', 'alt="A &quot;cat&quot;"', 'width="64"', 'height="48"')
    assert [part for part in parts if part not in picture] == []
    assert 'name="alt" value="A &quot;cat&quot;"' in page


def test_changes_the_name_and_the_alternative_text(at_owner, owner):
    row = picture_of(owner)
    version = row.version
    assert at_owner.post(url_of(row), {"name": "a\u202ecat\n.png", "alt": " A cat "}).status_code == 303
    row.refresh_from_db()
    assert (row.name, row.alt, row.version > version) == ("acat .png", "A cat", True)


@pytest.mark.parametrize("form", [{"name": " "}, {"name": "x" * 201}, {"name": "x", "alt": "x" * 301}])
def test_refuses_no_name_and_too_much(at_owner, owner, form):
    row = picture_of(owner)
    response = at_owner.post(url_of(row), form)
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    row.refresh_from_db()
    assert row.name == "cat.png"


def test_is_not_there_any_more_once_it_is_removed(at_owner, owner):
    row = attachment_of(owner)
    row.drop()
    assert at_owner.get(url_of(row)).status_code == 404


# What strangers write in names and texts


def test_a_hostile_text_is_text(at_owner, owner):
    text = "\n".join(PAYLOADS).replace("\0", "").replace("\r", "")
    row, harmless = attachment_of(owner, text), attachment_of(owner, "a" * len(text))
    for number in range(1, len(text) // 20_000 + 2):
        page, like = (at_owner.get(url_of(each), {"page": number}).text for each in (row, harmless))
        assert Skeleton(page).elements == Skeleton(like).elements
        shown = text_of(page.partition('tabindex="0">')[2].partition("</pre>")[0])
        assert shown == text[(number - 1) * 20_000 : number * 20_000]


@pytest.mark.exhaustive
def test_a_hostile_name_is_a_name_on_each_page(at_owner, owner, conversation):
    question = conversation.messages.get(role="user")
    pages = [conversation.get_absolute_url(), f"{conversation.get_absolute_url()}?edit={question.pk}"]
    rows = [attachment_of(owner, name="x" * 20) for _ in range(SAMPLE)]
    Attached.hold(rows, message=question)
    Attachment.objects.update(drafted=False)
    pages += [url_of(rows[0])]
    before = [Skeleton(at_owner.get(page).text).elements for page in pages]
    names = [" ".join(payload.split())[:200] or "x" for payload in PAYLOADS]
    for batch in batches(names):
        for row, name in zip(rows, batch, strict=False):
            row.name = name.replace("\0", "")
        Attachment.objects.bulk_update(rows, ["name"])
        answers = [at_owner.get(page).text for page in pages]
        assert [Skeleton(answer).elements for answer in answers] == before
        assert [row.name for row in rows if row.name not in text_of(answers[0])] == []
        assert all(rows[0].name in text_of(answer) for answer in answers)


def batches(names):
    shuffled = random.Random(7).sample(names, len(names))
    return [shuffled[start : start + SAMPLE] for start in range(0, len(shuffled), SAMPLE)]

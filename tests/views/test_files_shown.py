"""Files in the composer, with their question, and in the feed of changes."""

import re

import pytest

from parley.delivery.feed import changes_since
from parley.models import Attachment, Conversation
from parley.templatetags.parley import file_facts
from tests.views.attachments import attachment_of, picture_of

pytestmark = pytest.mark.django_db
HOSTILE = 'a"><img src=x onerror=alert(1)>.pdf'


@pytest.fixture(autouse=True)
def folder_of_files(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}


def ask(owner, *files):
    conversation, _ = Conversation.start(owner, "", attachments=[file.pk for file in files])
    return conversation


def chips(html):
    listed = re.search(r'<ul id="attachments".*?</ul>', html, re.DOTALL)[0]
    return re.findall(r"<li .*?</li>", listed, re.DOTALL)


def test_the_composer_has_a_chip_for_each_file_of_its_draft(at_owner, owner, conversation):
    attachment_of(owner)
    waits = attachment_of(owner, conversation=conversation, name="q3.pdf", status="waiting")
    failed = attachment_of(owner, conversation=conversation, name="odd.docx", status="failed", error="damaged")
    cat = picture_of(owner, conversation=conversation)
    first, second, third = chips(at_owner.get(conversation.get_absolute_url()).text)
    assert f'id="attachment_{waits.pk}"' in first
    assert f'name="attachment" value="{waits.pk}" checked' in first
    assert "Being read…" in first
    assert "“odd.docx” cannot be read; the file is damaged." in second
    assert f"/attachments/{failed.pk}/retry/" in second
    assert 'aria-label="Remove: odd.docx"' in second
    assert f'<img src="/attachments/{cat.pk}/thumb/" alt=""' in third
    assert "/retry/" not in third


def test_a_chip_says_how_its_file_was_read_before_it_is_sent(at_owner, owner):
    attachment_of(owner, name="scan.pdf", pages=30, notes=["no_text:29", 'guessed:"><img src=x>'])
    attachment_of(owner, name="book.epub", notes=["empty:1"])
    attachment_of(owner, name="half.pdf", status="failed", error="damaged", notes=["no_text:1"])
    scan, book, failed = chips(at_owner.get("/").text)
    (title, said) = re.search(r'<span class="told" title="([^"]*)">(.*?)</span>', scan).groups()
    assert said == "Pages without text: 29 of 30 · Encoding guessed: &quot;&gt;&lt;img src=x&gt;"
    assert title.startswith("Some of its pages have no text, and look like a scan. Send these pages as pictures. Its ")
    assert "told" not in book + failed


def test_a_question_that_is_edited_has_its_files_in_the_composer_and_keeps_them(at_owner, owner):
    row = attachment_of(owner)
    conversation = ask(owner, row)
    question = conversation.messages.get(role="user")
    (chip,) = chips(at_owner.get(f"{conversation.get_absolute_url()}?edit={question.pk}").text)
    assert f'id="edited_{row.pk}"' in chip
    assert f'name="attachment" value="{row.pk}" checked' in chip
    assert "/remove/" not in chip


def test_a_question_has_its_pictures_lazily_and_links_to_its_documents(at_owner, owner):
    cat, document = picture_of(owner), attachment_of(owner, name=HOSTILE, media_type="application/pdf", pages=1)
    html = at_owner.get(ask(owner, cat, document).get_absolute_url()).text
    picture, link = re.findall(r"<li data-file=.*?</li>", html, re.DOTALL)
    assert f'href="/attachments/{cat.pk}/picture/"' in picture
    assert 'loading="lazy" decoding="async" width="64" height="48"' in picture
    assert 'alt="cat.png"' in picture
    assert f'class="document" href="/attachments/{document.pk}/"' in link
    assert "PDF · 1 page · 0\xa0bytes" in link
    assert "<img" not in link


def test_the_feed_brings_chips_to_the_page_of_their_draft_and_takes_them_from_others(owner, conversation):
    row = attachment_of(owner, name=HOSTILE, conversation=conversation)
    _, here = changes_since(owner, conversation.pk, 0)
    _, elsewhere = changes_since(owner, None, 0)
    assert f'action="upsert" target="attachment_{row.pk}" into="attachments"' in here
    assert f'action="remove" target="attachment_{row.pk}"' in elsewhere
    assert "<img" not in here
    row.drop()
    assert f'action="remove" target="attachment_{row.pk}"' in changes_since(owner, conversation.pk, 0)[1]


def test_no_page_is_loaded_again_when_the_row_of_a_file_goes_that_was_taken_out(owner, conversation):
    row = attachment_of(owner, conversation=conversation)
    row.drop()
    version, _ = changes_since(owner, conversation.pk, 0)
    row.delete()
    assert changes_since(owner, conversation.pk, version) == (version, "")


def test_a_picture_that_is_ready_takes_the_place_of_what_stood_in_its_question(owner):
    cat = picture_of(owner)
    ask(owner, cat)
    _, stream = changes_since(owner, None, 0)
    assert f"targets=\"[data-file='{cat.pk}']\"" in stream
    assert f'<li data-file="{cat.pk}"' in stream
    assert "<article" not in stream


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"media_type": "application/pdf", "pages": 1200, "size": 1_230_000}, "PDF · 1,200 pages · 1.2\xa0MB"),
        ({"media_type": "image/jpeg", "size": 5}, "JPG · 5\xa0bytes"),
        ({"media_type": "text/plain", "size": 1}, "TXT · 1\xa0byte"),
        ({"media_type": "text/html", "size": 1}, "HTML · 1\xa0byte"),
    ],
)
def test_a_file_is_called_what_it_is(facts, words):
    assert file_facts(Attachment(name="x.exe", **facts)) == words

"""Every text has a German translation, and pages in German have no English left."""

import gettext
import re

import pytest
from django.contrib.auth import get_user_model
from django.utils import translation

from parley.conf import conf
from parley.delivery.feed import changes_since
from parley.errors import SENTENCES, sentence
from parley.models import Conversation, Message
from tests.support.german import english_left
from tests.support.texts import PLACEHOLDER, ROOMS, catalogue, entries, translated, untranslated, words_of

NAMES = {"Parley", "· Parley", "· · Parley", ": · Parley", "ChatGPT", "Open WebUI", "LibreChat", *"OKLYB"}
DJANGOS_OWN = ["Search"]
"""What Django's administration says in English in every language: the picture of its search field."""
GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}
UPDATE = "Run `make messages`, translate what is new in locale/de/LC_MESSAGES/django.po, and run it again."

in_every_room = pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)


@pytest.fixture(autouse=True)
def _no_language_stays():
    """A request leaves its language active in the thread, until the next one."""
    yield
    translation.deactivate()


@in_every_room
def test_the_catalogue_has_what_the_sources_ask_for_and_nothing_else(room):
    assert translated(room) == set(entries(catalogue(room))), UPDATE


@in_every_room
def test_no_translation_is_missing_or_a_guess(room):
    assert [entry.msgid for entry in catalogue(room) if entry.fuzzy or entry.obsolete] == [], UPDATE
    assert [text for text, german in entries(catalogue(room)).items() if not all(german)] == [], UPDATE


@in_every_room
def test_what_is_filled_in_is_the_same_in_german(room):
    for (_, one, many), german in entries(catalogue(room)).items():
        for words, original in zip(german, (one, many or one), strict=False):
            assert sorted(PLACEHOLDER.findall(words)) == sorted(PLACEHOLDER.findall(original))


@in_every_room
def test_the_compiled_catalogue_is_in_step(room):
    assert entries(catalogue(room, "mo")) == entries(catalogue(room)), UPDATE


def test_python_reads_the_compiled_catalogue():
    german = gettext.translation("django", ROOMS[0] / "locale", ["de"])
    assert german.gettext("Send") == "Senden"
    assert german.ngettext("%d reply was stopped.", "%d replies were stopped.", 2) == "%d Antworten wurden gestoppt."


@in_every_room
def test_no_word_in_a_template_is_without_translation(room):
    assert [found for found in untranslated(room) if found[1] not in NAMES] == []


def test_the_reader_of_words_finds_them():
    html = '<p title="A tip">Some <b>words</b></p><script>code</script><input placeholder="Ask" value="x"><i>…</i>'
    assert words_of(html) == ["A tip", "Some", "words", "Ask"]
    assert english_left(["Retry", "Thought for 3 seconds", "Erneut versuchen", "42"]) == [
        "Retry",
        "Thought for 3 seconds",
    ]


def test_every_error_has_its_sentence_in_german():
    for code in SENTENCES:
        with translation.override("de"):
            german = sentence(code, model="fake-1", provider=conf.provider)
        assert german != sentence(code, model="fake-1", provider=conf.provider)
        assert ("„fake-1“" in german) == ("fake-1" in sentence(code, model="fake-1", provider=conf.provider))


@pytest.fixture
def owner(db):
    return get_user_model().objects.create_superuser("kapitän")


@pytest.fixture
def replies(owner):
    """A reply in each state that has words of its own."""
    conversation = Conversation.start(owner, "Wozu?")[0]
    states = [("failed", "provider_down", ""), ("interrupted", "cut", ""), ("stopped", "", "")]
    states += [("done", "", "length"), ("done", "", "content_filter"), ("pending", "", ""), ("streaming", "", "")]
    for number, (status, error, reason) in enumerate(states):
        Message.objects.create(
            conversation=conversation, role="assistant", status=status, error=error, finish_reason=reason,
            content="Darum." if number else "", left_out=number, reasoning="Hm.", reasoning_seconds=number,
            usage={"completion_tokens": 1 + number}, parent=conversation.leaf(),
        )  # fmt: skip
    return conversation


@pytest.mark.parametrize(
    "path",
    ["/", "/nowhere/", "/accounts/password_change/", "/accounts/password_change/done/", "/admin/parley/message/add/",
     "/admin/parley/conversation/add/", "/admin/parley/message/", "/admin/parley/conversation/"],
)  # fmt: skip
def test_a_page_is_in_german_altogether(client, owner, replies, path):
    client.force_login(owner)
    page = client.get(path, **GERMAN).content.decode()
    assert '<html lang="de' in page
    assert english_left(words_of(page)) == (DJANGOS_OWN if "admin/img/search.svg" in page else [])


@pytest.mark.django_db
def test_the_pages_before_there_is_an_account_are_in_german(client, settings):
    page = client.get("/setup/", **GERMAN).content.decode()
    assert "Erstes Konto anlegen" in page
    assert english_left(words_of(page)) == []


def test_a_conversation_is_in_german_in_every_state_of_its_replies(client, owner, replies, empty_valkey):
    client.force_login(owner)
    page = client.get(replies.get_absolute_url(), **GERMAN).content.decode()
    assert english_left(words_of(page)) == []
    assert "Der Anbieter hat selbst eine Störung." in page
    assert "Die ältesten 2 Nachrichten" in page


def test_what_a_page_missed_is_told_in_its_language(client, owner, replies, empty_valkey):
    client.force_login(owner)
    asked = {"conversation": replies.pk, "version": 0}
    stream = client.get("/catch-up/", asked, **GERMAN).json()["stream"]
    assert "Der Anbieter hat selbst eine Störung." in stream
    assert english_left(words_of(stream.replace("<template>", "").replace("</template>", ""))) == []


def test_english_stays_english(owner, replies, empty_valkey):
    with translation.override("en"):
        stream = changes_since(owner, replies.pk, 0)[1]
    assert {"Retry", "Stopped.", "Thought for 4 seconds"} <= set(english_left(words_of(stream)))


@pytest.mark.django_db
def test_a_language_that_there_is_not_falls_back_as_a_whole(client, settings):
    assert [code for code, _ in settings.LANGUAGES] == ["en", "de"]
    page = client.get("/setup/", HTTP_ACCEPT_LANGUAGE="fr,ar;q=0.8").content.decode()
    assert '<html lang="en"' in page
    assert "Username" in page


def test_a_language_is_chosen_with_a_button_and_kept(client, owner):
    client.force_login(owner)
    assert 'value="de"' in client.get("/").content.decode()
    response = client.post("/language/", {"language": "de"}, HTTP_REFERER="http://testserver/")
    assert (response.status_code, response.url) == (302, "http://testserver/")
    page = client.get("/").content.decode()
    assert '<html lang="de"' in page
    assert re.search(r'value="en" lang="en">\s*(<svg.*?</svg>)?\s*English\s*<', page, re.DOTALL)


def test_numbers_that_scripts_read_are_never_grouped(client, owner, replies, settings, empty_valkey):
    settings.USE_THOUSAND_SEPARATOR = True
    Message.objects.filter(conversation=replies).update(version=12345)
    Conversation.objects.filter(pk=replies.pk).update(version=23456)
    client.force_login(owner)
    page = client.get(replies.get_absolute_url(), **GERMAN).content.decode()
    assert 'data-version="12345"' in page
    assert 'data-version="23456"' in page


def test_a_page_tells_its_socket_the_language(client, owner):
    client.force_login(owner)
    assert 'content="/ws/parley/?language=de"' in client.get("/", **GERMAN).content.decode()

import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.templatetags.static import static
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parley.models import Conversation, Draft, Share
from tests.unit.texts import PAYLOADS
from tests.views.conftest import answered
from tests.views.shares import READER, shared, shown
from tests.views.test_long_conversation import long_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def share(conversation):
    return shared(conversation)


def views(share):
    share.refresh_from_db()
    return share.views


def test_shows_an_anonymous_reader_the_messages(anonymous, share):
    page = shown(anonymous, share)
    assert page.status_code == 200
    assert page.text.index("What is a parley?</p>") < page.text.index("A talk between <em>enemies</em>.")
    assert "Sign in to go on with this conversation" in page.text
    assert f'href="/s/{share.token}/copy/"' in page.text


def test_shows_the_same_at_stranger_and_at_owner(at_stranger, at_owner, share):
    assert shown(at_stranger, share).text == shown(at_owner, share).text
    assert "Copy into my conversations" in shown(at_stranger, share).text


def test_shows_nothing_of_an_owner_who_was_deactivated(anonymous, at_stranger, owner, share):
    get_user_model().objects.filter(pk=owner.pk).update(is_active=False)
    page = shown(anonymous, share)
    assert page.status_code == 404
    assert page.content == anonymous.get("/s/nothing-is-here/").content
    assert at_stranger.get(f"/s/{share.token}/copy/").status_code == 404
    get_user_model().objects.filter(pk=owner.pk).update(is_active=True)
    assert shown(anonymous, share).status_code == 200


def test_leaves_nothing_with_the_reader_and_asks_nothing_of_them(anonymous, share):
    page = shown(anonymous, share)
    assert not page.cookies
    for word in (
        "<script",
        "csrf",
        "parley-socket",
        "manifest.json",
        "<nav",
        "data-parley-",
        "data-message",
        'http-equiv="refresh',
    ):
        assert word not in page.text
    assert "script-src 'none'" in page.text


def test_is_kept_by_no_cache_and_found_by_no_search_engine(anonymous, share):
    for response in (shown(anonymous, share), anonymous.get("/s/nonsense/")):
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Robots-Tag"].startswith("noindex")
        assert '<meta name="robots" content="noindex' in response.text


# What it was at that moment


def test_stays_as_it_was_when_the_conversation_goes_on(anonymous, share, conversation):
    before = shown(anonymous, share).text
    conversation.ask("And then?")
    conversation.messages.filter(role="assistant").update(content="Changed", html="<p>Changed</p>")
    Conversation.objects.filter(pk=conversation.pk).update(title="Renamed")
    assert shown(anonymous, share).text == before
    conversation.messages.all().delete()
    assert shown(anonymous, share).text == before


def test_shows_the_branch_that_was_shown(anonymous, conversation):
    conversation.ask("What is a treaty?", instead_of=conversation.transcript()[0])
    conversation.messages.filter(status="pending").update(status="done", content="A paper.")
    page = shown(anonymous, shared(conversation)).text
    assert "A paper." in page
    assert "enemies" not in page


def test_shows_no_answer_that_is_being_written(anonymous, conversation):
    conversation.ask("And then?")
    conversation.messages.filter(status="pending").update(status="streaming", content="Half of it")
    page = shown(anonymous, shared(conversation)).text
    assert "And then?" in page
    assert "Half of it" not in page


def test_says_that_an_answer_was_not_finished_and_not_why(anonymous, failed):
    page = shown(anonymous, shared(failed.conversation)).text
    assert "A talk" in page
    assert "This answer was not finished." in page
    assert failed.error_sentence not in page
    assert "provider" not in page.lower()


# What nobody else may know


def test_shows_nothing_private(anonymous):
    secrets = private_things()
    page = shown(anonymous, shared(secrets.pop("conversation")))
    everything = page.text + str(page.headers)
    assert "the shown answer" in everything
    assert {name for name, secret in secrets.items() if str(secret) in everything} == set()


def private_things():
    """A conversation in which everything that is nobody's business has a word of its own."""
    owner = get_user_model().objects.create_user(
        "xusername", "xmail@example.org", first_name="Xfirst", last_name="Xlast"
    )
    conversation = answered(owner, "the first question", "xother-branch")
    conversation.ask("the shown question", instead_of=conversation.transcript()[0])
    reply = conversation.messages.filter(status="pending")
    reply.update(
        status="done", content="the shown answer", reasoning="xreasoning", error="xerror", finish_reason="xfinish",
        usage={"completion_tokens": 918273645}, parts=[{"type": "xpart"}], left_out=77123,
    )  # fmt: skip
    Conversation.objects.filter(pk=conversation.pk).update(
        instructions="xinstructions",
        origin="xorigin",
        model="xmodel-of-the-conversation",
        parameters={"x": "xparameter"},
    )
    conversation.refresh_from_db()
    Draft.keep(owner, conversation, "xdraft")
    ids = {f"message {n}": pk for n, pk in enumerate(conversation.messages.values_list("pk", flat=True))}
    return {
        "conversation": conversation, "id": conversation.pk, **ids, "name": "xusername", "mail": "xmail",
        "first": "Xfirst", "last": "Xlast", "branch": "xother-branch", "reasoning": "xreasoning", "error": "xerror",
        "finish": "xfinish",
        "usage": "918273645", "instructions": "xinstructions", "origin": "xorigin", "parameter": "xparameter",
        "model": "xmodel", "draft": "xdraft", "part": "xpart", "left out": "77123",
    }  # fmt: skip


def test_the_snapshot_itself_holds_nothing_that_is_not_shown():
    secrets = private_things()
    snapshot = str(shared(secrets.pop("conversation")).snapshot)
    assert {name for name, secret in secrets.items() if str(secret) in snapshot} == set()


@pytest.mark.parametrize(("choice", "words"), [("instructions", "xinstructions"), ("reasoning", "xreasoning")])
def test_shows_what_was_chosen_and_no_more(anonymous, choice, words):
    page = shown(anonymous, shared(private_things()["conversation"], **{choice: True})).text
    assert words in page
    assert sum(other in page for other in ("xinstructions", "xreasoning")) == 1


# Links that show nothing


def test_every_link_that_shows_nothing_answers_alike(anonymous, owner, share):
    conversations = [answered(owner, "gone?", "gone") for _ in range(4)]
    revoked, ended, discarded, deleted = (shared(conversation) for conversation in conversations)
    revoked.revoke()
    Share.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    Conversation.objects.filter(pk=discarded.conversation_id).update(deleted_at=timezone.now())
    deleted.conversation.delete()
    tokens = [gone.token for gone in (revoked, ended, discarded, deleted)]
    tokens += ["nonsense", share.token[:-1], share.token.swapcase(), "%00", "x" * 3000, "%ED%A0%80", "🏴"]
    pages = [anonymous.get(f"/s/{token}/", headers=READER) for token in tokens]
    assert {page.status_code for page in pages} == {404}
    assert len({page.text for page in pages}) == len({str(page.headers) for page in pages}) == 1
    assert "Ask the person who gave it to you" in pages[0].text


def test_shows_again_what_was_thrown_away_by_mistake(anonymous, share, conversation):
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now())
    assert shown(anonymous, share).status_code == 404
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=None)
    assert shown(anonymous, share).status_code == 200


def test_what_ended_is_forgotten_when_the_next_link_is_made(share, conversation):
    Share.objects.filter(pk=share.pk).update(expires_at=timezone.now())
    shared(conversation)
    share.refresh_from_db()
    assert share.snapshot == {}


# Views


def test_counts_who_reads_it(anonymous, at_stranger, share):
    shown(anonymous, share)
    shown(at_stranger, share)
    assert views(share) == 2


def test_does_not_count_its_owner(at_owner, share):
    shown(at_owner, share)
    assert views(share) == 0


@pytest.mark.parametrize(
    "agent",
    ["", "Googlebot/2.1", "Slackbot-LinkExpanding 1.0", "Twitterbot/1.0", "facebookexternalhit/1.1", "WhatsApp/2.23",
     "curl/8.5.0", "python-requests/2.32", "Mozilla/5.0 (compatible; bingbot/2.0)", "SkypeUriPreview",
     "TelegramBot (like TwitterBot)"],
)  # fmt: skip
def test_does_not_count_machines(anonymous, share, agent):
    assert anonymous.get(share.get_absolute_url(), headers={"user-agent": agent}).status_code == 200
    assert views(share) == 0


def test_counts_neither_a_look_ahead_nor_a_head_nor_the_next_page(anonymous, owner):
    share = shared(long_conversation(owner, 201))
    url = share.get_absolute_url()
    anonymous.get(url, headers={**READER, "sec-purpose": "prefetch"})
    assert anonymous.head(url, headers=READER).status_code == 200
    anonymous.get(f"{url}?page=2", headers=READER)
    assert views(share) == 0


# Hostile words


def test_what_was_written_to_act_does_not(anonymous, owner):
    conversation = answered(owner, "\n".join(PAYLOADS), "\n\n".join(PAYLOADS))
    Conversation.objects.filter(pk=conversation.pk).update(
        title="<script>alert(1)</script>\"'><img src=x>", instructions=PAYLOADS[0] * 2
    )
    conversation.refresh_from_db()
    conversation.messages.filter(role="assistant").update(reasoning="\n\n".join(PAYLOADS))
    page = shown(anonymous, shared(conversation, instructions=True, reasoning=True)).text
    parts = Parts(page)
    assert parts.tags.isdisjoint(
        {"script", "img", "svg", "iframe", "form", "style", "object", "base", "video", "input"}
    )
    assert [name for name in parts.attributes if re.match(r"on|style$|id$|data-(controller|action|turbo)", name)] == [
        "id"
    ] * 2
    assert {urlsplit(address).scheme for address in parts.addresses} <= {"", "http", "https", "mailto"}


class Parts(HTMLParser):
    """What a page consists of."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.addresses = set(), [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [name for name, _ in attrs]
        self.addresses += [value for name, value in attrs if name in ("href", "src", "action")]


# What it costs


def test_costs_the_same_however_long_the_conversation_is(anonymous, owner):
    def cost(share):
        with CaptureQueriesContext(connection) as queries:
            page = shown(anonymous, share)
        return len(queries), page

    (few, _), (many, page) = (cost(shared(long_conversation(owner, count))) for count in (2, 2_000))
    assert few == many <= 5
    assert page.text.count("data-body") == 200


def test_shows_every_message_on_some_page_in_order(anonymous, owner):
    share = shared(long_conversation(owner, 450))
    seen, url = [], share.get_absolute_url()
    while url:
        page = anonymous.get(url).text
        seen += re.findall(r"<p[^>]*>message (\d{5})</p>", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        url = following and share.get_absolute_url() + following[1]
    assert seen == [f"{number:05}" for number in range(450)]


def test_the_page_of_an_ended_link_runs_nothing_but_what_keeps_it_when_a_file_is_dropped(anonymous):
    page = anonymous.get("/s/none/")
    assert page.status_code == 404
    assert re.findall(r"<script[^>]*>", page.text) == [f'<script type="module" src="{static("parley/dropping.js")}">']
    assert "script-src" not in page.text
    assert not page.cookies

import re
from html import unescape

import pytest

from tests.views.branches import url_of
from tests.views.calls import called

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    return url_of(conversation, conversation.leaf())


def test_offers_what_can_be_done(at_owner, url, conversation):
    page = at_owner.get(url).text
    for verb in ("fork", "delete"):
        assert f'action="{url}{verb}/"' in page
    assert f'href="/models/?for={conversation.pk}&amp;again={conversation.leaf().pk}"' in page
    assert f"{url}delete-branch/" not in page
    assert "<html" in page


def test_is_a_frame_for_the_conversation(at_owner, url):
    frame = at_owner.get(url, headers={"turbo-frame": "message_menu"}).text
    assert '<turbo-frame id="message_menu"' in frame
    assert "<html" not in frame


def test_offers_no_fork_of_an_answer_that_is_being_written(at_owner, conversation):
    _, running = conversation.ask("And now?")
    assert "/fork/" not in at_owner.get(url_of(conversation, running)).text


def numbers(page):
    """The words of what a message cost."""
    found = page.partition("Tokens and cost")[2].partition("</details>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found)).split())


def test_shows_what_each_attempt_took(at_owner, url, conversation, owner):
    assert numbers(at_owner.get(url).text) == "Nothing was counted."
    reply = conversation.leaf()
    call = called(owner, reply_id=reply.pk, cost="0.0012", provider_cost="0.002", cached_tokens=64, reasoning_tokens=3)
    assert numbers(at_owner.get(url).text) == (
        "Answer · gpt-x · Done Tokens sent 100 (64 of them cached) Tokens written 10 (3 of them reasoning) "
        "Cost 0.0012 USD (the provider says 0.0020 USD)"
    )
    called(owner, reply_id=reply.pk, number=2, cost="0.5", estimated=True, outcome="stopped")
    text = numbers(at_owner.get(url).text)
    assert "Answer · gpt-x · Stopped Tokens sent about 100 Tokens written about 10 Cost about 0.50 USD" in text
    assert text.endswith("All 2 requests together: about 0.50 USD")
    type(call).objects.all().delete()
    called(owner, reply_id=reply.pk)
    assert numbers(at_owner.get(url).text).endswith("Cost no price")


def test_shows_the_last_of_many_attempts(at_owner, url, conversation, owner):
    for number in range(1, 13):
        called(owner, reply_id=conversation.leaf().pk, number=number, model=f"number-{number}", cost=1)
    text = numbers(at_owner.get(url).text)
    assert re.findall(r"Answer · number-(\d+)", text) == [str(number) for number in range(12, 2, -1)]
    assert text.endswith("All 12 requests together: 12.00 USD")


def test_counts_nothing_of_a_question(at_owner, conversation):
    question = conversation.messages.get(role="user")
    assert "Tokens and cost" not in at_owner.get(url_of(conversation, question)).text

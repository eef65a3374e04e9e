"""Where a budget has too little left, each way to ask is refused beforehand, and nothing that was typed is lost."""

import pytest

from parley.ids import uuid7
from parley.models import Budget, Conversation, Message, spending
from parley.models.holding import Need
from tests.views.conftest import TURBO

pytestmark = pytest.mark.django_db(transaction=True)

LEFT = "Too little is left for an answer: 100 tokens (the budget of this site for everyone, per day)."
TYPED = "typed <before>"
KEPT = "typed &lt;before&gt;"


@pytest.fixture
def poor(owner):
    """A function: from then on, the owner has 100 tokens left, which is not enough."""

    def limit(hard=True):
        budget = Budget.objects.create(limit=5000, unit="tokens", period="day")
        spending.reserve([Need(owner.pk, (uuid7(), 1, "answer"), None, 4900)])
        budget.hard = hard
        budget.save()

    return limit


def everything():
    messages = Message.objects.order_by("id").values("id", "status", "content", "error", "attempt", "version")
    return list(messages), list(Conversation.objects.order_by("id").values())


@pytest.mark.parametrize("headers", [{"accept": TURBO}, {}], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("where", ["first", "next", "edited"])
def test_a_question_is_refused_and_kept(at_owner, conversation, poor, headers, where, empty_valkey):
    poor()
    before, question = everything(), conversation.messages.get(role="user")
    url = "/conversations/" if where == "first" else f"/c/{conversation.pk}/messages/"
    fields = {"editing": question.pk} if where == "edited" else {}
    response = at_owner.post(url, {"text": TYPED, **fields}, headers=headers)
    assert response.status_code == 422
    assert LEFT in response.text
    assert KEPT in response.text
    assert where != "edited" or f'value="{question.pk}"' in response.text
    assert everything() == before


def test_another_answer_is_refused(at_owner, conversation, poor, empty_valkey):
    poor()
    reply, before = conversation.messages.get(role="assistant"), everything()
    response = at_owner.post(f"/c/{conversation.pk}/messages/{reply.pk}/regenerate/")
    assert (response.status_code, LEFT in response.text, everything()) == (422, True, before)


@pytest.mark.parametrize("verb", ["retry", "resume"])
def test_retry_and_continue_are_refused_at_the_reply(at_owner, failed, poor, verb, empty_valkey):
    poor()
    before = everything()
    response = at_owner.post(f"/messages/{failed.pk}/{verb}/", headers={"accept": TURBO})
    assert response.status_code == 422
    assert f'action="append" target="message_{failed.pk}"' in response.text
    assert LEFT in response.text
    page = at_owner.post(f"/messages/{failed.pk}/{verb}/")
    assert (page.status_code, page.text.count(LEFT), "A talk" in page.text) == (422, 1, True)
    assert everything() == before


def test_a_budget_that_only_warns_refuses_nothing(at_owner, conversation, poor, empty_valkey):
    poor(hard=False)
    assert at_owner.post(f"/c/{conversation.pk}/messages/", {"text": "more"}).status_code == 303


@pytest.mark.parametrize(
    ("spent", "words"),
    [
        (3999, ""),
        (4000, "The budget of this site for everyone, per day: 80 % spent. Left until"),
        (5000, "The budget of this site for everyone, per day: used up. It begins anew on"),
    ],
)
def test_the_composer_warns(at_owner, conversation, owner, spent, words):
    Budget.objects.create(limit=5000, unit="tokens", period="day")
    [row] = spending.standing(owner)
    row.spent = spent
    row.save()
    for url in ("/", conversation.get_absolute_url()):
        page = at_owner.get(url).text
        assert ("budget-near" in page) == bool(words)
        assert words in page
        assert ('<a href="/usage/">Usage</a></p>' in page) == bool(words)


def test_the_page_of_usage_shows_what_is_left_of_ones_own(at_owner, owner, stranger):
    for person in (owner, stranger):
        Budget.objects.create(limit=70, unit="tokens", person=person)
    page = at_owner.get("/usage/").text
    assert "What is left of your budgets" in page
    assert page.count("Your budget on this site, per month") == 1
    assert "Left until" in page
    assert "stranger, per month" not in page

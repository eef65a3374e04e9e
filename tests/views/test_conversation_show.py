import uuid

import pytest

from parley.models import Conversation
from tests.views.conftest import answered, forbids_keeping

pytestmark = pytest.mark.django_db


def test_has_its_address(conversation):
    assert conversation.get_absolute_url() == f"/c/{conversation.pk}/"


def test_sends_an_anonymous_visitor_to_sign_in(anonymous, conversation):
    response = anonymous.get(conversation.get_absolute_url())
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/?next=/c/")


def test_answers_a_stranger_as_if_it_did_not_exist(at_stranger, conversation):
    found = at_stranger.get(conversation.get_absolute_url())
    missing = at_stranger.get(f"/c/{uuid.uuid4()}/")
    assert found.status_code == missing.status_code == 404
    assert same_words(found, missing)


def same_words(one, other):
    return [word for word in one.text.split() if "csrf" not in word and len(word) < 60] == [
        word for word in other.text.split() if "csrf" not in word and len(word) < 60
    ]


def test_is_no_wider_for_an_administrator(conversation, browser_of, django_user_model):
    administrator = django_user_model.objects.create_superuser("administrator")
    assert browser_of(administrator).get(conversation.get_absolute_url()).status_code == 404


def test_shows_the_owner_the_messages_in_order(at_owner, conversation):
    page = at_owner.get(conversation.get_absolute_url())
    assert page.status_code == 200
    assert page.text.index("What is a parley?") < page.text.index("A talk between <em>enemies</em>.")


def test_has_the_hooks_that_tests_of_others_rely_on(at_owner, conversation):
    page = at_owner.get(conversation.get_absolute_url()).text
    for message in conversation.transcript():
        assert f'data-message="{message.pk}"' in page
    assert page.count("data-body") >= 2
    assert 'data-role="assistant"' in page
    assert 'data-status="done"' in page


def test_may_not_be_kept_by_a_cache(at_owner, conversation):
    assert forbids_keeping(at_owner.get(conversation.get_absolute_url()))


def test_shows_a_waiting_reply_as_a_state_and_not_as_text(at_owner, owner):
    conversation, _ = Conversation.start(owner, "hello")
    page = at_owner.get(conversation.get_absolute_url()).text
    assert 'data-status="pending"' in page
    assert "Thinking" in page
    assert not conversation.messages.filter(content__contains="Thinking").exists()


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '<img src="https://evil.example/x">',
        "![x](https://evil.example/x)",
        "[x](javascript:alert(1))",
    ],
)
def test_runs_and_requests_nothing_that_a_message_names(at_owner, owner, evil):
    conversation = answered(owner, evil, evil)
    page = at_owner.get(conversation.get_absolute_url()).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page


def test_offers_to_retry_a_failed_reply_and_says_why(at_owner, failed):
    page = at_owner.get(failed.conversation.get_absolute_url()).text
    assert f'action="/messages/{failed.pk}/retry/"' in page
    assert "Retry" in page
    assert failed.error_sentence.split(".")[0] in page


def test_takes_as_many_queries_for_many_messages_as_for_few(at_owner, conversation, django_assert_max_num_queries):
    for number in range(10):
        conversation.ask(f"question {number}")
        conversation.messages.filter(status="pending").update(status="done", content="answer")
    with django_assert_max_num_queries(9):
        at_owner.get(conversation.get_absolute_url())

import re
import uuid

import pytest

from parley.models import Conversation
from parley.models.branching import PAGE
from tests.views.branches import say, shown
from tests.views.conftest import answered, forbids_keeping

pytestmark = pytest.mark.django_db


def test_has_its_address(conversation):
    assert conversation.get_absolute_url() == f"/c/{conversation.pk}/"


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


def test_has_the_tools_of_each_message_and_those_of_one_that_comes(at_owner, conversation):
    _, answer = conversation.transcript()
    conversation.ask("And then?")
    page = at_owner.get(conversation.get_absolute_url()).text
    nobody = uuid.UUID(int=0)
    assert page.count('class="does"') == 3 + 2  # none of the reply that is not settled
    for pk in (answer.pk, nobody):
        assert f'formaction="/c/{conversation.pk}/messages/{pk}/regenerate/"' in page
        assert page.count(f'data-copy-url-value="/messages/{pk}/source/"') == (2 if pk == nobody else 1)


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


@pytest.fixture
def versions(conversation):
    """A question with its answer, and its other version, which is shown."""
    first = conversation.transcript()[0]
    say(conversation, "What is a truce?", "A pause.", instead_of=first)
    return first


def test_shows_a_message_on_its_branch_and_marks_it(at_owner, conversation, versions):
    page = at_owner.get(f"/c/{conversation.pk}/?message={versions.pk}").text
    assert "A talk between" in page
    assert "A pause." not in page
    assert re.search(rf'data-message="{versions.pk}"[^>]* data-found>', page, re.DOTALL)
    assert page.count("data-found") == 1


def test_turns_to_no_other_branch_by_looking_at_a_message(at_owner, conversation, versions):
    at_owner.get(f"/c/{conversation.pk}/?message={versions.pk}")
    assert "A pause." in at_owner.get(conversation.get_absolute_url()).text


def test_asks_on_the_branch_that_is_looked_at(at_owner, conversation, versions):
    page = at_owner.get(f"/c/{conversation.pk}/?message={versions.pk}").text
    assert f'name="below" value="{versions.pk}"' in page
    at_owner.post(f"/c/{conversation.pk}/messages/", {"text": "And then?", "below": versions.pk})
    assert shown(conversation)[:3] == ["What is a parley?", "A talk between *enemies*.", "And then?"]


def test_shows_what_is_around_a_message_and_links_to_the_rest(at_owner, conversation):
    for number in range(3 * PAGE):
        say(conversation, f"question {number}.", "answer")
    middle = conversation.whole_branch()[2 * PAGE]
    page = at_owner.get(f"/c/{conversation.pk}/?message={middle.pk}").text
    assert page.count("data-message=") == PAGE
    assert "Older messages" in page
    newer = re.search(r'<a href="([^"]+/older/\?after=[^"]+)"', page)[1]
    assert "Newer messages" in at_owner.get(newer).text
    frame = at_owner.get(newer, headers={"turbo-frame": "newer"}).text
    assert frame.count("data-message=") == PAGE
    assert "Older messages" not in frame


@pytest.mark.parametrize("name", ["message", "edit"])
@pytest.mark.parametrize("pk", ["", "x", str(uuid.UUID(int=7))])
def test_finds_no_message_that_is_not_there(at_owner, conversation, name, pk):
    assert at_owner.get(f"/c/{conversation.pk}/?{name}={pk}").status_code == 404


def test_puts_a_question_into_the_composer_without_javascript(at_owner, conversation):
    question = conversation.transcript()[0]
    page = at_owner.get(f"/c/{conversation.pk}/?edit={question.pk}").text
    assert "What is a parley?</textarea>" in page
    assert f'name="editing" value="{question.pk}"' in page


def test_takes_as_many_queries_for_many_messages_as_for_few(at_owner, conversation, django_assert_max_num_queries):
    for number in range(10):
        conversation.ask(f"question {number}")
        conversation.messages.filter(status="pending").update(status="done", content="answer")
    at_owner.get(conversation.get_absolute_url())
    with django_assert_max_num_queries(16):
        at_owner.get(conversation.get_absolute_url())

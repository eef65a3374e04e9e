import pytest

from parley.generation import catalogue
from parley.models import Message
from tests.support.connections import connected
from tests.views.branches import say, shown, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def reply(conversation):
    return conversation.leaf()


@pytest.fixture
def url(conversation, reply):
    return url_of(conversation, reply, "regenerate/")


def pending():
    return Message.objects.filter(status="pending")


def test_answers_again_and_keeps_the_first_answer(at_owner, url, conversation, reply):
    response = at_owner.post(url)
    assert (response.status_code, response.url) == (303, conversation.get_absolute_url())
    again = pending().get()
    assert (again.parent, again.asked_model) == (reply.parent, "")
    assert "2 / 2" in at_owner.get(conversation.get_absolute_url()).text


def test_answers_once_when_it_is_clicked_twice(at_owner, url, conversation):
    assert at_owner.post(url).url == at_owner.post(url).url == conversation.get_absolute_url()
    assert pending().count() == 1


def test_asks_another_model(at_owner, url):
    at_owner.post(url, {"model": "gpt-y"})
    assert pending().get().asked_model == "gpt-y"


def test_offers_another_model_and_no_pictures_where_those_were_refused_and_asks_so(at_owner, url, conversation, reply):
    Message.objects.filter(pk=reply.pk).update(status="failed", error="no_pictures", content="", asked_model="gpt-y")
    page = at_owner.get(conversation.get_absolute_url()).text
    assert f'<a class="button quiet" href="{url_of(conversation, reply)}"' in page
    assert f'action="{url}"' in page
    assert 'name="pictures" value="no"' in page
    at_owner.post(url, {"model": "gpt-y", "pictures": "no"})
    again = pending().get()
    assert (again.asked_model, again.without_pictures) == ("gpt-y", True)


@pytest.mark.parametrize(("patterns", "takes"), [([], None), (["*"], False)])
def test_knows_on_a_page_whether_the_model_takes_pictures(
    at_owner, conversation, settings, monkeypatch, patterns, takes
):
    monkeypatch.setattr(catalogue, "_kept", lambda providers: [None] * len(providers))
    settings.PARLEY = {**settings.PARLEY, "NO_PICTURES": patterns, "MODEL": "gpt-x"}
    assert at_owner.get(conversation.get_absolute_url()).context["takes_pictures"]() is takes
    assert ('<option value="" selected data-pictures="no">' in at_owner.get("/").text) == (takes is False)


def test_refuses_a_model_that_may_not_be_asked(at_owner, url, settings):
    settings.PARLEY = {**settings.PARLEY, "MODELS": ["allowed-*"]}
    response = at_owner.post(url, {"model": "forbidden"})
    assert response.status_code == 422
    assert "There is no model “forbidden” to choose." in response.text
    assert f'action="{url}"' in response.text
    assert not pending().exists()


def test_answers_a_question_again_whose_answer_is_gone(at_owner, conversation, reply):
    question = reply.parent
    conversation.delete_message(reply)
    at_owner.post(url_of(conversation, question, "regenerate/"))
    assert pending().get().parent == question


def test_has_nothing_to_answer_where_the_question_is_gone(at_owner, url, conversation, reply):
    conversation.delete_message(reply.parent)
    assert at_owner.post(url).status_code == 303
    assert not pending().exists()


def test_answers_again_in_a_fork_what_was_said_before_it(at_owner, conversation, reply):
    fork = conversation.fork(reply)
    at_owner.post(url_of(fork, fork.leaf(), "regenerate/"))
    assert pending().get().conversation == fork
    assert shown(conversation)[-1] == "A talk between *enemies*."


def test_finds_nothing_of_another_conversation(at_owner, conversation, owner):
    other = type(conversation).objects.create(owner=owner, title="Another")
    _, elsewhere = say(other, "question", "answer")
    assert at_owner.post(url_of(conversation, elsewhere, "regenerate/")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_rings_for_a_worker(at_owner, url, empty_valkey):
    at_owner.post(url)
    with empty_valkey.client() as client:
        assert client.llen("celery") == 1


def test_asks_another_connection_and_none_that_this_person_may_not(at_owner, url, stranger):
    connected("Gateway", "gpt-5")
    theirs = connected("Theirs", owner=stranger)
    for choice in ("gateway::other", "gone::gpt-5", theirs.choice("gpt-5")):
        assert at_owner.post(url, {"model": choice}).status_code == 422
    at_owner.post(url, {"model": "gateway::gpt-5"})
    assert pending().get().asked_model == "gateway::gpt-5"

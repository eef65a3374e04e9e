import pytest
from django.urls import reverse

from parley.models import Conversation
from tests.views.conftest import forbids_keeping

pytestmark = pytest.mark.django_db


def url_of(conversation):
    return reverse("parley:conversation_settings", args=[conversation.pk])


def test_shows_what_is_set(at_owner, conversation):
    conversation.set_generation_settings(instructions="Be <brief>.", parameters={"temperature": 0.5})
    page = at_owner.get(url_of(conversation))
    assert page.status_code == 200
    assert forbids_keeping(page)
    assert "Be &lt;brief&gt;." in page.text
    assert 'value="0.5"' in page.text


def test_keeps_what_is_set_and_goes_back(at_owner, conversation):
    data = {"model": "", "instructions": "Be brief.", "temperature": "0", "top_p": "", "reasoning_effort": "low"}
    response = at_owner.post(url_of(conversation), data)
    assert (response.status_code, response.url) == (303, conversation.get_absolute_url())
    conversation.refresh_from_db()
    assert conversation.instructions == "Be brief."
    assert conversation.parameters == {"temperature": 0, "reasoning_effort": "low"}


def test_unsets_what_is_emptied(at_owner, conversation):
    conversation.set_generation_settings(instructions="Be brief.", parameters={"temperature": 0.5})
    at_owner.post(url_of(conversation), {"instructions": "", "temperature": ""})
    conversation.refresh_from_db()
    assert (conversation.instructions, conversation.parameters) == ("", {})


@pytest.mark.parametrize("data", [{"temperature": "3"}, {"model": "nobody-has-this"}, {"instructions": "x" * 32_001}])
def test_refuses_what_cannot_be_and_keeps_what_was_typed(at_owner, conversation, data):
    response = at_owner.post(url_of(conversation), {"instructions": "typed <before>", **data})
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert "instructions" in data or "typed &lt;before&gt;" in response.text
    conversation.refresh_from_db()
    assert (conversation.instructions, conversation.model) == ("", "")


def test_keeps_the_name_of_a_model_that_is_gone(at_owner, conversation):
    conversation.set_generation_settings(model="gone-<1>")
    assert "gone-&lt;1&gt; (not offered now)" in at_owner.get(url_of(conversation)).text
    at_owner.post(url_of(conversation), {"model": "gone-<1>", "instructions": "Be brief."})
    conversation.refresh_from_db()
    assert (conversation.model, conversation.instructions) == ("gone-<1>", "Be brief.")


def test_says_that_the_provider_has_listed_nothing(at_owner, conversation):
    assert "has not listed its models" in at_owner.get(url_of(conversation)).text


def test_offers_a_field_for_names_only_where_the_administrator_allows_it(at_owner, conversation, settings):
    assert 'name="unlisted"' not in at_owner.get(url_of(conversation)).text
    settings.PARLEY = {**settings.PARLEY, "MODELS_UNLISTED": True}
    assert 'name="unlisted"' in at_owner.get(url_of(conversation)).text
    at_owner.post(url_of(conversation), {"unlisted": "by-name"})
    conversation.refresh_from_db()
    assert conversation.model == "by-name"


def test_shows_what_the_title_cost(at_owner, conversation):
    assert "asked for a title" not in at_owner.get(url_of(conversation)).text
    conversation.take_title("A title", {"model": "titler", "prompt_tokens": 123, "completion_tokens": 7})
    page = at_owner.get(url_of(conversation)).text
    assert "titler was asked for a title: 123 tokens read, 7 tokens written." in page


def test_is_linked_from_the_conversation(at_owner, conversation):
    assert f'href="{url_of(conversation)}"' in at_owner.get(conversation.get_absolute_url()).text


def test_changes_no_place_in_the_list(at_owner, conversation):
    before = Conversation.objects.get().updated_at
    at_owner.post(url_of(conversation), {"temperature": "1"})
    assert Conversation.objects.get().updated_at == before


def test_tells_the_feed(at_owner, conversation):
    at_owner.post(url_of(conversation), {"temperature": "1"})
    assert Conversation.objects.get().version > conversation.version

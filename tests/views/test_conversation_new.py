import pytest
from django.urls import reverse

from parley.conf import Conf
from parley.models import Conversation, Folder
from tests.support.connections import connected
from tests.views.conftest import forbids_keeping
from tests.views.connections import allow, connection

URL = "/"

pytestmark = pytest.mark.django_db


def test_is_at_the_root():
    assert reverse("parley:conversation_new") == URL


def test_shows_an_empty_composer(at_owner):
    page = at_owner.get(URL)
    assert page.status_code == 200
    assert "data-composer" in page.text
    assert 'name="text"' in page.text


def test_may_not_be_kept_by_a_cache(at_owner):
    assert forbids_keeping(at_owner.get(URL))


def test_lists_own_conversations_only_newest_first(at_owner, owner, stranger):
    for title in ("older", "newer"):
        Conversation.start(owner, f"the {title} one")
    Conversation.start(stranger, "the secret one")
    page = at_owner.get(URL).text
    assert page.index("the newer one") < page.index("the older one")
    assert "secret" not in page


def test_takes_as_many_queries_for_many_conversations_as_for_one(at_owner, owner, django_assert_max_num_queries):
    for number in range(30):
        Conversation.start(owner, f"question {number}")
    with django_assert_max_num_queries(11):
        at_owner.get(URL)


def test_allows_no_foreign_or_inline_code(at_owner):
    policy = at_owner.get(URL).headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy or "default-src 'self'" in policy


def test_leads_administrators_to_a_better_model_while_the_local_one_answers(admin_client, at_owner, settings):
    words = "Connect a better model"
    assert words not in admin_client.get(URL).text
    allow(settings, LOCAL_MODEL=True)
    assert words in admin_client.get(URL).text
    assert "small model" in at_owner.get(URL).text
    assert words not in at_owner.get(URL).text
    connection(default_model="gpt-5")
    assert "small model" not in admin_client.get(URL).text


def test_says_how_to_connect_a_model_while_there_is_none(admin_client, at_owner, settings):
    words, nothing = "No model is connected yet", {"API_KEY": "", "BASE_URL": Conf.BASE_URL, "LOCAL_MODEL": False}
    for elsewhere in ({"API_KEY": "sk-1"}, {"BASE_URL": "http://box:11434/v1"}, {"LOCAL_MODEL": True}):
        allow(settings, **{**nothing, **elsewhere})
        assert words not in admin_client.get(URL).text
    allow(settings, **nothing)
    page = admin_client.get(URL).text
    assert words in page
    assert "Connect a model" in page
    assert "An administrator of this site can connect one" in at_owner.get(URL).text
    connection(default_model="gpt-5")
    assert words not in admin_client.get(URL).text


def test_begins_with_the_model_that_the_address_names_if_it_is_offered(at_owner, owner, empty_valkey):
    connected("Gateway", "gpt-5")
    folder = Folder.objects.create(owner=owner, name="Work", model="fake-1")
    for address in ("/?model=gateway::gpt-5", f"/?model=gateway::gpt-5&folder={folder.pk}"):
        assert '<option value="gateway::gpt-5" selected>gpt-5</option>' in at_owner.get(address).text
    page = at_owner.get("/?model=gone::<gpt-5>").text
    assert '<option value="" selected>' in page
    assert "gone::" not in page

import pytest

from parley.models import Connection, Conversation
from parley.models.connection import default_choice
from tests.views.connections import allow, connection, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keys(settings):
    allow(settings)


def url_of(row):
    return f"/connections/{row.pk}/default/"


def test_is_asked_by_who_has_chosen_no_model(admin_client, owner):
    old, new = connection(default_model="gpt-4"), connection(name="Basement", key="")
    response = admin_client.post(url_of(new), {"model": "llama3:8b"})
    assert (response.status_code, response.url) == (303, "/")
    assert [row.default_model for row in (Connection.objects.get(pk=each.pk) for each in (old, new))] == [
        "",
        "llama3:8b",
    ]
    assert Conversation(owner=owner).effective_model == "basement::llama3:8b"
    assert admin_client.post(url_of(new)).url == "/connections/"
    assert default_choice() == "fake-1"


@pytest.mark.parametrize("values", [{"offered": ["gpt-*"]}, {"enabled": False}])
def test_is_none_that_may_not_be_asked(admin_client, values, empty_valkey):
    row = connection(**values)
    response = admin_client.post(url_of(row), {"model": "llama3<b>"})
    assert response.status_code == 422
    assert "There is no model “llama3<b>” to choose." in shown(response)
    assert "<b>" not in response.text
    assert default_choice() == "fake-1"


def test_is_never_a_persons_own(admin_client, admin_user, settings):
    allow(settings, PERSONAL_CONNECTIONS=True)
    assert admin_client.post(url_of(connection(owner=admin_user)), {"model": "gpt-5"}).status_code == 404

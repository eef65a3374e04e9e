import pytest

from parley.models import Connection
from tests.views.connections import allow, connection, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keys(settings):
    allow(settings)


def test_deletes_it_with_its_key(admin_client):
    row = connection()
    response = admin_client.post(f"/connections/{row.pk}/delete/")
    assert (response.status_code, response.url) == (303, "/connections/")
    assert not Connection.objects.exists()
    assert admin_client.post(f"/connections/{row.pk}/delete/").status_code == 404


def test_keeps_what_answers_who_has_chosen_nothing(admin_client):
    row = connection(default_model="gpt-5")
    response = admin_client.post(f"/connections/{row.pk}/delete/")
    assert response.status_code == 422
    assert "Choose another default first." in shown(response)
    assert Connection.objects.exists()


def test_deletes_nobody_elses(admin_client, owner, settings):
    allow(settings, PERSONAL_CONNECTIONS=True)
    row = connection(owner=owner)
    assert admin_client.post(f"/connections/{row.pk}/delete/").status_code == 404
    assert Connection.objects.exists()

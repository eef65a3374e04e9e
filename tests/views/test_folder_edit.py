import pytest

from parley.models import Folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(owner):
    return Folder.objects.create(owner=owner, name="Seafaring", instructions="Answer as a sailor.")


@pytest.fixture
def url(folder):
    return f"/folders/{folder.pk}/"


def test_offers_what_there_is(at_owner, url):
    page = at_owner.get(url)
    assert page.status_code == 200
    assert 'value="Seafaring"' in page.text
    assert "Answer as a sailor." in page.text


def test_changes_name_and_instructions(at_owner, url, folder):
    response = at_owner.post(url, {"name": "Pirates", "instructions": "Answer as a pirate."})
    assert response.status_code == 303
    assert name_of(folder) == "Pirates"
    assert folder.instructions == "Answer as a pirate."


def test_refuses_a_folder_without_a_name(at_owner, url, folder):
    response = at_owner.post(url, {"name": " ", "instructions": "Answer as a pirate."})
    assert response.status_code == 422
    assert "Give the folder a name" in response.text
    assert "Answer as a pirate." in response.text
    assert name_of(folder) == "Seafaring"


def name_of(folder):
    folder.refresh_from_db()
    return folder.name

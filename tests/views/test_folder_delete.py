import pytest

from parley.models import Folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(owner, conversation):
    folder = Folder.objects.create(owner=owner, name="Seafaring")
    conversation.move(folder)
    return folder


@pytest.fixture
def url(folder):
    return f"/folders/{folder.pk}/delete/"


def test_leaves_its_conversations_in_no_folder(at_owner, url, conversation):
    response = at_owner.post(url)
    assert response.status_code == 303
    assert not Folder.objects.exists()
    conversation.refresh_from_db()
    assert conversation.section == "conversations"
    assert at_owner.get(conversation.get_absolute_url()).status_code == 200

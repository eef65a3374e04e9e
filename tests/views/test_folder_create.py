import pytest

from parley.models import Folder

URL = "/folders/new/"

pytestmark = pytest.mark.django_db


def test_gives_at_stranger_and_at_owner_folders_of_their_own(at_stranger, at_owner, owner):
    at_stranger.post(URL, {"name": "Theirs"})
    at_owner.post(URL, {"name": "Seafaring"})
    assert [folder.name for folder in Folder.objects.visible_to(owner)] == ["Seafaring"]


def test_asks_for_a_name_and_what_its_conversations_share(at_owner):
    page = at_owner.get(URL)
    assert page.status_code == 200
    for name in ("name", "instructions", "model"):
        assert f'name="{name}"' in page.text


def test_shows_a_new_conversation_in_it(at_owner, owner):
    response = at_owner.post(URL, {"name": "  Sea\n faring ", "instructions": "Answer as a sailor."})
    folder = owner.folders.get()
    assert (folder.name, folder.instructions) == ("Sea faring", "Answer as a sailor.")
    assert response.status_code == 303
    page = at_owner.get(response.url).text
    assert f'name="folder" value="{folder.pk}"' in page


def test_shows_it_in_the_sidebar(at_owner, owner):
    at_owner.post(URL, {"name": "Sea <faring>"})
    assert "Sea &lt;faring&gt;" in at_owner.get("/").text


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_keeps_what_was_typed_when_it_refuses(at_owner, name):
    response = at_owner.post(URL, {"name": name, "instructions": "Answer as a sailor."})
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert "Answer as a sailor." in response.text
    assert not Folder.objects.exists()


def test_says_when_there_are_too_many(at_owner, owner, monkeypatch):
    monkeypatch.setattr(Folder, "LIMIT", 1)
    at_owner.post(URL, {"name": "first"})
    response = at_owner.post(URL, {"name": "second"})
    assert response.status_code == 422
    assert "no more are possible" in response.text

import pytest

from tests.views.conftest import forbids_keeping

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    return f"/messages/{conversation.leaf().pk}/source/"


def test_gives_the_owner_the_text_as_it_was_written(at_owner, url):
    response = at_owner.get(url)
    assert response.status_code == 200
    assert response.text == "A talk between *enemies*."
    assert forbids_keeping(response)


def test_is_never_taken_for_a_page(at_owner, owner, conversation):
    conversation.messages.update(content="<script>alert(1)</script>")
    response = at_owner.get(f"/messages/{conversation.leaf().pk}/source/")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert response.headers["X-Content-Type-Options"] == "nosniff"

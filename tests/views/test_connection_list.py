import pytest
from cryptography.fernet import Fernet

from tests.views.connections import allow, connection, shown

URL = "/connections/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keys(settings):
    allow(settings)


def test_begins_with_the_provider_of_the_settings_and_what_to_connect(admin_client):
    page = shown(admin_client.get(URL))
    assert page.index("From this server") < page.index("127.0.0.1:9") < page.index("?template=ollama")
    assert "fake-1" in page


def test_calls_the_local_model_by_its_name(admin_client, settings):
    allow(settings, LOCAL_MODEL=True)
    assert "SmolLM2, on this computer" in shown(admin_client.get(URL))


def test_shows_where_each_leads_and_the_end_of_its_key(admin_client):
    connection(default_model="gpt-5")
    connection(name="Basement", base_url="http://box:11434/v1", key="", enabled=False)
    page = shown(admin_client.get(URL))
    for words in ("gateway.example", "key …9f3c", "gpt-5", "Make it the default", "box:11434", "Off"):
        assert words in page
    assert "?template=" not in page


def test_says_where_a_key_cannot_be_read_and_shows_the_others(admin_client, settings):
    connection()
    connection(name="Basement", key="")
    allow(settings, ENCRYPTION_KEYS=[Fernet.generate_key().decode()])
    page = shown(admin_client.get(URL))
    assert page.count("Key lost") == 1
    assert "Type the key again, or put the old encryption key back." in page
    assert "Basement" in page


def test_shows_people_their_own_only_and_only_where_these_are_allowed(at_owner, owner, stranger, settings):
    connection(name="of the site")
    connection(name="of the stranger", owner=stranger)
    connection(name="of the owner", owner=owner)
    assert at_owner.get(URL).status_code == 404
    allow(settings, PERSONAL_CONNECTIONS=True)
    page = shown(at_owner.get(URL))
    assert "of the owner" in page
    assert "of the s" not in page
    assert "?template=" not in page
    assert "/connections/new/?mine" in page

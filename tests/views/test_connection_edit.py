import json

import pytest
from cryptography.fernet import Fernet

from parley.encrypted import KeyLost
from tests.views.connections import HEADER, KEY, allow, connection, fields_of, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_valkey")]
MOVED = {"base_url": "https://elsewhere.example/v1"}
NEW = "sk-another-key-that-is-long"


@pytest.fixture(autouse=True)
def _keys(settings):
    allow(settings)


@pytest.fixture
def row():
    return connection(headers={"X-Team": HEADER})


def url_of(row):
    return f"/connections/{row.pk}/"


def test_shows_the_end_of_the_key_and_no_value_of_a_header(admin_client, row):
    page = shown(admin_client.get(url_of(row)))
    assert 'placeholder="••••9f3c"' in page
    assert "X-Team: ••••" in page
    assert 'type="password"' in page


def test_keeps_the_key_and_the_headers_that_nobody_typed_again(admin_client, row):
    sent = fields_of(row, name="Other name", base_url="https://gateway.example/v2", headers="x-team: ••••\nX-New: 1")
    assert admin_client.post(url_of(row), sent).url == f"{url_of(row)}test/"
    row = type(row).objects.get()
    assert (row.name, row.key, row.headers) == ("Other name", KEY, {"x-team": HEADER, "X-New": "1"})


@pytest.mark.parametrize("typed", [{"key": NEW}, {"key": NEW, "forget": "on"}, {"forget": "on"}])
def test_takes_another_key_or_none(admin_client, row, typed):
    admin_client.post(url_of(row), fields_of(row, **typed))
    row = type(row).objects.get()
    assert (row.key, row.headers) == (typed.get("key", ""), {"X-Team": HEADER})


@pytest.mark.parametrize(
    "moved",
    [
        "https://elsewhere.example/v1",
        "http://gateway.example/v1",
        "https://gateway.example:8443/v1",
        "https://gateway.example.evil.example/v1",
    ],
)
def test_sends_what_is_secret_only_where_it_was_typed_for(admin_client, row, moved):
    response = admin_client.post(url_of(row), fields_of(row, base_url=moved))
    assert response.status_code == 422
    page = shown(response)
    assert "The address has changed. Type the key again" in page
    assert "The address has changed. Type these values again" in page
    admin_client.post(url_of(row), fields_of(row, base_url=moved, key=NEW))
    assert type(row).objects.get().base_url == "https://gateway.example/v1"


@pytest.mark.parametrize(("typed", "kept"), [({"key": NEW}, NEW), ({"forget": "on"}, "")])
def test_goes_to_another_address_with_another_key_or_with_none(admin_client, row, typed, kept):
    admin_client.post(url_of(row), fields_of(row, **MOVED, **typed, headers=""))
    row = type(row).objects.get()
    assert (row.base_url, row.key, row.headers) == (MOVED["base_url"], kept, {})


def test_takes_an_address_written_in_another_way_for_the_same(admin_client, row):
    admin_client.post(url_of(row), fields_of(row, base_url="HTTPS://Gateway.example:443/v1"))
    assert type(row).objects.get().key == KEY


def test_changes_all_but_a_key_that_cannot_be_read(admin_client, row, settings):
    sent, token = fields_of(row, name="Other name", headers=""), row.secret
    allow(settings, ENCRYPTION_KEYS=[Fernet.generate_key().decode()])
    page = shown(admin_client.get(url_of(row)))
    assert "The key cannot be read" in page
    assert "The one that is kept cannot be read any more. Type it again." in page
    assert "One is kept" not in page
    assert admin_client.post(url_of(row), {**sent, **MOVED}).status_code == 422
    assert admin_client.post(url_of(row), sent).status_code == 303
    row = type(row).objects.get()
    assert (row.name, row.secret) == ("Other name", token)
    with pytest.raises(KeyLost):
        _ = row.key
    admin_client.post(url_of(row), {**sent, "key": NEW})
    assert type(row).objects.get().key == NEW


def test_shows_no_secret_of_the_extra_json_and_keeps_it(admin_client):
    body = {"provider": {"api_key": KEY, "order": ["a-known-provider"]}, "tokens": [HEADER, "short"], "max_tokens": 7}
    row = connection(extra_body=body)
    page = shown(admin_client.get(url_of(row)))
    assert '"api_key": "••••"' in page
    assert "a-known-provider" in page
    masked = {"provider": {**body["provider"], "api_key": "••••"}, "tokens": ["••••", "short"], "max_tokens": 8}
    moved = admin_client.post(url_of(row), fields_of(row, **MOVED, key=NEW, extra_body=json.dumps(masked)))
    assert "Type these values again" in shown(moved)
    admin_client.post(url_of(row), fields_of(row, extra_body=json.dumps(masked)))
    assert type(row).objects.get().extra_body == {**body, "max_tokens": 8}
    for typed in ('{"other": "••••"}', f'{{"model": "x", "tokens": ["{HEADER}"]}}', f'{{"password": "{KEY}", "b": }}'):
        refused = admin_client.post(url_of(row), fields_of(row, extra_body=typed))
        assert refused.status_code == 422
        shown(refused)


def test_switches_off_what_is_not_the_default(admin_client, row):
    sent = fields_of(row)
    del sent["enabled"]
    row.make_default("gpt-5")
    page = shown(admin_client.post(url_of(row), sent))
    assert "Choose another default first." in page
    row.make_default("")
    assert admin_client.post(url_of(row), sent).url == "/connections/"
    assert not type(row).objects.get().enabled


def test_reaches_nobody_elses(admin_client, at_owner, at_stranger, owner, settings):
    allow(settings, PERSONAL_CONNECTIONS=True)
    own = connection(owner=owner)
    for client in (admin_client, at_stranger):
        assert client.get(url_of(own)).status_code == 404
    assert at_owner.get(url_of(own)).status_code == 200
    assert "Only for these groups" not in at_owner.get(url_of(own)).text

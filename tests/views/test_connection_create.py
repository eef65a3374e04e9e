from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.db import connection as database

from parley.conf import conf
from parley.generation import probing
from parley.models import Connection
from parley.vendors import VENDORS
from tests.views.connections import FORM, HEADER, KEY, allow, connection, shown

URL = "/connections/new/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_valkey")]


@pytest.fixture(autouse=True)
def _keys(settings):
    allow(settings)


def test_offers_what_to_start_from(admin_client):
    page = shown(admin_client.get(URL))
    for vendor in VENDORS:
        assert f"?template={vendor.slug}" in page


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.slug)
def test_fills_in_what_is_known_of_a_vendor(admin_client, vendor):
    page = shown(admin_client.get(URL, {"template": vendor.slug}))
    assert f'value="{vendor.base_url}"' in page or not vendor.base_url
    assert vendor.keys in page
    assert not vendor.window or f'value="{vendor.window}"' in page


def test_names_the_setting_by_which_ollama_reads_more(admin_client):
    assert "OLLAMA_CONTEXT_LENGTH" in shown(admin_client.get(URL, {"template": "ollama"}))


def test_keeps_what_was_typed_and_tests_it(admin_client, django_capture_on_commit_callbacks):
    group = Group.objects.create(name="Sailors")
    typed = {
        "key": f" {KEY}\n",
        "headers": f"X-Team: {HEADER}",
        "extra_body": '{"provider": {"sort": "price"}}',
        "offered": "gpt-*\n o3 ",
        "hidden": "*Audio*",
        "window": "128000",
        "title_model": "gpt-nano",
        "groups": [group.pk],
    }
    with django_capture_on_commit_callbacks(execute=True):
        response = admin_client.post(URL, {**FORM, **typed})
    row = Connection.objects.get()
    assert (response.status_code, response.url) == (303, f"/connections/{row.pk}/test/")
    assert (row.key, row.headers, row.key_hint) == (KEY, {"X-Team": HEADER}, "9f3c")
    assert (row.offered, row.hidden, row.window) == (["gpt-*", "o3"], ["*audio*"], 128000)
    assert (row.extra_body, row.title_model) == ({"provider": {"sort": "price"}}, "gpt-nano")
    assert (row.owner, row.slug, list(row.groups.all())) == (None, "gateway", [group])
    assert not any(secret in str(vars(row)["secret"]) for secret in (KEY, HEADER))
    assert probing.result(row).status == "waiting"


@pytest.mark.parametrize(("offered", "asked"), [("", "gpt-6.1-terra"), ("gpt-4*", "")])
def test_first_asks_a_model_that_is_likely_to_chat(admin_client, offered, asked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(f"{URL}?template=openai", {**FORM, "offered": offered})
    assert probing.result(Connection.objects.get()).model == asked


DEEP = '{"a":' * 11 + "1" + "}" * 11
BAD = [
    ({"name": ""}, "Give the connection a name."),
    ({"name": "basement"}, "There is already a connection of this name."),
    ({"base_url": ""}, "This is no address of an API."),
    ({"base_url": "ftp://host/v1"}, "This is no address of an API."),
    ({"base_url": "https://<resource>.openai.azure.com/openai/v1"}, "This is no address of an API."),
    ({"base_url": "https://host/v1#models"}, "This is no address of an API."),
    ({"base_url": "https://host:99999/v1"}, "This is no address of an API."),
    ({"base_url": f"https://me:{HEADER}@host/v1"}, "Put the password into the key"),
    ({"base_url": "https://host/v1?api-key=a-key-of-the-gateway"}, "Take the key out of the address"),
    ({"base_url": "http://169.254.169.254/v1"}, "the machine's own metadata"),
    ({"base_url": "http://[fd00:ec2::254]/v1"}, "the machine's own metadata"),
    ({"key": f"{KEY}\nsecond"}, "This is no key"),
    ({"key": f"{KEY}ä"}, "This is no key"),
    ({"key": KEY + "x" * 4000}, "This is no key"),
    ({"headers": f"X-One: 1\n{HEADER}"}, "Line 2 is no header."),
    ({"headers": f"X One: {HEADER}"}, "Line 1 is no header."),
    ({"headers": "X-One: ••••"}, "Line 1 is no header."),
    ({"headers": f"Host: {HEADER}"}, "“Host” is set by Parley itself."),
    ({"headers": f"Authorization: {HEADER}"}, "“Authorization” is set by Parley itself, from the key."),
    ({"headers": "\n".join(f"X-{number}: 1" for number in range(21))}, "At most 20 lines"),
    ({"extra_body": "[1]"}, "This is no JSON object."),
    ({"extra_body": '{"a": NaN}'}, "This is no JSON object: see line 1, column 7."),
    ({"extra_body": DEEP}, "This JSON is too deep"),
    ({"extra_body": "[" * 1000 + "]" * 1000}, "This JSON is too deep"),
    ({"extra_body": '{"a": "\\u0000"}'}, "This JSON is too deep, or holds characters"),
    ({"extra_body": '{"a": "%s"}' % ("x" * 8000)}, "longer than 8000 bytes"),
    ({"extra_body": '{"messages": []}'}, "“messages” is set by Parley itself."),
    ({"window": "999"}, "Tokens, from 1,000 to 100,000,000."),
    ({"window": "many"}, "Tokens, from 1,000 to 100,000,000."),
    ({"hidden": "*"}, "Every model would be hidden."),
    ({"offered": "\n".join(map(str, range(101)))}, "At most 100 lines"),
    ({"position": "-1"}, "greater than or equal to 0"),
]


@pytest.mark.parametrize(("typed", "sentence"), BAD, ids=lambda value: value[:30] if isinstance(value, str) else "")
def test_says_what_is_wrong_and_keeps_all_but_the_key(admin_client, typed, sentence):
    connection(name="Basement", key="")
    response = admin_client.post(URL, {**FORM, "key": KEY, "title_model": "typed-before", **typed})
    assert response.status_code == 422
    page = shown(response)
    assert sentence in page
    assert 'value="typed-before"' in page
    assert "key" in typed or "Type the key again" in page
    assert Connection.objects.count() == 1


def test_says_that_this_site_cannot_keep_keys(admin_client, settings):
    allow(settings, ENCRYPTION_KEYS=[])
    page = shown(admin_client.post(URL, {**FORM, "key": KEY}))
    assert f"set {conf.SETTINGS_CALLED.format('ENCRYPTION_KEYS')}" in page
    assert admin_client.post(URL, FORM).status_code == 303


@pytest.mark.parametrize(("most", "mine"), [(20, ""), (5, "?mine")])
def test_says_when_there_are_as_many_as_may_be(admin_client, admin_user, settings, most, mine):
    allow(settings, PERSONAL_CONNECTIONS=True)
    for number in range(most):
        connection(name=f"number {number}", key="", owner=admin_user if mine else None)
    page = shown(admin_client.post(URL + mine, {**FORM, "key": KEY}))
    assert f"There are {most} connections, and no more are possible." in page
    assert Connection.objects.count() == most


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("most", "mine"), [(20, ""), (5, "?mine")])
def test_keeps_to_that_when_twenty_are_made_at_once(admin_user, browser_of, settings, most, mine):
    allow(settings, PERSONAL_CONNECTIONS=True)
    for number in range(most - 1):
        connection(name=f"number {number}", key="", owner=admin_user if mine else None)
    browsers = [browser_of(admin_user) for _ in range(20)]

    def create(number):
        try:
            form = {**FORM, "name": f"new {number}", "key": KEY}
            return browsers[number].post(URL + mine, form).status_code
        finally:
            database.close()

    with ThreadPoolExecutor(20) as threads:
        assert sorted(threads.map(create, range(20))) == [303] + [422] * 19
    assert Connection.objects.count() == most


def test_lets_nobody_have_one_of_their_own_where_that_is_not_allowed(admin_client, at_owner):
    for client in (admin_client, at_owner):
        assert client.post(f"{URL}?mine", {**FORM, "key": KEY}).status_code == 404
    assert not Connection.objects.exists()


def test_lets_people_have_their_own_where_that_is_allowed(at_owner, owner, settings):
    allow(settings, PERSONAL_CONNECTIONS=True)
    assert at_owner.post(URL, {**FORM, "key": KEY}).status_code == 404
    assert at_owner.get(f"{URL}?template=openai&mine").status_code == 200
    assert at_owner.post(f"{URL}?template=openai&mine", {**FORM, "key": KEY}).status_code == 303
    row = Connection.objects.get()
    assert (row.owner, row.slug.startswith("p-"), row.provider.public_only) == (owner, True, True)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"base_url": "http://gateway.example/v1"}, "Use https"),
        ({"base_url": "https://gateway.example:25/v1"}, "Ports below 1024"),
        ({"base_url": "https://127.0.0.1/v1"}, "not reachable from the internet"),
        ({"base_url": "https://[::ffff:10.0.0.1]/v1"}, "not reachable from the internet"),
        ({"base_url": "https://localhost/v1"}, "not reachable from the internet"),
        ({"key": ""}, "Type your own key"),
    ],
)
def test_lets_nobody_lead_their_own_into_the_inside(at_owner, settings, typed, sentence):
    allow(settings, PERSONAL_CONNECTIONS=True)
    response = at_owner.post(f"{URL}?mine", {**FORM, "key": KEY, **typed})
    assert response.status_code == 422
    assert sentence in shown(response)
    assert not Connection.objects.exists()


def test_shows_no_vendor_unescaped(admin_client):
    page = admin_client.get(URL, {"template": "azure"}).text
    assert "<resource>" not in page
    assert "<resource>" in unescape(page)

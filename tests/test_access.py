"""No URL without a test of who may open it."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import get_resolver, reverse

from parley.urls import urlpatterns
from tests.views.conftest import forbids_keeping

VIEWS = Path(__file__).parent / "views"
STANDALONE_OPEN_TO_ALL = {"login", "setup", "set_language"}
PERSONAL = {"password_change", "password_change_done"}
KEPT_BY_CACHES = {"manifest"}
SAMPLES = {"UUIDConverter": uuid4(), "SlugConverter": "json", "StringConverter": "a-token"}


def names(namespace):
    resolver = get_resolver()
    if namespace:
        resolver = resolver.namespace_dict[namespace][1]
    return sorted(name for name in resolver.reverse_dict if isinstance(name, str))


@pytest.mark.parametrize("name", names("parley"))
def test_every_endpoint_has_its_test_file(name):
    file = VIEWS / f"test_{name}.py"
    assert file.exists(), f"{name} has no tests at {file}"
    source = file.read_text()
    for somebody in ("anonymous", "at_stranger", "at_owner"):
        assert somebody in source or (somebody == "at_stranger" and name in {"conversation_new", "conversation_create"})


def test_every_page_of_the_accounts_is_known_here():
    assert set(names("")) - {"logout"} == STANDALONE_OPEN_TO_ALL | PERSONAL


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/password_change/", "/accounts/password_change/done/", "/admin/"])
def test_an_anonymous_visitor_signs_in_first(client, path):
    response = client.get(path)
    assert response.status_code == 302
    assert "/login/" in response.url


def address_of(route):
    """An address that the route matches."""
    kinds = {name: type(converter).__name__ for name, converter in route.pattern.converters.items()}
    return reverse(f"parley:{route.name}", kwargs={name: SAMPLES[kind] for name, kind in kinds.items()})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "route", [route for route in urlpatterns if route.name not in KEPT_BY_CACHES], ids=lambda route: route.name
)
def test_no_cache_keeps_what_an_anonymous_visitor_is_answered(client, route):
    assert forbids_keeping(client.get(address_of(route)))


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(STANDALONE_OPEN_TO_ALL - {"set_language"} | PERSONAL))
def test_no_cache_keeps_a_page_of_the_accounts(client, admin_user, name):
    assert forbids_keeping(client.get(reverse(name)))
    client.force_login(admin_user)
    assert forbids_keeping(client.get(reverse(name)))


@pytest.mark.django_db
def test_an_ordinary_person_has_no_admin(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("person"))
    assert client.get("/admin/").status_code == 302
    assert client.get("/accounts/password_change/").status_code == 200


@pytest.mark.django_db
def test_signing_out_takes_a_post(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("person"))
    assert client.get("/accounts/logout/").status_code == 405
    assert client.get("/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/").status_code == 302


@pytest.mark.django_db
def test_the_first_account_is_made_once(client):
    account = {"username": "first", "password1": "a long enough passphrase", "password2": "a long enough passphrase"}
    assert client.get("/setup/").status_code == 200
    assert client.post("/setup/", account).status_code == 302
    client.logout()
    assert client.post("/setup/", {**account, "username": "second"}).status_code in (302, 403, 404)
    assert client.post("/accounts/login/", {"username": "second", "password": account["password1"]}).status_code == 200

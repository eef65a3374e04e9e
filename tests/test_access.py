"""No address without a row that says who may open it, and no row that is not true."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client
from django.urls import get_resolver, reverse

from parley.models.organised import VERBS
from parley.urls import urlpatterns
from parley_server import setup_code
from tests.support.access import READER, ROWS, Things
from tests.views.conftest import forbids_keeping

STANDALONE_OPEN_TO_ALL = {"login", "setup", "set_language"}
PERSONAL = {"password_change", "password_change_done"}
TESTED_TOGETHER = {f"conversation_{verb}": "conversation_organise" for verb in VERBS}
ROUTES = {route.name: route for route in urlpatterns}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
OF_SOMETHING = [name for name in ROWS if ROUTES[name].pattern.converters and not ROWS[name].public]
OF_STAFF = [name for name in ROWS if ROWS[name].staff]
BY_OTHERS = [(name, "stranger") for name in OF_SOMETHING]
BY_OTHERS += [(name, "administrator") for name in OF_SOMETHING if name not in OF_STAFF]
OF_TWO = [name for name in ROWS if "message" in ROUTES[name].pattern.converters]
OF_EVERYBODY = [name for name in ROWS if not ROUTES[name].pattern.converters and not ROWS[name].public]
NAMING = [(name, field) for name in ROWS for field in ROWS[name].names]
OF_A_MESSAGE = [(name, field) for name, field in NAMING if ROWS[name].names[field][0] in ("reply", "question")]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_valkey")]


@pytest.fixture
def owner(db):
    return Things("owner")


@pytest.fixture
def stranger(db):
    return Things("stranger")


@pytest.fixture
def anonymous():
    return Client()


def address_of(name, whose, **instead):
    """The address of a route, with the ids of somebody's things."""
    pattern = ROUTES[name].pattern
    return reverse(
        f"parley:{name}", kwargs={part: instead.get(part) or id_of(name, part, whose) for part in pattern.converters}
    )


def made_for(name, whose):
    """The address of somebody's things, and all rows, once everything is there that is asked about."""
    if ROWS[name].staff:
        whose.promote()
    ROWS[name].before(whose)
    ROWS[name].sends(whose)
    return address_of(name, whose), everything()


def id_of(name, part, whose):
    first = str(ROUTES[name].pattern).split("/")[0]
    things = {"c": "conversation", "messages": "reply", "folders": "folder", "presets": "preset"}
    things |= {"transfers": "transfer", "shares": "share", "connections": "connection", "budgets": "budget"}
    things |= {"attachments": "attachment", "s": "shown"}
    match part:
        case "pk":
            return getattr(whose, things[first]).pk
        case "message":
            return whose.reply.pk
        case "attachment":
            return whose.filed.pk
        case "token":
            return whose.share.token
        case "form":
            return "json"


def ask(client, name, address, whose, method="", **instead):
    """The answer to what the owner of these things would send there."""
    method = method or list(ROWS[name].owner)[-1]
    sent = {**ROWS[name].sends(whose), **instead}
    if method in ("GET", "POST"):
        return getattr(client, method.lower())(address, sent, headers=READER)
    return client.generic(method, address, headers=READER)


def everything():
    """All rows of Parley's tables."""
    return {model: list(model.objects.order_by("pk").values()) for model in apps.get_app_config("parley").get_models()}


def shown_by(response):
    """A page without the token of its forms, which is another each time."""
    return re.sub(r'(name="csrf[^"]*" (?:content|value)=)"\w{64}"', r"\1", response.content.decode())


def mentions(thing, rows):
    """The rows that are this thing, or name it."""
    return [(model, row) for model, all_ in rows.items() for row in all_ if thing in map(str, row.values())]


def test_every_address_has_its_row():
    assert set(ROUTES) == set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_every_address_has_its_test_file(name):
    file = TESTED_TOGETHER.get(name, name)
    assert (Path(__file__).parent / "views" / f"test_{file}.py").exists()


@pytest.mark.parametrize("name", [name for name in ROWS if "anonymous" not in ROWS[name].public])
def test_sends_an_anonymous_visitor_to_sign_in(name, anonymous, owner):
    address, before = made_for(name, owner)
    for method in ROWS[name].owner:
        response = ask(anonymous, name, address, owner, method)
        assert response.status_code == 302
        assert response.url.startswith(f"/accounts/login/?next={address}")
        assert forbids_keeping(response)
    assert everything() == before


@pytest.mark.parametrize(("name", "who"), BY_OTHERS)
def test_answers_everybody_else_as_if_it_did_not_exist(name, who, owner):
    other = Things(who, is_staff=who == "administrator", is_superuser=who == "administrator")
    address, before = made_for(name, owner)
    nowhere = address_of(name, owner, pk=uuid4())
    for method in ROWS[name].owner:
        response = ask(other.client, name, address, owner, method)
        missing = ask(other.client, name, nowhere, owner, method)
        assert (response.status_code, shown_by(response)) == (404, shown_by(missing))
    assert everything() == before


@pytest.mark.parametrize("name", OF_STAFF)
def test_answers_who_is_no_administrator_as_if_it_did_not_exist(name, owner):
    address, before = made_for(name, owner)
    ordinary = Things("ordinary")
    for method in ROWS[name].owner:
        assert ask(ordinary.client, name, address, owner, method).status_code == 404
    assert everything() == before


@pytest.mark.parametrize("name", OF_EVERYBODY)
def test_shows_a_stranger_nothing_of_others(name, owner, stranger):
    theirs = [*owner.ids, owner.secret]
    address, _ = made_for(name, stranger)
    for method, status in ROWS[name].owner.items():
        response = ask(stranger.client, name, address, stranger, method)
        assert response.status_code == status
        assert [part for part in theirs if part in b"".join(response).decode()] == []


@pytest.mark.parametrize("name", ROWS)
def test_serves_the_owner(name, owner):
    address, _ = made_for(name, owner)
    for method, status in ROWS[name].owner.items():
        assert ask(owner.client, name, address, owner, method).status_code == status


@pytest.mark.parametrize("name", [name for name in ROWS if ROWS[name].public])
def test_serves_everybody_what_is_public(name, owner, stranger, anonymous):
    for who, client in (("anonymous", anonymous), ("somebody", stranger.client)):
        if who in ROWS[name].public:
            assert ask(client, name, address_of(name, owner), owner, "GET").status_code == ROWS[name].public[who]


@pytest.mark.parametrize("name", ROWS)
def test_takes_no_other_method(name, owner):
    address, before = made_for(name, owner)
    answers = {method: ask(owner.client, name, address, owner, method) for method in METHODS - set(ROWS[name].owner)}
    assert {method for method, answer in answers.items() if answer.status_code != 405} == set()
    assert everything() == before


@pytest.mark.parametrize("name", OF_TWO)
def test_finds_no_message_of_another_conversation(name, owner, stranger):
    mixed = [
        address_of(name, owner, message=owner.elsewhere.pk),
        address_of(name, owner, message=stranger.reply.pk),
        address_of(name, owner, pk=stranger.conversation.pk),
        address_of(name, owner, message=uuid4()),
    ]
    before = everything()
    assert [ask(owner.client, name, address, owner).status_code for address in mixed] == [404] * 4
    assert everything() == before


@pytest.mark.parametrize(("name", "field"), NAMING)
def test_takes_nothing_of_somebody_else_by_its_name(name, field, owner, stranger):
    refused_with(name, field, owner, stranger)


@pytest.mark.parametrize(("name", "field"), OF_A_MESSAGE)
def test_takes_no_message_of_another_conversation_by_its_name(name, field, owner, stranger):
    refused_with(name, field, owner, Elsewhere(owner))


class Elsewhere:
    """The messages of another conversation of the same person."""

    def __init__(self, mine):
        self.reply = mine.elsewhere
        self.question = mine.other.messages.get(role="user")
        self.secret = "second"


def refused_with(name, field, mine, theirs):
    thing, status = ROWS[name].names[field]
    named = str(getattr(theirs, thing).pk)
    address, before = made_for(name, mine)
    response = ask(mine.client, name, address, mine, **{field: named})
    assert response.status_code == status
    assert theirs.secret not in response.content.decode()
    after = everything()
    assert mentions(named, after) == mentions(named, before)
    assert status < 400 or after == before


# The accounts, which are the standalone's


def names(namespace):
    resolver = get_resolver()
    if namespace:
        resolver = resolver.namespace_dict[namespace][1]
    return sorted(name for name in resolver.reverse_dict if isinstance(name, str))


def test_every_page_of_the_accounts_is_known_here():
    assert set(names("")) - {"logout"} == STANDALONE_OPEN_TO_ALL | PERSONAL


@pytest.mark.parametrize("path", ["/accounts/password_change/", "/accounts/password_change/done/", "/admin/"])
def test_an_anonymous_visitor_signs_in_first(client, path):
    response = client.get(path)
    assert response.status_code == 302
    assert "/login/" in response.url


@pytest.mark.parametrize("name", sorted(STANDALONE_OPEN_TO_ALL - {"set_language"} | PERSONAL))
def test_no_cache_keeps_a_page_of_the_accounts(client, admin_user, name):
    assert forbids_keeping(client.get(reverse(name)))
    client.force_login(admin_user)
    assert forbids_keeping(client.get(reverse(name)))


def test_an_ordinary_person_has_no_admin(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("person"))
    assert client.get("/admin/").status_code == 302
    assert client.get("/accounts/password_change/").status_code == 200


def test_signing_out_takes_a_post(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("person"))
    assert client.get("/accounts/logout/").status_code == 405
    assert client.get("/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/").status_code == 302


def test_the_first_account_is_made_once(client):
    account = dict.fromkeys(("password1", "password2"), "a long enough passphrase")
    account |= {"username": "first", "code": setup_code.code()}
    assert client.get("/setup/").status_code == 200
    assert client.post("/setup/", account).status_code == 302
    client.logout()
    assert client.post("/setup/", {**account, "username": "second"}).status_code in (302, 403, 404)
    assert client.post("/accounts/login/", {"username": "second", "password": account["password1"]}).status_code == 200

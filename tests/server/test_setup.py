"""The first account becomes the administrator, and there is only one first."""

import logging
import os
import threading

import httpx2
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from parley_server import commands, databases, setup_code, supervisor, tries
from parley_server.asgi import application

ACCOUNT = {"username": "ann", "password1": "long-Enough-77", "password2": "long-Enough-77"}


class Here(Client):
    """A browser on the machine of the site."""

    def __init__(self, **kwargs):
        super().__init__(SERVER_NAME="localhost", **kwargs)


@pytest.fixture
def client():
    return Here()


@pytest.fixture(autouse=True)
def own_machine(settings, monkeypatch, empty_valkey):
    """The site of one machine, which has just been started."""
    settings.OPEN_TO_OTHERS = False
    monkeypatch.setattr(tries, "counters", tries.Counters())
    monkeypatch.setenv(setup_code.SHOWN, "")
    monkeypatch.delenv(setup_code.SHOWN)


@pytest.mark.django_db
class TestEmptyInstall:
    def test_signing_in_leads_to_the_first_account(self, client):
        assert client.get("/accounts/login/").url == "/setup/"

    def test_the_page_has_the_three_fields(self, client):
        page = client.get("/setup/").content.decode()
        assert all(f'name="{name}"' in page for name in ACCOUNT)
        assert 'name="code"' not in page

    def test_the_first_account_is_administrator_and_signed_in(self, client):
        assert client.post("/setup/", ACCOUNT).url == "/"
        ann = get_user_model().objects.get()
        assert (ann.username, ann.is_staff, ann.is_superuser) == ("ann", True, True)
        assert client.get("/").status_code == 200

    def test_a_refused_form_makes_no_account_and_keeps_the_name(self, client):
        response = client.post("/setup/", {**ACCOUNT, "password2": "another"})
        assert response.status_code == 422
        assert 'value="ann"' in response.content.decode()
        assert not get_user_model().objects.exists()


@pytest.mark.django_db
class TestLater:
    @pytest.fixture(autouse=True)
    def someone(self):
        get_user_model().objects.create_user("bob", password="long-Enough-77")

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_there_is_no_second_first_account(self, client, method):
        assert getattr(client, method)("/setup/", ACCOUNT).url == "/accounts/login/"
        assert get_user_model().objects.count() == 1

    def test_signing_in_out_and_changing_the_password(self, client):
        assert client.post("/accounts/login/", {"username": "bob", "password": "long-Enough-77"}).url == "/"
        new = {"old_password": "long-Enough-77", "new_password1": "Longer-still-88", "new_password2": "Longer-still-88"}
        assert client.post("/accounts/password_change/", new).url == "/accounts/password_change/done/"
        assert client.get("/accounts/password_change/done/").status_code == 200
        assert client.post("/accounts/logout/").status_code == 302
        assert client.get("/").url.startswith("/accounts/login/")
        assert client.login(username="bob", password="Longer-still-88")

    def test_signing_out_by_a_link_is_refused(self, client):
        assert client.get("/accounts/logout/").status_code == 405

    @pytest.mark.parametrize("path", ["/accounts/password_change/", "/accounts/password_change/done/"])
    def test_a_password_is_changed_by_its_owner_only(self, client, path):
        assert client.get(path).url.startswith("/accounts/login/")


@pytest.mark.django_db(transaction=True)
def test_accounts_sent_at_once_make_one_administrator():
    barrier, answers = threading.Barrier(4), []

    def send(name):
        barrier.wait()
        answers.append(Here().post("/setup/", {**ACCOUNT, "username": name}).url)
        connection.close()

    threads = [threading.Thread(target=send, args=(f"person{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert get_user_model().objects.count() == 1
    assert sorted(answers) == ["/", *["/accounts/login/"] * 3]


# Where others could be first


@pytest.mark.django_db
class TestOpenToOthers:
    @pytest.fixture(autouse=True)
    def reached_by_others(self, settings):
        settings.OPEN_TO_OTHERS = True

    def test_the_page_asks_for_the_code_and_the_log_shows_it_once(self, client, caplog):
        pages = [client.get("/setup/") for _ in range(3)]
        assert all('name="code"' in page.content.decode() for page in pages)
        assert [setup_code.code() in record.getMessage() for record in caplog.records] == [True]

    def test_the_page_never_shows_it(self, client):
        for answer in (client.get("/setup/"), client.post("/setup/", {**ACCOUNT, "code": "wrong"})):
            assert setup_code.code() not in answer.content.decode() + str(answer.headers) + str(answer.cookies)

    @pytest.mark.parametrize("code", [None, "", " ", "wrong", "-", "ÄÖÜ-ß", "a" * 5000, "😀", "AAAA-AAAA-AAAA"])
    def test_nobody_is_first_without_it(self, client, code):
        assert client.post("/setup/", {**ACCOUNT, **({} if code is None else {"code": code})}).status_code == 422
        assert not get_user_model().objects.exists()

    @pytest.mark.parametrize(
        "change", [str, str.lower, lambda code: code.replace("-", " "), lambda code: f"  {code}\n"]
    )
    def test_who_has_it_is_the_administrator(self, client, change):
        assert client.post("/setup/", {**ACCOUNT, "code": change(setup_code.code())}).url == "/"
        assert get_user_model().objects.get().is_superuser

    def test_it_is_asked_for_again_after_a_refused_password(self, client):
        answer = client.post("/setup/", {**ACCOUNT, "password2": "another", "code": setup_code.code()})
        assert (answer.status_code, 'name="code"' in answer.content.decode()) == (422, True)
        assert "This is not the code" not in answer.content.decode()

    def test_tries_are_limited_and_then_the_right_one_does_not_help(self, client):
        statuses = [client.post("/setup/", {**ACCOUNT, "code": str(number)}).status_code for number in range(12)]
        assert statuses == [422] * 10 + [429] * 2
        late = client.post("/setup/", {**ACCOUNT, "code": setup_code.code()})
        assert (late.status_code, late.headers["Retry-After"], 'value="ann"' in late.content.decode()) == (
            429,
            "900",
            True,
        )
        assert not get_user_model().objects.exists()

    def test_who_guesses_elsewhere_does_not_keep_the_owner_out(self, client):
        for number in range(12):
            client.post("/setup/", {**ACCOUNT, "code": str(number)}, REMOTE_ADDR="203.0.113.9")
        assert client.post("/setup/", {**ACCOUNT, "code": setup_code.code()}).url == "/"

    def test_weak_passwords_under_the_right_code_cost_no_try(self, client):
        form = {**ACCOUNT, "password2": "another", "code": setup_code.code()}
        assert {client.post("/setup/", form).status_code for _ in range(12)} == {422}


@pytest.mark.django_db
class TestWhoSeemsToBeHere:
    """The site believes to be this machine's own; what a request says of itself can only make the code necessary."""

    @pytest.mark.parametrize(
        "request_of",
        [
            {"REMOTE_ADDR": "192.0.2.7"},
            {"REMOTE_ADDR": ""},
            {"REMOTE_ADDR": "::ffff:192.0.2.7"},
            {"SERVER_NAME": "127.0.0.1.evil.example"},
            {"HTTP_HOST": "testserver"},
            {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
            {"HTTP_X_FORWARDED_HOST": "localhost"},
            {"HTTP_X_FORWARDED_PROTO": "http"},
            {"HTTP_X_REAL_IP": "127.0.0.1"},
            {"HTTP_FORWARDED": "for=127.0.0.1"},
            {"HTTP_VIA": "1.1 proxy"},
        ],
    )
    def test_a_request_from_elsewhere_needs_the_code(self, client, settings, request_of):
        settings.ALLOWED_HOSTS = ["*"]
        assert client.post("/setup/", ACCOUNT, **request_of).status_code == 422
        assert not get_user_model().objects.exists()

    @pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
    def test_a_request_from_this_machine_does_not(self, client, settings, host):
        settings.ALLOWED_HOSTS = ["*"]
        assert client.post("/setup/", ACCOUNT, HTTP_HOST=host).url == "/"

    def test_a_site_that_others_reach_believes_nobody(self, client, settings):
        settings.OPEN_TO_OTHERS = True
        assert client.post("/setup/", ACCOUNT).status_code == 422


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("client", "host", "headers", "asked"),
    [
        ("127.0.0.1", "localhost:8000", {}, False),
        ("::1", "[::1]:8000", {}, False),
        ("192.0.2.7", "localhost:8000", {}, True),
        ("127.0.0.1", "testserver", {}, True),
        ("127.0.0.1", "localhost", {"X-Forwarded-For": "127.0.0.1"}, True),
        ("127.0.0.1", "localhost", {"forwarded": "for=127.0.0.1;host=localhost"}, True),
    ],
)
async def test_the_whole_way_believes_no_header(settings, client, host, headers, asked):
    settings.ALLOWED_HOSTS = ["*"]
    transport = httpx2.ASGITransport(app=application, client=(client, 4711))
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://{host}") as browser:
        page = await browser.get("/setup/", headers=headers)
    assert (page.status_code, 'name="code"' in page.text) == (200, asked)


@pytest.mark.django_db
class TestTheStart:
    def test_shows_the_code_before_a_process_could_ask_for_it(self, client, settings, capsys, caplog, monkeypatch):
        monkeypatch.setattr(connection, "close", lambda: None)
        settings.OPEN_TO_OTHERS = True
        supervisor.show_setup_code()
        supervisor.show_setup_code()
        client.get("/setup/")
        assert capsys.readouterr().out.count(setup_code.code()) == 1
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []

    def test_of_a_web_server_alone_shows_it_too(self, settings, capsys, monkeypatch):
        monkeypatch.setattr(connection, "close", lambda: None)
        monkeypatch.setattr(os, "execve", lambda *arguments: None)
        settings.OPEN_TO_OTHERS = True
        commands._web(None)
        assert capsys.readouterr().out.count(setup_code.code()) == 1

    @pytest.mark.parametrize(("open_to_others", "somebody"), [(False, False), (True, True)])
    def test_shows_none_where_none_is_needed(self, settings, capsys, monkeypatch, open_to_others, somebody):
        monkeypatch.setattr(connection, "close", lambda: None)
        settings.OPEN_TO_OTHERS = open_to_others
        if somebody:
            get_user_model().objects.create_user("bob")
        supervisor.show_setup_code()
        assert capsys.readouterr().out == ""
        assert databases.has_accounts() is somebody


def test_the_code_is_every_process_s_and_nobody_else_s(settings):
    first = setup_code.code()
    assert (setup_code.code(), len(first), first.count("-")) == (first, 14, 2)
    settings.SECRET_KEY = "another"
    assert setup_code.code() != first

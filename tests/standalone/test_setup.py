"""The first account becomes the administrator, and there is only one first."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

ACCOUNT = {"username": "ann", "password1": "long-Enough-77", "password2": "long-Enough-77"}


@pytest.mark.django_db
class TestEmptyInstall:
    def test_signing_in_leads_to_the_first_account(self, client):
        assert client.get("/accounts/login/").url == "/setup/"

    def test_the_page_has_the_three_fields(self, client):
        page = client.get("/setup/").content.decode()
        assert all(f'name="{name}"' in page for name in ACCOUNT)

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
        answers.append(Client().post("/setup/", {**ACCOUNT, "username": name}).url)
        connection.close()

    threads = [threading.Thread(target=send, args=(f"person{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert get_user_model().objects.count() == 1
    assert sorted(answers) == ["/", *["/accounts/login/"] * 3]

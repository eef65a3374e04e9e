"""Passwords may be tried a few times: by account and address, and by device where the account is known."""

import pytest
import redis
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from parley_server import setup_code, tries
from parley_server.tries import Counters, Limit, address_of

PASSWORD = "long-Enough-77"
PAGE = "/accounts/login/"


@pytest.fixture(autouse=True)
def own_counters(monkeypatch):
    """As while Valkey is away."""
    monkeypatch.setattr(tries, "counters", Counters())
    monkeypatch.setattr(tries.counters, "_away_until", float("inf"))


@pytest.fixture(autouse=True)
def bob(db, django_user_model):
    return django_user_model.objects.create_user("bob", password=PASSWORD)


def sign_in(client, name, password, address="192.0.2.1"):
    return client.post(PAGE, {"username": name, "password": password}, REMOTE_ADDR=address)


@pytest.mark.parametrize("name", ["bob", "nobody"])
def test_an_account_is_tried_ten_times_from_anywhere(name):
    answers = [sign_in(Client(), name, "wrong", f"192.0.2.{number}") for number in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1].headers["Retry-After"] == "900"
    assert "Wait 15 minutes" in answers[-1].text
    assert f'value="{name}"' in answers[-1].text
    assert sign_in(Client(), name, PASSWORD, "192.0.2.99").status_code == 429


def test_known_and_unknown_names_are_answered_alike(bob):
    def sent(name):
        bodies = [sign_in(Client(), name, "wrong", "192.0.2.7") for _ in range(11)]
        return [(answer.status_code, len(answer.content), sorted(answer.headers)) for answer in bodies]

    assert sent("bob") == sent("eve")


def test_known_and_unknown_names_take_the_same_work(monkeypatch, django_user_model, django_assert_num_queries):
    """So nobody learns from the time which names there are, or are switched off, or have no password."""
    django_user_model.objects.create_user("eve", password=PASSWORD, is_active=False)
    django_user_model.objects.create_user("sue")
    hashed, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args: hashed.append(args[1]) or encode(*args))
    for name, password in (("bob", "wrong"), ("ann", "wrong"), ("eve", "wrong"), ("eve", PASSWORD), ("sue", "wrong")):
        hashed.clear()
        with django_assert_num_queries(2):
            assert sign_in(Client(), name, password).status_code == 200
        assert len(hashed) == 1, name


def test_an_address_tries_thirty_times():
    answers = [sign_in(Client(), f"name{number}", "wrong").status_code for number in range(31)]
    assert answers == [200] * 30 + [429]
    assert sign_in(Client(), "another", "wrong", "192.0.2.2").status_code == 200


def test_who_is_known_here_signs_in_whatever_others_try(client):
    assert sign_in(client, "bob", PASSWORD).status_code == 302
    client.post("/accounts/logout/")
    for number in range(12):
        sign_in(Client(), "bob", "wrong", f"192.0.2.{number}")
    for number in range(31):
        sign_in(Client(), f"name{number}", "wrong")
    assert sign_in(Client(), "bob", PASSWORD).status_code == 429
    assert sign_in(client, "bob", PASSWORD).status_code == 302


@pytest.mark.parametrize("leave", [PAGE.replace("login", "logout"), "/admin/logout/"])
def test_who_signs_out_is_known_here_however_they_came(client, django_user_model, leave):
    """By a session from before devices were remembered, or as the first account."""
    client.force_login(django_user_model.objects.create_superuser("Ann", password=PASSWORD))
    client.post(leave)
    for number in range(11):
        sign_in(Client(), "ann", "wrong", f"192.0.2.{number}")
    assert sign_in(client, "Ann", PASSWORD).status_code == 302


def test_the_first_account_is_known_where_it_was_made(client, bob):
    bob.delete()
    account = {"username": "ann", "password1": PASSWORD, "password2": PASSWORD, "code": setup_code.code()}
    client.post("/setup/", account)
    assert "parley_device" in client.cookies


def test_a_device_is_known_for_its_own_accounts_and_is_counted_too(client, django_user_model):
    django_user_model.objects.create_user("eve", password=PASSWORD)
    assert sign_in(client, "eve", PASSWORD).status_code == 302
    client.post("/accounts/logout/")
    assert [sign_in(client, "bob", "wrong").status_code for _ in range(11)][-1] == 429
    assert [sign_in(client, "eve", "wrong").status_code for _ in range(11)] == [200] * 10 + [429]


def test_a_forged_device_is_no_device(client):
    client.cookies[tries.DEVICE] = "WyJ4IixbIngiXV0:1:forged"
    assert [sign_in(client, "bob", "wrong").status_code for _ in range(11)][-1] == 429


def test_right_passwords_are_not_counted():
    assert {sign_in(Client(), "bob", PASSWORD).status_code for _ in range(40)} == {302}


def test_the_cookie_of_a_device_is_for_the_server_only(client):
    cookie = sign_in(client, "bob", PASSWORD).cookies[tries.DEVICE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/accounts/")
    assert "bob" not in cookie.value


def test_the_old_password_is_guessed_ten_times(client, bob):
    client.force_login(bob)
    form = {"old_password": "wrong", "new_password1": "Longer-still-88", "new_password2": "Longer-still-88"}
    answers = [client.post("/accounts/password_change/", form).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]


def test_the_admin_has_no_form_of_its_own(client, bob):
    assert client.post("/admin/login/?next=/admin/", {"username": "bob"}).url == "/accounts/login/?next=/admin/"
    assert client.get("/admin/password_change/").url == "/accounts/password_change/"
    client.force_login(bob)
    assert client.get("/admin/login/?next=/admin/").status_code == 403


def test_counts_end_by_themselves():
    now = [0.0]
    counters = Counters(clock=lambda: now[0])
    counters._away_until = float("inf")
    assert [counters.add(Limit("key", 1, 10), 1) for _ in range(3)] == [1, 2, 3]
    now[0] = 10.0
    assert counters.add(Limit("key", 1, 10), 1) == 1


def test_counts_are_shared_through_valkey(empty_valkey):
    assert [Counters().add(Limit("key", 1, 10), 1) for _ in range(3)] == [1, 2, 3]
    with empty_valkey.client() as client:
        assert 0 < client.ttl("parley:tries:key") <= 10


def test_without_valkey_each_process_counts(monkeypatch):
    def away():
        raise redis.ConnectionError

    monkeypatch.setattr(tries, "connection", away)
    counters = Counters()
    assert [counters.add(Limit("key", 1, 10), 1) for _ in range(3)] == [1, 2, 3]


def test_what_a_process_keeps_is_bounded(monkeypatch):
    monkeypatch.setattr(tries, "MAX_KEPT", 100)
    for number in range(1000):
        tries.counters.add(Limit(str(number), 1, 10), 1)
    assert len(tries.counters._kept) <= 100


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1:2", "2001:db8::"),
        ("", ""),
        ("unix:", ""),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_a_network_of_ipv6_is_one_address(rf, address, counted):
    assert address_of(rf.get("/", REMOTE_ADDR=address)) == counted


def test_who_may_open_the_admin_is_sent_there_from_its_old_address(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("ann"))
    assert client.get("/admin/login/").url == "/admin/"

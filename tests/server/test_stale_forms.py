"""A form with the token of another session is told so, and can be sent again with what was typed."""

import re
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.html import escape

from parley.models import Message
from tests.support.people import PASSWORD
from tests.views.attachments import file_of

pytestmark = pytest.mark.django_db
HERE = {"origin": "http://testserver"}
LOGIN = "/accounts/login/"


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def person():
    return get_user_model().objects.create_user("ada", password=PASSWORD)


def token_in(page):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())[1]


def send(browser, path, token, headers=HERE, **fields):
    body = urlencode({"csrfmiddlewaretoken": token, **fields})
    return browser.post(path, body, content_type="application/x-www-form-urlencoded", headers=headers)


def sign_in(browser, token):
    return send(browser, LOGIN, token, username="ada", password=PASSWORD)


def test_a_second_tab_to_sign_in_says_that_the_first_did(browser, person):
    first, second = (token_in(browser.get(LOGIN)) for _ in range(2))
    assert sign_in(browser, first).status_code == 302
    refused = sign_in(browser, second)
    assert refused.status_code == 403
    page = refused.content.decode()
    assert "signed in as ada, in another tab" in page
    assert PASSWORD not in page
    again = send(browser, LOGIN, token_in(refused), username="ada")
    assert (again.status_code, again["Location"]) == (302, "/")


def test_a_question_that_was_refused_is_sent_again_as_it_was_typed(browser, person):
    browser.force_login(person)
    question = 'Is "<b>" & co. bold?\n\nAnd this?'
    refused = send(browser, "/conversations/", "x" * 64, text=question)
    assert refused.status_code == 403
    assert escape(question) in refused.content.decode()
    again = send(browser, "/conversations/", token_in(refused), text=question)
    assert again.status_code == 303
    assert Message.objects.get(role="user").content == question


def test_a_question_that_could_bring_files_is_kept_where_it_has_none(browser, person):
    browser.force_login(person)
    form = {"csrfmiddlewaretoken": "x" * 64, "text": "Do as I say"}
    pages = [browser.post("/conversations/", {**form, **files}, headers=HERE) for files in ({}, {"files": file_of()})]
    assert ["Do as I say" in page.content.decode() for page in pages] == [True, False]
    assert "copy what you wrote" in pages[1].content.decode()


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {}])
def test_no_other_site_gets_its_words_into_the_form(browser, person, headers):
    browser.force_login(person)
    refused = send(browser, "/conversations/", "x" * 64, headers=headers, text="Do as I say")
    assert refused.status_code == 403
    assert "Do as I say" not in refused.content.decode()
    assert "reload the page" in refused.content.decode()


def test_the_words_are_kept_by_no_cache(browser):
    assert "no-store" in send(browser, LOGIN, "x" * 64, username="ada")["Cache-Control"]


def test_a_form_of_several_passwords_begins_anew(browser, person):
    browser.force_login(person)
    refused = send(
        browser, "/accounts/password_change/", "x" * 64, old_password="a", new_password1="b", new_password2="b"
    )
    assert refused.status_code == 403
    assert 'type="password"' not in refused.content.decode()
    assert "reload the page" in refused.content.decode()

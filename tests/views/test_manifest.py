import pytest
from django.contrib.staticfiles import finders
from django.urls import clear_script_prefix, set_script_prefix

pytestmark = pytest.mark.django_db
URL = "/manifest.webmanifest"


def test_is_the_same_for_an_anonymous_visitor_at_stranger_and_at_owner(anonymous, at_stranger, at_owner):
    answers = [client.get(URL) for client in (anonymous, at_stranger, at_owner)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].headers["Content-Type"] == "application/manifest+json"
    assert set(answers[0].headers["Cache-Control"].split(", ")) == {"public", "max-age=3600"}
    assert not answers[2].cookies


def test_begins_where_the_conversations_are(anonymous):
    manifest = anonymous.get(URL).json()
    assert (manifest["start_url"], manifest["scope"], manifest["id"]) == ("/", "/", "/")


def test_begins_where_a_host_has_put_them(anonymous):
    set_script_prefix("/chat/")
    try:
        manifest = anonymous.get(URL).json()
    finally:
        clear_script_prefix()
    assert (manifest["start_url"], manifest["scope"]) == ("/chat/", "/chat/")


def test_names_icons_that_there_are(anonymous, settings):
    for icon in anonymous.get(URL).json()["icons"]:
        assert finders.find(icon["src"].removeprefix(settings.STATIC_URL))


def test_is_named_on_every_page(at_owner):
    assert f'<link rel="manifest" href="{URL}">' in at_owner.get("/").text

import json

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from parley.models import Folder, Preset, Profile
from parley.models.connection import Connection
from tests.views.conftest import forbids_keeping

URL = "/settings/"
GIVEN = {"name": "Ada", "about": "I <sail>.", "style": "Briefly.", "model": "", "enter_sends": "on"}

pytestmark = pytest.mark.django_db


def kept(user):
    return Profile.objects.filter(owner=user).values("name", "about", "style", "model", "enter_sends").first()


def test_begins_with_nothing_but_that_enter_sends(at_owner):
    page = at_owner.get(URL)
    assert (page.status_code, reverse("parley:profile_edit"), forbids_keeping(page)) == (200, URL, True)
    form = page.context["form"]
    assert {name: form[name].value() for name in ("name", "about", "style", "model")} == dict.fromkeys(
        ("name", "about", "style", "model"), ""
    )
    assert form["enter_sends"].value() is True
    assert "Saved." not in page.text


def test_keeps_what_is_given_says_so_and_shows_it(at_owner, owner, stranger):
    response = at_owner.post(URL, GIVEN)
    assert (response.status_code, response.url) == (303, f"{URL}?saved")
    assert kept(owner) == {**GIVEN, "enter_sends": True}
    assert kept(stranger) is None
    page = at_owner.get(response.url).text
    assert "Saved." in page
    assert "I &lt;sail&gt;." in page
    at_owner.post(URL, {**GIVEN, "name": " ", "about": " \n ", "enter_sends": ""})
    assert kept(owner) == {**GIVEN, "name": "", "about": "", "enter_sends": False}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": "x" * 61}, "A name has at most 60 characters."),
        ({"name": "\u200b\u2060"}, "Nothing of this name can be seen."),
        ({"about": "x" * 4_001}, "These instructions have 4001 characters; at most 4000 are possible."),
        ({"style": "é" * 5_000}, "These instructions have 5000 characters; at most 4000 are possible."),
        ({"model": "nobody-has-this"}, "There is no model “nobody-has-this” to choose."),
    ],
)
def test_refuses_in_a_sentence_and_keeps_what_was_typed(at_owner, owner, sent, said):
    response = at_owner.post(URL, {**GIVEN, **sent})
    assert response.status_code == 422
    assert said in response.text
    form = response.context["form"]
    assert {name: form[name].value() for name in GIVEN} == {**GIVEN, "enter_sends": True, **sent}
    assert kept(owner) is None


def test_takes_texts_of_exactly_4000_characters_and_lines_of_any_system(at_owner, owner):
    at_owner.post(URL, {**GIVEN, "about": "é" * 4_000, "style": "one\r\ntwo"})
    assert (len(kept(owner)["about"]), kept(owner)["style"]) == (4_000, "one\ntwo")


def test_the_menu_has_the_name_and_the_rest_of_the_pages(at_owner, owner):
    page = at_owner.get("/").text
    assert "<bdi>owner</bdi>" in page
    assert 'href="/admin/"' not in page
    for address in (URL, "/usage/", "/shares/", "/transfers/"):
        assert f'href="{address}"' in page
    Profile.change(owner, name="<Ada>")
    page = at_owner.get("/").text
    assert "<bdi>&lt;Ada&gt;</bdi>" in page
    assert ">owner</p>" in page


def test_the_menu_leads_staff_to_the_administration(browser_of):
    staff = get_user_model().objects.create_user("staff", is_staff=True)
    assert 'href="/admin/"' in browser_of(staff).get("/").text


def led(client):
    return 'href="/connections/"' in client.get(URL).text


def test_the_menu_leads_to_the_connections_whoever_may_have_some(at_owner, browser_of, settings):
    staff = get_user_model().objects.create_user("staff", is_staff=True)
    assert not led(at_owner)
    assert not led(browser_of(staff))
    kind = ContentType.objects.get_for_model(Connection)
    may_change, _ = Permission.objects.get_or_create(content_type=kind, codename="change_connection")
    staff.user_permissions.add(may_change)
    assert led(browser_of(staff))
    settings.PARLEY = {**settings.PARLEY, "PERSONAL_CONNECTIONS": True}
    assert led(at_owner)


@pytest.mark.parametrize(("sends", "key"), [(True, "send"), (False, "enter")])
def test_the_composer_knows_whether_enter_sends(at_owner, owner, sends, key):
    Profile.change(owner, enter_sends=sends)
    page = at_owner.get("/").text
    assert f'enterkeyhint="{key}"' in page
    assert ("Ctrl+Enter" in page) is not sends


class TestTheModelOfNewConversations:
    @pytest.fixture(autouse=True)
    def _preferred(self, owner, settings):
        settings.PARLEY = {**settings.PARLEY, "MODELS": ["fake-*"]}
        Profile.change(owner, model="fake-2")

    def chosen(self, client, address="/"):
        return client.get(address).context["generation_settings"]["model"].value()

    def test_is_chosen_beforehand_and_then_kept_by_the_conversation(self, at_owner, owner):
        assert self.chosen(at_owner) == "fake-2"
        at_owner.post("/conversations/", {"text": "hello", "model": "fake-2"})
        Profile.change(owner, model="")
        assert owner.conversations.get().effective_model == "fake-2"

    def test_gives_way_to_the_folder_and_the_preset(self, at_owner, owner):
        folder, preset = (kind.objects.create(owner=owner, name="any", model="fake-3") for kind in (Folder, Preset))
        assert self.chosen(at_owner, f"/?folder={folder.pk}") == ""
        assert self.chosen(at_owner, f"/presets/{preset.pk}/start/") == "fake-3"

    def test_is_passed_over_where_it_may_not_be_asked_any_more(self, at_owner, settings):
        settings.PARLEY = {**settings.PARLEY, "MODELS": ["other-*"]}
        assert self.chosen(at_owner) == ""


def test_an_export_has_the_switch_but_not_the_words(at_owner, owner, conversation):
    Profile.change(owner, about="I sail.", style="Briefly.")
    address = f"/c/{conversation.pk}/settings/"
    assert at_owner.post(address, {"without_profile": "on"}).status_code == 303
    assert at_owner.get(address).context["form"]["without_profile"].value() is True
    for form in ("json", "md", "html"):
        exported = at_owner.get(f"/c/{conversation.pk}/export/{form}/")
        assert exported.status_code == 200
        text = b"".join(exported).decode()
        assert [words for words in ("I sail.", "Briefly.") if words in text] == []
        assert form != "json" or '"without_profile": true' in json.dumps(json.loads(text))
    at_owner.post(address, {})
    conversation.refresh_from_db()
    assert not conversation.without_profile

"""A stranger's site that frames Parley with its own base template, below a prefix, with languages in addresses.

Some of its pages hold one conversation, beside scripts of its own: a Turbo, a Stimulus, or neither.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.host.test_host import QUESTION, Host, Member
from tests.support.browsers import Tab
from tests.support.cluster import CONFIGURATION
from tests.support.commands import installed
from tests.support.people import PASSWORD
from tests.support.processes import ROOT, Process, free_port, until
from tests.support.stack import answers

OWN = ROOT / "node_modules" / "@hotwired"
SETTINGS = f"""
TEMPLATES[0]["DIRS"].insert(0, {str(ROOT / "tests/host/framed")!r})
STATICFILES_DIRS += [("hotwired", {str(OWN / "turbo/dist")!r}), ("stimulus", {str(OWN / "stimulus/dist")!r})]
FORCE_SCRIPT_NAME, STATIC_URL = "/club", "/club/assets/"
MIDDLEWARE.insert(3, "django.middleware.locale.LocaleMiddleware")
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "club_session", "club_csrf"
"""
URLS = """
from django.conf.urls.i18n import i18n_patterns
from people import views

urlpatterns[:] = i18n_patterns(
    *urlpatterns,
    path("minutes/<uuid:pk>/", views.minutes, name="minutes"),
    path("votes/", TemplateView.as_view(template_name="people/votes.html"), name="votes"),
)
"""
LOCATION = """
        location /club/ {{
            proxy_pass http://127.0.0.1:{web}/;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }}
"""


class Club(Host):
    """The stranger's project at /club of an nginx, which takes that away."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.outside, folder = free_port(), folder / "nginx"
        folder.mkdir()
        location = LOCATION.format(web=self.port)
        text = CONFIGURATION.format(folder=folder, upstream="", port=self.outside, location=location)
        (folder / "nginx.conf").write_text(text)
        command = [installed("nginx", "nginx-light"), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
        self.processes["nginx"] = Process("nginx", command, folder)

    def write(self) -> None:
        super().write()
        self.site.append("settings.py", SETTINGS)
        self.site.append("urls.py", URLS)

    def lines(self) -> dict[str, str]:
        lines = super().lines()
        return lines | {"web": f"{lines['web']} --root-path /club"}

    def wait_for(self, name: str) -> None:
        if name == "nginx":
            until(lambda: answers(f"{self.address}/en/members/enter/"), 60, "nginx does not answer")
        else:
            super().wait_for(name)

    def wait_for_web(self) -> None:
        until(lambda: answers(f"{self.url}/en/members/enter/"), 60, "The web server does not answer")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.outside}/club"


@pytest.fixture(scope="module")
def club(make_stack):
    club = make_stack(Club)
    club.manage("createsuperuser", "--no-input", "--email", "ada@society.example")
    yield club
    club.down()


@pytest.fixture
def tab(club, browsers) -> Tab:
    """The browser of a member, in the frame of the society's own."""
    tab = browsers.tab(club.address.removesuffix("/club"))
    tab.goto("/club/en/chat/")
    tab.page.fill("[name=username]", "ada@society.example")
    tab.page.fill("[name=password]", PASSWORD)
    tab.page.press("[name=password]", "Enter")
    tab.page.wait_for_url("**/chat/")
    return tab.ready()


@pytest.fixture
def minutes(tab):
    """A function that opens the page of the society's that holds a conversation of one question."""
    tab.ask("/say 3 words").wait_for_status("done")
    conversation = tab.conversation

    def opened(own: str) -> Tab:
        tab.goto(f"/club/en/minutes/{conversation}/?own={own}").ready()
        return tab

    return opened


pytestmark = pytest.mark.browser
OWNS = ["", "before", "after"]


def test_the_hosts_base_template_is_the_frame_and_everything_is_below_its_prefix(tab):
    tab.watch().ask(QUESTION)
    assert len(tab.texts_until_settled()) >= 3
    tab.wait_for_status("done")
    expect(tab.page.locator("header.site")).to_have_text("The Society")
    assert re.search(r"/club/en/chat/c/[0-9a-f-]{36}/$", tab.page.url)
    assert tab.page.title().endswith("· Parley")
    assert tab.page.locator("meta[name=parley-socket]").get_attribute("content").startswith("/club/live/chat/")
    addresses = tab.page.eval_on_selector_all(
        "[href^='/'], [action^='/']", "all => all.map(each => each.getAttribute('href') ?? each.getAttribute('action'))"
    )
    assert [address for address in addresses if not address.startswith("/club/")] == []
    expect(tab.page.locator("#conversations li").first).to_be_visible()
    assert tab.problems == []


def test_a_link_of_the_host_is_no_visit_of_parleys_turbo(tab):
    tab.page.evaluate("window.stayed = true")
    tab.page.locator("header.site a").click()
    tab.page.wait_for_url("**/club/en/")
    assert tab.page.evaluate("window.stayed") is None


def test_a_link_of_parley_is_one(tab):
    tab.ask("/say 3 words").wait_for_status("done")
    tab.page.evaluate("window.stayed = true")
    tab.page.locator(".sidebar a.new").click()
    tab.page.wait_for_url("**/en/chat/")
    assert tab.page.evaluate("window.stayed") is True


@pytest.mark.parametrize("own", OWNS)
def test_a_page_of_the_host_holds_a_live_conversation(minutes, own):
    tab, asked = minutes(own), []
    address = tab.page.url
    tab.page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    tab.watch().ask(QUESTION)
    assert len(tab.texts_until_settled()) >= 3
    tab.wait_for_status("done")
    expect(tab.replies).to_have_count(2)
    assert len([each for each in asked if each.endswith("/messages/")]) == 1
    assert tab.page.url == address
    assert tab.problems == []


@pytest.mark.parametrize("own", OWNS)
def test_another_answer_stays_in_the_page_of_the_host(minutes, own):
    tab = minutes(own)
    address = tab.page.url
    before = tab.reply.get_attribute("data-message")
    tab.reply.locator("[form=again]").first.click()
    expect(tab.reply).not_to_have_attribute("data-message", before)
    tab.wait_for_status("done")
    assert tab.page.url == address
    expect(tab.page.locator("h1")).to_have_text("The minutes")
    assert tab.problems == []


@pytest.mark.parametrize("own", ["before", "after"])
def test_the_hosts_own_turbo_and_stimulus_go_on(minutes, own):
    tab = minutes(own)
    expect(tab.page.locator("#votes")).to_have_text("Three votes")
    wave = '<turbo-stream action="wave" words="hello"></turbo-stream>'
    tab.page.evaluate("html => hostTurbo.renderStreamMessage(html)", wave)
    expect(tab.page.locator("html")).to_have_attribute("data-waved", "hello")
    connected = tab.page.locator("[data-host=connected]")
    expect(connected).to_have_count(2)
    assert tab.page.evaluate("window.Turbo.session === hostTurbo.session") is True
    tab.page.evaluate("window.stayed = true")
    tab.page.locator("header.site a").click()
    tab.page.wait_for_url("**/club/en/")
    assert tab.page.evaluate("window.stayed") in (True, None)
    assert tab.problems == []


def test_a_host_without_turbo_has_none_beside_the_conversation(minutes):
    tab = minutes("")
    tab.page.evaluate("window.stayed = true")
    tab.page.locator("header.site a").click()
    tab.page.wait_for_url("**/club/en/")
    assert tab.page.evaluate("window.stayed") is None


def test_says_where_a_conversation_is_not_for_this_person(club, tab):
    tab.goto("/club/en/minutes/00000000-0000-7000-8000-000000000000/")
    expect(tab.page.locator(".parley.embedded")).to_contain_text("This conversation is not here")
    stranger = Member(club.address, club.db, "nobody")
    page = stranger.http.get(f"{club.address}/en/minutes/00000000-0000-7000-8000-000000000000/").text
    assert "Sign in to see this conversation." in page
    assert '<meta name="parley-socket" content="">' in page

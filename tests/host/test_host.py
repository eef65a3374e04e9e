"""A stranger's project: Parley at /chat/, accounts with an email address and a UUID, its own base template."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect
from websockets.sync.client import connect

from tests.fake_provider import expected_text
from tests.host.site import MODEL, PROVIDER, REDIS, Site
from tests.support.browsers import Tab
from tests.support.dom import Dom, answer_to
from tests.support.people import PASSWORD, Person, Socket
from tests.support.processes import Process, until
from tests.support.stack import PYTHONPATH, Stack, answers

ENTER = "/members/enter/"
QUESTION = "/say 60 words at 40"
IN_PRODUCTION = """
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ASGI_APPLICATION = "project.asgi.application"
MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")
WHITENOISE_USE_FINDERS = True
PARLEY |= {
    "API_KEY": "sk-of-the-host",
    "SOCKET_PATH": "/live/chat/",
    "KEY_PREFIX": "host-chat",
    "FILES": str(BASE_DIR / "private"),
    "CONCURRENCY": 20,
}
"""
URLS = """
urlpatterns[:] = [path("office/", admin.site.urls), *urlpatterns[1:]]
"""


class Host(Stack):
    """The processes of the stranger's project."""

    python = sys.executable

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, database_url=f"sqlite:///{folder / 'site' / 'db.sqlite3'}")
        instead = {REDIS: self.valkey.url, PROVIDER: self.provider.base_url, MODEL: "fake-1"}
        self.site = Site(folder / "site", instead, self.python)
        self.write()
        for name, line in self.lines().items():
            self.processes[name] = Process(name, self.site.command(line), folder, self.env)

    def write(self) -> None:
        """Write what this site has, beyond what each has of its own."""
        for heading in ("## Start", "## Servers"):
            self.site.paste(heading)
        self.site.append("settings.py", IN_PRODUCTION)
        self.site.append("urls.py", URLS)

    def lines(self) -> dict[str, str]:
        """Return the page's commands: the name of a process → what starts it."""
        web = self.site.line("## Servers", "uvicorn parley").replace("parley.asgi", "project.asgi")
        worker = self.site.line("## Servers", "celery")
        return {"web": f"{web} --port {self.port} --log-level warning", "worker": f"{worker} --loglevel WARNING"}

    def environment(self, conf=None) -> dict[str, str]:
        return {**PYTHONPATH, "DJANGO_SETTINGS_MODULE": "project.settings", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}

    def manage(self, *arguments: str, seconds: float = 60) -> str:
        command = self.site.command("python manage.py", *arguments)
        done = subprocess.run(
            command, env={**os.environ, **self.env}, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def wait_for_web(self) -> None:
        web = self.processes["web"]
        until(lambda: answers(self.url + ENTER) or not web.running, 60, "The web server does not answer")
        assert web.running, web.output_of_this_run

    def member(self, email: str) -> "Member":
        self.manage("createsuperuser", "--no-input", "--email", email)
        return Member(self.url, self.db, email).sign_in()


class Member(Person):
    """A person of the stranger's project; paths are those below /chat."""

    def __init__(self, url, db, name) -> None:
        super().__init__(url, db, name)
        self.http.base_url = f"{url}/chat/"

    def sign_in(self) -> "Member":
        self.get(self.url + ENTER)
        response = self.post(self.url + ENTER, username=self.name, password=PASSWORD)
        assert response.status_code == 302, response.text
        return self

    @contextmanager
    def socket(self, **choices) -> Iterator[Socket]:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)
        found = re.search(r'name="parley-socket" content="([^"?]+)', self.get("/").text)
        url = self.url.replace("http", "ws", 1) + found[1]
        with connect(url, origin=self.url, additional_headers={"Cookie": cookies}, proxy=None) as connection:
            yield Socket(connection)


def streamed(member: Member) -> tuple[set[str], Dom]:
    """Ask, and read the answer from a socket → (all that it was meanwhile, the page at the end)."""
    conversation = member.start(QUESTION)
    dom = Dom(member.get(f"/c/{conversation}/").text)
    texts = set()
    with member.socket() as socket:
        socket.open(conversation, dom.version)
        socket.follow(dom.reply.id)
        while not dom.reply.settled:
            message = socket.receive(20)
            if isinstance(message, list):
                dom.take_frame(dom.reply.id, message[1], message[2:])
            elif "version" in message:
                dom.take_stream(message["version"], message["stream"])
            texts.add(dom.reply.text)
    return texts, dom


@pytest.fixture(scope="module")
def host(make_stack) -> Iterator[Host]:
    host = make_stack(Host)
    yield host
    host.down()


@pytest.fixture(scope="module")
def member(host) -> Member:
    return host.member("ada@society.example")


def test_passes_djangos_checks_and_needs_no_migration_of_its_own(host):
    assert "no issues" in host.manage("check")
    assert "No changes" in host.manage("makemigrations", "--check", "--dry-run")


def test_sends_strangers_to_the_hosts_own_sign_in_page(host, member):
    response = Member(host.url, host.db, "nobody").get("/")
    assert response.status_code == 302
    assert response.headers["location"] == f"{ENTER}?next=/chat/"


def test_shows_every_page_in_the_hosts_frame(member):
    conversation = member.start("/say 3 words")
    for path in ("/", f"/c/{conversation}/"):
        page = member.get(path).text
        assert "The Society" in page
        assert "ada@society.example" in page
        assert "/assets/host.css" in page
        assert '<meta name="parley-socket" content="/live/chat/?language=en-us">' in page
        assert '<meta name="parley-catch-up" content="/chat/catch-up/">' in page


def test_is_installed_as_an_app_that_begins_where_the_host_has_put_it(member):
    manifest = member.get("/manifest.webmanifest").json()
    assert (manifest["start_url"], manifest["scope"]) == ("/chat/", "/chat/")
    assert manifest["icons"][0]["src"] == "/assets/parley/icon.svg"


def test_shows_a_shared_conversation_to_everybody_and_without_the_hosts_frame(host, member):
    conversation = member.start("/say 3 words")
    member.settled(conversation)
    member.post(f"/c/{conversation}/share/", lasts="never")
    link = member.get("/shares/").text.split('value="http')[1].split('"')[0]
    page = Member(host.url, host.db, "nobody").http.get("http" + link)
    assert page.status_code == 200
    assert expected_text("/say 3 words") in page.text
    assert "ada@society.example" not in page.text
    assert "The Society" not in page.text


def test_answers_a_question(member):
    reply = member.answer(QUESTION)
    assert (reply["status"], reply["content"]) == ("done", expected_text(QUESTION))


def test_streams_the_answer_into_an_open_tab(member):
    texts, dom = streamed(member)
    assert len(texts) >= 3
    assert (dom.reply.status, dom.reply.text) == ("done", answer_to(QUESTION))
    assert dom.mistakes == []


def test_rings_its_tabs_without_waiting_for_the_poll(host, member):
    member.answer("/say 3 words")
    assert "could not be told" not in host.logs["web"] + host.logs["worker"]


def test_keeps_its_members_apart(host, member):
    other = host.member("grace@society.example")
    conversation = member.start("/say 3 words")
    assert other.get(f"/c/{conversation}/").status_code == 404
    assert conversation not in other.get("/").text


def test_can_be_searched_in_the_admin(host, member):
    member.answer("/say 3 words")
    for path in ("conversation/?q=ada", "message/", "conversation/"):
        assert member.get(f"{host.url}/office/parley/{path}").status_code == 200, path


def test_tells_open_tabs_of_the_rows_of_its_own(host, member):
    def manage(code):
        host.manage("shell", "-c", f"from people.models import Member, Notice; {code}")

    with member.socket() as socket:
        socket.open(None, int(member.get("/").text.split('name="parley-version" content="')[1].split('"')[0]))
        manage(f"Notice.objects.create(owner=Member.objects.get(email='{member.name}'), text='Tea at <five>')")
        sent = socket.receive(20)["stream"]
        assert 'into="notices"' in sent
        assert "Tea at &lt;five&gt;" in sent
        manage("Notice.objects.all().delete()")
        assert 'action="refresh"' in socket.receive(20)["stream"]


@pytest.mark.browser
def test_works_and_looks_as_the_host_says_in_a_browser(host, member, browsers):
    tab: Tab = browsers.tab(host.url).goto("/chat/")
    tab.page.fill("[name=username]", member.name)
    tab.page.fill("[name=password]", PASSWORD)
    tab.page.press("[name=password]", "Enter")
    tab.ready().watch().ask(QUESTION)
    assert len(tab.texts_until_settled()) >= 3
    tab.wait_for_status("done")
    expect(tab.page.locator(".member")).to_have_text(member.name)
    colour = tab.page.locator(".jump, a").first.evaluate("element => getComputedStyle(element).color")
    assert colour == "rgb(120, 20, 90)"
    assert tab.problems == []

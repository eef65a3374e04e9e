"""The product below a path, beside another application of the same host, behind a real nginx."""

import re
from contextlib import contextmanager

import pytest
from websockets.sync.client import connect

from tests.fake_provider import expected_text
from tests.support.browsers import Tab
from tests.support.cluster import CONFIGURATION
from tests.support.commands import installed
from tests.support.people import PASSWORD, Person, Socket
from tests.support.processes import Process, free_port, until
from tests.support.stack import Stack, answers

LOCATIONS = """
        location / {{ add_header Set-Cookie "sessionid=theirs; Path=/"; return 200 "another application"; }}
        location /ai/ {{
            proxy_pass http://127.0.0.1:{web}{rest};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            client_max_body_size 1g;
        }}
"""
QUESTION = "/say 40 words at 40"


class Mounted(Stack):
    """At /ai of two addresses: of one nginx that passes on whole paths, and one that takes the beginning away."""

    def __init__(self, folder):
        self.addresses = {"whole": free_port(), "shortened": free_port()}
        whole, shortened = (f"http://127.0.0.1:{port}" for port in self.addresses.values())
        super().__init__(folder, env={"SITE_URL": f"{whole}/ai/", "CSRF_TRUSTED_ORIGINS": shortened})
        for (name, port), rest in zip(self.addresses.items(), ("", "/"), strict=True):
            self.processes[name] = self._nginx(name, port, rest)

    def _nginx(self, name, port, rest):
        folder, location = self.folder / name, LOCATIONS.format(web=self.port, rest=rest)
        folder.mkdir()
        file = folder / "nginx.conf"
        file.write_text(CONFIGURATION.format(folder=folder, upstream="", port=port, location=location))
        return Process(name, [installed("nginx", "nginx-light"), "-c", str(file), "-p", str(folder)], folder)

    def wait_for(self, name):
        if name in self.addresses:
            return until(lambda: answers(self.address(name)), 30, "nginx does not answer")
        return super().wait_for(name)

    def address(self, name):
        return f"http://127.0.0.1:{self.addresses[name]}"


class Visitor(Person):
    """Somebody whose paths are below /ai, and who has a cookie of the other application."""

    def __init__(self, origin, db, name):
        super().__init__(f"{origin}/ai", db, name)
        self.origin = origin
        self.http.get(f"{origin}/")

    def post(self, path, *, turbo=False, **fields):
        token = re.search(r'csrf-token" content="(\w+)"', self.get("/accounts/login/").text)
        cookie = self.http.cookies["csrftoken_ai"]
        assert token or cookie
        fields["csrfmiddlewaretoken"] = cookie
        return self.http.post(path, data=fields, headers={"Origin": self.origin, "Referer": f"{self.origin}/ai/"})

    @contextmanager
    def socket(self, address):
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)
        url = self.origin.replace("http", "ws", 1) + address
        with connect(url, origin=self.origin, additional_headers={"Cookie": cookies}, proxy=None) as connection:
            yield Socket(connection)


@pytest.fixture(scope="module")
def stack(make_stack):
    stack = make_stack(Mounted)
    stack.manage("shell", "-c", f"from django.contrib.auth.models import User\n"
                 f"User.objects.create_superuser('ada', password='{PASSWORD}')")  # fmt: skip
    yield stack
    stack.down()


@pytest.fixture(params=["whole", "shortened"])
def visitor(stack, request):
    return Visitor(stack.address(request.param), stack.db, "ada").sign_in()


def test_signs_in_and_out_below_the_path_beside_another_application(visitor, stack):
    signed_in = visitor.http.get("/accounts/login/")
    assert (signed_in.status_code, signed_in.headers["location"]) == (302, "/ai/")
    names = {cookie.name: cookie.path for cookie in visitor.http.cookies.jar}
    assert names == {"sessionid": "/", "sessionid_ai": "/ai/", "csrftoken_ai": "/ai/", "parley_device": "/ai/accounts/"}
    stranger = Visitor(visitor.origin, stack.db, "nobody").get("/usage/")
    assert stranger.headers["location"] == "/ai/accounts/login/?next=/ai/usage/"
    out = visitor.post("/accounts/logout/")
    assert out.headers["location"] == "/ai/accounts/login/"
    assert out.headers["clear-site-data"] == '"cache"'
    assert visitor.get("/").status_code == 302


def test_every_address_of_a_page_is_below_the_path(visitor):
    conversation = visitor.start("/say 3 words")
    visitor.settled(conversation)
    for path in ("/", f"/c/{conversation}/", "/settings/", "/usage/", "/admin/"):
        page = visitor.get(path)
        assert page.status_code == 200
        addresses = re.findall(r'(?:href|src|action|content)="(/[^"]*)"', page.text)
        assert [address for address in addresses if not f"{address}/".startswith("/ai/")] == []
        assert len(addresses) > 5
    assert visitor.http.get(f"{visitor.origin}/ai", follow_redirects=True).status_code == 200
    manifest = visitor.get("/manifest.webmanifest").json()
    assert (manifest["start_url"], manifest["scope"]) == ("/ai/", "/ai/")
    for address in ("/static/parley/parley.js", "/static/parley/parley.css", "/healthz"):
        assert visitor.get(address).status_code == 200


def test_links_that_are_given_away_are_below_the_path(visitor, stack):
    conversation = visitor.start("/say 3 words")
    visitor.settled(conversation)
    visitor.post(f"/c/{conversation}/share/", lasts="never")
    link = "http" + visitor.get("/shares/").text.split('value="http')[1].split('"')[0]
    assert link.startswith(f"{visitor.origin}/ai/s/")
    page = Visitor(visitor.origin, stack.db, "nobody").http.get(link)
    assert expected_text("/say 3 words") in page.text


def test_what_the_socket_sends_leads_below_the_path(visitor):
    conversation = visitor.start("/say 3 words")
    visitor.settled(conversation)
    page = visitor.get(f"/c/{conversation}/").text
    address = re.search(r'parley-socket" content="([^"]*)"', page)[1]
    assert address == "/ai/ws/parley/?language=en"
    with visitor.socket(address) as socket:
        socket.open(conversation, int(re.search(r'parley-version" content="(\d+)"', page)[1]))
        other = visitor.start("/say 4 words")
        sent = socket.until(lambda message: other in str(message))["stream"]
    assert f"/ai/c/{other}/" in sent
    assert not re.search(r'(?:href|action)="/(?!ai/)', sent)


@pytest.mark.browser
def test_works_in_a_browser(stack, browsers):
    origin = stack.address("whole")
    tab: Tab = browsers.tab(origin)
    tab.goto("/").goto("/ai/")
    tab.page.fill("[name=username]", "ada")
    tab.page.fill("[name=password]", PASSWORD)
    tab.page.press("[name=password]", "Enter")
    tab.ready().watch().ask(QUESTION)
    assert len(tab.texts_until_settled()) >= 3
    tab.wait_for_status("done")
    assert tab.page.url.startswith(f"{origin}/ai/c/")
    assert tab.problems == []

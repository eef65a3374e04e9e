"""Two web servers and two workers, as deploy/ starts them, behind nginx and behind Caddy with the files of deploy/."""

import os
import time

import httpx2
import pytest

from tests.deploy.proxies import HOSTS, Deployment, Visitor, caddy, nginx, reached
from tests.deploy.running import running
from tests.fake_provider import expected_text
from tests.support.processes import until
from tests.support.reader import Reader
from tests.support.uploads import until_read

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PROXIES = {"nginx": nginx, "caddy": caddy}
LARGE = 9_000_000
"""Bytes of a file, far more than the one megabyte that nginx takes by itself."""


@pytest.fixture(scope="module", params=["", "/ai"], ids=["root", "path"])
def deployment(request, tmp_path_factory, postgres, provider):
    url = postgres.create(f"deployed{request.param.replace('/', '_')}")
    made = Deployment(tmp_path_factory.mktemp("deployed"), url, provider.base_url, request.param)
    try:
        yield made.up()
    finally:
        made.down()


@pytest.fixture(scope="module", params=PROXIES)
def proxy(request, deployment, tmp_path_factory):
    process = PROXIES[request.param](deployment, tmp_path_factory.mktemp(request.param))
    with running(process):
        reached(f"{deployment.origin}{deployment.path}/healthz", process)
        yield process


@pytest.fixture(scope="module")
def person(deployment, proxy):
    """The first account, made through the proxy that is first."""
    if not deployment.db.query("SELECT id FROM auth_user"):
        return deployment.first_person()
    return Visitor(deployment.origin + deployment.path, deployment.db, "ann").sign_in()


@pytest.fixture(autouse=True)
def _everything_runs(deployment):
    yield
    for name, process in deployment.processes.items():
        if not process.running:
            deployment.start(name)
            deployment.wait_for(name)


def whole(deployment, person, conversation, asked):
    """Assert that an answer has every character."""
    row = person.settled(conversation, 90)
    assert (row["status"], row["content"]) == ("done", expected_text(asked))
    assert deployment.db.reply(conversation)["content"] == expected_text(asked)


def test_a_stream_goes_through_before_it_has_ended(deployment, person):
    asked = "/say 200 words at 25 through a proxy"
    conversation = person.start(asked)
    with Reader(person, conversation) as tab:
        tab.until_shown(20, 60)
        assert deployment.db.reply(conversation)["status"] == "streaming"
        whole(deployment, person, conversation, asked)
        assert tab.until(lambda reply: reply.status == "done", 60).text
        assert (tab.connections, tab.all_mistakes) == (1, [])


def test_browsers_come_by_https_and_the_site_knows_it(deployment, person):
    plain = httpx2.get(f"http://localhost:{deployment.plain}/c/", trust_env=False)
    assert plain.status_code in (301, 308)
    assert plain.headers["location"].startswith(f"https://localhost:{deployment.port}/c/") or (
        plain.headers["location"].startswith("https://localhost/c/")
    )
    page = person.http.get("/", headers={"X-Forwarded-Proto": "http"})
    assert (page.status_code, "strict-transport-security" in page.headers) == (200, True)
    assert all(cookie.secure for cookie in person.http.cookies.jar if cookie.name.startswith("sessionid"))


def test_a_large_file_arrives(deployment, person):
    content = os.urandom(LARGE // 2).hex().encode()
    sent = person.send_file("/attachments/", ("large.txt", content), key=os.urandom(16).hex())
    assert sent.status_code in (201, 303), sent.text[:500]
    found = until_read(person, 120)
    assert (found["size"], found["error"] in ("", "too_long")) == (len(content), True)


@pytest.mark.parametrize("name", HOSTS)
def test_a_stream_goes_through_while_a_web_server_is_killed(deployment, person, name):
    asked = f"/say 200 words at 25 without {name} at {time.time()}"
    conversation = person.start(asked)
    with Reader(person, conversation) as one, Reader(person, conversation) as other:
        for tab in (one, other):
            tab.until_shown(20, 60)
        deployment.processes[name].kill()
        until(lambda: person.get("/").status_code == 200, 30, "The other web server is not asked")
        whole(deployment, person, conversation, asked)
        for tab in (one, other):
            tab.until(lambda reply: reply.status == "done", 60)
            assert tab.all_mistakes == []


def test_another_worker_answers_when_one_has_ended(deployment, person):
    deployment.processes["worker"].stop()
    asked = f"/say 20 words by the second worker at {time.time()}"
    whole(deployment, person, person.start(asked), asked)

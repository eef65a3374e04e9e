"""What is answered before Django, and what every answer carries."""

from pathlib import Path

import httpx2
import pytest
from django.contrib.staticfiles.finders import get_finder

from parley_server.asgi import application
from parley_server.edge import Edge, without_nul

pytestmark = pytest.mark.django_db
STATIC = Path(__file__).parents[2] / "src/parley/static/parley"


@pytest.fixture
async def http():
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.mark.parametrize("host", ["testserver", "10.1.2.3", "stranger.example"])
async def test_the_health_check_answers_under_any_host_name(http, host):
    response = await http.get("/healthz", headers={"Host": host})
    assert (response.status_code, response.content) == (200, b"ok")


async def test_other_pages_refuse_a_strange_host_name(http):
    assert (await http.get("/accounts/login/", headers={"Host": "stranger.example"})).status_code == 400


@pytest.mark.parametrize(
    "path", ["/healthz", "/static/parley/icon.svg", "/static/nowhere", "/nowhere/", "/manifest.webmanifest"]
)
async def test_every_answer_says_what_a_browser_may_do_with_it(http, path):
    headers = (await http.get(path)).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-DNS-Prefetch-Control"] == "off"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    drawn_with = path.startswith("/static/parley/")  # The frame of diagrams has an origin of its own.
    assert headers["Cross-Origin-Resource-Policy"] == ("cross-origin" if drawn_with else "same-origin")
    assert "camera=()" in headers["Permissions-Policy"]


async def test_a_header_is_given_once(http):
    response = await http.get("/nowhere/")
    names = [name.lower() for name, _ in response.headers.raw]
    assert len(names) == len(set(names))


async def test_a_static_file_is_sent_as_it_lies_there(http):
    response = await http.get("/static/parley/icon.svg", headers={"Accept-Encoding": "identity"})
    assert response.content == (STATIC / "icon.svg").read_bytes()
    assert response.headers["Content-Type"] == "image/svg+xml"
    again = await http.get("/static/parley/icon.svg", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/healthz", "/static/parley/icon.svg"])
async def test_what_needs_no_thread_of_the_requests_is_answered_without_the_application(path):
    transport = httpx2.ASGITransport(app=Edge(application=None))
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        assert (await client.get(path)).status_code == 200


async def test_a_part_of_a_static_file(http):
    response = await http.get("/static/parley/icon.svg", headers={"Range": "bytes=1-3", "Accept-Encoding": "identity"})
    assert (response.status_code, response.content) == (206, (STATIC / "icon.svg").read_bytes()[1:4])


async def test_a_static_file_is_read_only(http):
    assert (await http.post("/static/parley/icon.svg")).status_code == 405
    assert (await http.head("/static/parley/icon.svg")).content == b""


@pytest.mark.parametrize(
    "path", ["/static/../settings.py", "/static/%2e%2e/settings.py", "/static/%00", "/static//etc/passwd"]
)
async def test_nothing_but_static_files_is_sent_as_one(http, path):
    assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/static/", "/static/parley", "/static/parley/", "/static/parley/later/"])
async def test_a_folder_is_no_static_file(http, path):
    assert (await http.get(path)).status_code == 404


async def test_a_static_file_that_was_built_again_is_sent_whole(http, tmp_path, settings):
    settings.STATICFILES_DIRS = [tmp_path]
    get_finder.cache_clear()
    (tmp_path / "built.css").write_text("a")
    assert (await http.get("/static/built.css")).text == "a"
    (tmp_path / "built.css").write_text("longer")
    response = await http.get("/static/built.css")
    assert (response.text, response.headers["Content-Length"]) == ("longer", "6")
    get_finder.cache_clear()


ODD_TYPES = [
    "a; charset*=nope''%41",
    "a; charset*=utf-8''a%00b",
    "a; b*=idna''%41",
    "a; charset*=utf-16''%41",
    "\xff;;=",
]


@pytest.mark.parametrize("type_", ODD_TYPES)
@pytest.mark.parametrize("path", ["/nowhere/", "/accounts/login/", "/transfers/import/", "/static/nowhere", "/healthz"])
@pytest.mark.parametrize("size", [3, 70_000])
async def test_no_type_of_a_body_breaks_an_address(http, path, type_, size):
    headers = {"Content-Type": type_.encode("latin-1"), "Host": "127.0.0.1"}
    response = await http.post(path, headers=headers, content=b"a" * size)
    assert response.status_code in (200, 302, 403, 404, 413)


@pytest.mark.parametrize("nul", ["\\000", "\0"])
async def test_a_cookie_with_nul_breaks_no_page(http, nul):
    """PostgreSQL refuses to be asked about it."""
    headers = {"Cookie": f'sessionid="{nul}{"a" * 32}"; theme=x'.encode(), "Host": "127.0.0.1"}
    assert (await http.get("/accounts/login/", headers=headers)).status_code == 302
    scope = {"headers": [(b"cookie", headers["Cookie"])]}
    assert without_nul(scope)["headers"] == [(b"cookie", b'sessionid="%s"; theme=x' % (b"a" * 32))]

"""The key of a connection, and what its headers hold, are nowhere but where they are sent."""

import io
import os
import re
import threading
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from cryptography.fernet import Fernet

from tests.support.processes import until
from tests.views.connections import FORM

KEY, HEADER = "sk-canary-5f1d7c2e9b", "canary-of-a-header-8a4e"
NEVER_KEPT = {"key": "sk-canary-never-kept-77ab", "headers": "X-Canary: canary-never-kept-of-a-header"}
SECRETS = (KEY, HEADER, "canary-never-kept")


@pytest.fixture(scope="module")
def product(make_stack):
    """A product in debug mode, whose error pages show all they may."""
    stack = make_stack(env={"DEBUG": "1"})
    yield stack
    stack.down()


@pytest.fixture
def commands(product):
    """What every process says to Valkey, the arguments of tasks included."""
    heard, client = [], redis.Redis.from_url(product.valkey.url)

    def listen(monitor):
        with suppress(redis.RedisError, OSError, ValueError):
            heard.extend(command["command"] for command in monitor.listen())

    with client.monitor() as monitor:
        thread = threading.Thread(target=listen, args=[monitor], daemon=True)
        thread.start()
        yield heard
    client.close()


def everywhere(product, pages, commands):
    """(place, bytes) of all that a product shows, keeps, says and logs."""
    yield from pages.items()
    yield "commands", "\n".join(map(str, commands)).encode()
    for file in filter(Path.is_file, product.folder.rglob("*")):
        yield str(file), file.read_bytes()
    for process in product.processes.values():
        for pid in group_of(process.pid):
            for name in ("cmdline", "environ"):
                yield f"/proc/{pid}/{name}", Path(f"/proc/{pid}/{name}").read_bytes()


def group_of(leader):
    """The processes of a group, which are all children of one command."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in pids if in_group(pid, leader)]


def in_group(pid, leader):
    try:
        return os.getpgid(pid) == leader
    except ProcessLookupError:
        return False


def test_a_key_is_nowhere_but_where_it_is_sent(product, fake_provider, commands):
    person, pages = product.person(staff=True), {}

    def note(place, response):
        pages[place] = response.content
        return response

    def post(path, **fields):
        return note(f"POST {path} {len(pages)}", person.post(path, **fields))

    secret = {"key": KEY, "headers": f"X-Canary: {HEADER}"}
    form = {**FORM, "base_url": fake_provider.base_url}
    assert post("/connections/new/", **{**form, "name": ""}, **secret).status_code == 422
    test = post("/connections/new/", **form, **secret).headers["location"]
    until(lambda: "It works." in note(test, person.get(test)).text, 30, "The test did not end")
    assert post(test.replace("/test/", "/default/"), model="fake-1").status_code == 303
    until(lambda: person.get("/connections/").text.count("Default") == 1, 10, "The default is not known everywhere")

    done = person.answer("/say 5 words")
    assert done["status"] == "done"
    sent = fake_provider.asked("/say 5 words")[0].headers
    assert (sent["authorization"], sent["x-canary"]) == (f"Bearer {KEY}", HEADER)
    for words in ("/error 400", "/error 401", "/forged-error"):
        assert person.answer(words)["status"] == "failed"
    product.manage("parley_keys", "rotate")

    edit = test.removesuffix("test/")
    for path in ("/", "/connections/", edit, test, "/admin/", "/admin/parley/call/"):
        note(path, person.get(path))
    post(edit, **form, **secret)
    broken = Fernet((product.folder / "encryption_key").read_text().strip()).encrypt(b"7").decode()
    product.db.query("UPDATE parley_connection SET secret = ?", broken)
    refused = post(edit, **form, **NEVER_KEPT)
    assert refused.status_code == 500
    assert "object has no attribute" in refused.text
    assert post("/nowhere/").status_code == 404

    export = post("/transfers/export/").headers["location"]
    until(lambda: b'data-status="done"' in person.get(export).content, 30, "The export did not end")
    download = re.search(r'href="([^"]+/download/)"', person.get(export).text)[1]
    archive = person.get(download).content
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        pages |= {name: files.read(name) for name in files.namelist()}

    found = [(place, secret) for place, words in everywhere(product, pages, commands) for secret in SECRETS
        if secret.encode() in words]  # fmt: skip
    assert found == []
    assert any("parley.test_connection" in str(command) for command in commands)

"""The image is built and run: the first account, an answer, a restart, any account, and an end that leaves nothing."""

import json
import os
import re
import time

import pytest

from tests.deploy.images import Container, Store
from tests.deploy.running import CODE, answers, first_account
from tests.support.databases import database_at
from tests.support.people import Person
from tests.support.processes import free_port, until

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(1800)]
HEALTH = ("python", "-I", "/app/src/parley_server/health.py")
MOST = 290_000_000
"""Bytes of the image, unpacked, beside those of its base."""
MOST_WITH_MODEL = 500_000_000


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("images"))
    store.make_bases()
    store.build_ours("parley")
    return store


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    os.chown(folder, 1000, 1000)
    return folder


@pytest.fixture
def container(store, data):
    """A function that makes a container with the data."""
    made = []

    def make(image="parley", **choices):
        made.append(Container(store, image, data, **choices))
        return made[-1]

    yield make
    for one in made:
        one.remove()


def memory(processes):
    """Bytes of processes, of which each page that they share counts once (PSS)."""
    return sum(one.memory_full_info().pss for one in processes)


def owners(processes):
    return {one.uids().real for one in processes}


def test_the_image_is_small_and_says_how_it_runs(store):
    assert store.size("parley") - store.size("python") < MOST
    said = json.loads(store.buildah("inspect", "localhost/parley"))["Docker"]["config"]
    assert (said["User"], said["StopSignal"], said["Cmd"]) == ("1000:1000", "SIGTERM", ["parley"])
    assert (list(said["Volumes"]), list(said["ExposedPorts"])) == (["/data"], ["8000/tcp"])
    assert said["Healthcheck"]["Test"] == ["CMD", *HEALTH]
    assert said["Labels"]["org.opencontainers.image.licenses"] == "MIT"


def test_an_answer_is_still_there_after_a_restart(container, data, tmp_path, fake, record_property):
    port = str(free_port())
    env = {"PORT": port, "OPENAI_BASE_URL": fake.base_url, "OPENAI_MODEL": "fake-1"}
    url, database = f"http://127.0.0.1:{port}", database_at(f"sqlite:///{data / 'parley.sqlite3'}")
    box, began = container(**env), time.monotonic()
    process = box.start(tmp_path, "parley")
    process.wait_for_line("Parley is ready", 120)
    record_property("seconds to ready", round(time.monotonic() - began, 1))
    assert box.run(*HEALTH).returncode == 0
    ann = first_account(url, database, re.search(CODE, process.output)[1])
    conversation = ann.start("/say Hello from the image")
    assert ann.settled(conversation)["status"] == "done"
    assert owners(box.processes()) == {1000}
    record_property("memory in MB", memory(box.processes()) // 1_000_000)
    assert {path.stat().st_mode & 0o077 for path in data.rglob("*")} == {0}
    box.stop(45)
    assert box.run(*HEALTH).returncode == 1
    again = container(**env)
    again.start(tmp_path, "parley", "run").wait_for_line("Parley is ready", 120)
    assert "Hello from the image" in Person(url, database, "ann").sign_in().page(conversation).html
    again.stop(45)


def test_the_image_with_a_model_answers_without_a_provider(store, container, data, tmp_path, record_property):
    store.build_ours("with-model", "--target", "with-model")
    bytes_of = {name: store.size(name) for name in ("with-model", "parley", "python")}
    record_property("MB more than the image", (bytes_of["with-model"] - bytes_of["parley"]) // 1_000_000)
    assert bytes_of["with-model"] - bytes_of["python"] < MOST_WITH_MODEL
    port = str(free_port())
    url, database = f"http://127.0.0.1:{port}", database_at(f"sqlite:///{data / 'parley.sqlite3'}")
    box, began = container(image="with-model", PORT=port), time.monotonic()
    process = box.start(tmp_path, "parley")
    process.wait_for_line("Parley is ready", 180)
    record_property("seconds to ready", round(time.monotonic() - began, 1))
    ann = first_account(url, database, re.search(CODE, process.output)[1])
    reply = ann.settled(ann.start("What is the capital of France?"), 240)
    record_property("seconds to the first answer", round(time.monotonic() - began, 1))
    assert (reply["status"], bool(reply["content"].strip())) == ("done", True)
    record_property("memory in MB", memory(box.processes()) // 1_000_000)
    box.stop(60)


def test_any_account_that_may_write_runs_it(container, data, tmp_path):
    os.chown(data, 4711, 4712)
    port = str(free_port())
    box = container(user="4711:4712", PORT=port, OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    box.start(tmp_path, "parley").wait_for_line("Parley is ready", 120)
    assert owners(box.processes()) == {4711}
    until(lambda: answers(f"http://127.0.0.1:{port}/static/parley/parley.css"), 5, "There is no style")
    box.stop(45)


def test_an_account_that_may_not_write_is_told_so(container, data):
    os.chown(data, 0, 0)
    done = container(OPENAI_BASE_URL="http://127.0.0.1:9/v1").run("parley")
    said = (done.stdout + done.stderr).splitlines()
    assert done.returncode == 1
    assert said[0].startswith("PARLEY_DATA_DIR cannot be used: /data/"), said
    assert "Permission denied" in said[0]

"""Two web servers and two workers count together, whatever is killed meanwhile."""

import os
import random
import re
import threading
import time

import httpx2
import pytest

from tests.faults.conftest import QUICK
from tests.monitoring.test_metrics import read
from tests.support.processes import Process, free_port, until

TOKEN = "token-of-prometheus"
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "12"))
COUNTER = re.compile(r"_(total|bucket|sum|count)$")
BY_CLOCK = re.compile(r"^parley_oldest_pending_seconds .*$", re.MULTILINE)


@pytest.fixture(scope="module")
def product(make_stack, postgres):
    """Two of each, on PostgreSQL."""
    stack = make_stack(conf=QUICK, env={"METRICS_TOKEN": TOKEN}, database_url=postgres.create("metrics"))
    web, worker, port = stack.processes["web"], stack.processes["worker"], free_port()
    command = [str(port) if part == str(stack.port) else part for part in web.command]
    stack.processes["second_web"] = Process("second_web", command, stack.folder, web.env)
    stack.processes["second_worker"] = Process(
        "second_worker", [*worker.command, "-n", "second@%h"], stack.folder, worker.env
    )
    stack.urls = stack.url, f"http://127.0.0.1:{port}"
    stack.ensure_up()
    until(lambda: all(map(scraped, stack.urls)), 30, "The second web server does not answer")
    yield stack
    stack.down()


def scraped(url):
    """The text of a scrape, "" while the web server is away."""
    try:
        response = httpx2.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
    except httpx2.HTTPError:
        return ""
    assert response.status_code == 200
    return response.text


def counters(text):
    found = read(text)
    return {(name, *labels): value for name, series in found.items() if COUNTER.search(name)
        for labels, value in series.items()}  # fmt: skip


def replies(url):
    return sum(read(scraped(url)).get("parley_replies_total", {}).values())


def test_each_web_server_tells_the_same_numbers(product):
    person = product.person()
    before = replies(product.url)
    with person.socket() as first, person.socket() as second:
        assert first is not second
        for _ in range(6):
            assert person.answer("/say 5 words")["status"] == "done"
        assert person.answer("/error 400")["status"] == "failed"
        until(lambda: replies(product.url) == before + 7, 10, "Not every reply is counted")
        until(lambda: read(scraped(product.url))["parley_sockets"] == {(): 2}, 10, "Not every socket is counted")
        time.sleep(1)
        texts = {BY_CLOCK.sub("", scraped(url)) for url in product.urls}
    assert len(texts) == 1
    found = read(texts.pop())
    assert found["parley_workers"] == {(): 2}
    assert found["parley_replies"] == {("pending",): 0, ("streaming",): 0}
    assert found["parley_replies_total"][("done", "")] >= 6
    assert found["parley_first_text_seconds_count"] == {("fake-1",): found["parley_reply_seconds_count"][()] - 1}
    assert found["parley_provider_errors_total"] == {("bad_request",): 1}
    rows = product.db.one("SELECT sum(completion_tokens) AS tokens FROM parley_call")
    assert found["parley_tokens_total"][("completion", "fake-1")] == rows["tokens"]


def test_a_worker_that_is_asked_to_end_has_sent_everything(product):
    person, before = product.person(), replies(product.url)
    for name in ("worker", "second_worker"):
        assert person.answer("/say 3 words")["status"] == "done"
        product.stop(name)
        product.start(name)
    until(lambda: replies(product.url) == before + 2, 5, "A count is lost")


def test_nothing_is_counted_for_a_token(product):
    """Some commands for a reply, however long it is."""
    person, heard = product.person(), []
    conversation = person.start("/say 3 words")
    person.settled(conversation)
    time.sleep(2)
    with product.valkey.client() as client, client.monitor() as monitor:
        for words in (3, 300):
            heard.append(0)
            person.ask(conversation, f"/say {words} words at 200")
            person.settled(conversation)
            time.sleep(1.5)  # until what was counted is sent
            client.echo("enough")
            for command in monitor.listen():
                heard[-1] += "parley:metrics" in command["command"] and "HINCRBY" in command["command"]
                if command["command"] == "ECHO enough":
                    break
    short, long = heard
    assert 0 < short == long <= 8


class Scraper(threading.Thread):
    """Reads a web server again and again, and notes what fell."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.ending = url, threading.Event()
        self.highest, self.fallen, self.scrapes = {}, [], 0

    def run(self):
        while not self.ending.wait(0.1):
            if text := scraped(self.url):
                self.look(text)

    def look(self, text):
        self.scrapes += 1
        up = "parley_valkey_up 1" in text
        for key, value in counters(text).items() if up else ():
            if value < self.highest.get(key, 0):
                self.fallen.append((key, self.highest[key], value))
            self.highest[key] = max(value, self.highest.get(key, 0))


@pytest.mark.timeout(300)
def test_no_counter_falls_while_processes_are_killed(product):
    dice, person = random.Random(16), product.person()
    scrapers = [Scraper(url) for url in product.urls]
    for scraper in scrapers:
        scraper.start()
    before = replies(product.url)
    names = ("worker", "web", "second_worker", "second_web", "valkey")
    asked = []
    for round_ in range(ROUNDS):
        name = names[round_ % len(names)]
        for _ in range(3):
            try:
                asked.append(person.start("/say 20 words"))
            except (httpx2.HTTPError, AssertionError):
                continue  # the web server, or Valkey, is just being started
        time.sleep(dice.uniform(0, 1))
        product.kill(name)
        product.start(name)
        if name == "web":
            product.wait_for_web()
    for conversation in asked:
        person.settled(conversation, 60)
    until(lambda: replies(product.url) > before, 10, "Nothing was counted")
    time.sleep(2)
    for scraper in scrapers:
        scraper.ending.set()
        scraper.join(20)
        assert scraper.fallen == []
        assert scraper.scrapes > 10
    after = replies(product.url)
    assert before < after <= before + len(asked)
    assert counters(scraped(product.urls[0])) == counters(scraped(product.urls[1]))

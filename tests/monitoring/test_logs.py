"""Logs as JSON: every line of every process, what it belongs to, and nothing that anybody wrote."""

import asyncio
import json
import logging
import sys
import threading
import warnings
from uuid import UUID

import httpx2
import pytest
from celery import Celery

from parley import correlation
from parley_server import json_logs
from parley_server.asgi import application
from parley_server.json_logs import Formatter
from parley_server.processes import print_line
from tests.support.processes import until
from tests.support.uploads import upload

HEADER = "x-request-id"
FORMATTER = Formatter()


def formatted(**facts):
    record = logging.makeLogRecord({"name": "parley.test", "levelname": "WARNING", "levelno": 30, "msg": "Hello %s",
        "args": ("there",), **facts})  # fmt: skip
    return json.loads(FORMATTER.format(record))


@pytest.fixture(autouse=True)
def _no_facts():
    correlation.begin()
    yield
    correlation.begin()


def test_a_record_says_what_it_belongs_to():
    correlation.begin(request="r-1", person=lambda: 7)
    correlation.note(reply="a", attempt=1)
    line = formatted(reply="b", ms=12)
    assert line["msg"] == "Hello there"
    assert (line["level"], line["logger"]) == ("WARNING", "parley.test")
    assert line["ts"].endswith("+00:00")
    told = {name: line.get(name) for name in correlation.FIELDS}
    assert told == {"request": "r-1", "reply": "b", "attempt": 1, "worker": None, "person": 7, "connection": None,
        "model": None, "ms": 12}  # fmt: skip


def test_a_request_of_django_is_no_id():
    correlation.begin(request="r-1")
    assert formatted(request=object())["request"] == "r-1"


def test_a_traceback_stands_in_its_line_and_secrets_in_none(settings):
    try:
        raise RuntimeError(f"no: {settings.PARLEY['API_KEY']}")
    except RuntimeError:
        line = formatted(exc_info=sys.exc_info(), msg=settings.SECRET_KEY, args=())
    assert "RuntimeError: no: ***" in line["error"]
    assert line["msg"] == "***"


@pytest.mark.parametrize("words", ['"', "\\", "\n{", "\ud800", "\x00", "é" * 10_000])
def test_every_text_is_one_line(words):
    record = logging.makeLogRecord({"msg": words, "levelname": "INFO"})
    text = FORMATTER.format(record)
    assert "\n" not in text
    assert json.loads(text)["msg"] == words


def test_a_host_takes_the_facts_with_a_filter():
    correlation.begin(request="r-1", reply="a")
    record = logging.makeLogRecord({"msg": "x", "reply": "b"})
    assert correlation.Filter().filter(record)
    assert (record.request, record.reply) == ("r-1", "b")


def test_what_a_service_prints_is_json_whatever_it_is():
    assert json.loads(json_logs.of_service("web", '{"msg": "a"}')) == {"msg": "a", "service": "web"}
    line = json.loads(json_logs.of_service("valkey", "1234:M # Warning"))
    assert (line["msg"], line["service"], line["logger"]) == ("1234:M # Warning", "valkey", "valkey")
    assert json.loads(json_logs.of_service("web", "[1]"))["msg"] == "[1]"


def test_what_python_prints_by_itself_is_logged(monkeypatch, caplog):
    for module, name in ((sys, "excepthook"), (threading, "excepthook"), (warnings, "showwarning")):
        monkeypatch.setattr(module, name, getattr(module, name))
    json_logs.install()
    try:
        warnings.warn("a warning", stacklevel=1)
        threading.excepthook(threading.ExceptHookArgs((ValueError, ValueError("in a thread"), None, None)))
        sys.excepthook(ValueError, ValueError("at the end"), None)
    finally:
        logging.captureWarnings(False)
    assert [record.levelname for record in caplog.records if record.name == "python"] == ["ERROR", "CRITICAL"]


def test_the_supervisor_prints_json_as_well(monkeypatch, capsys):
    monkeypatch.setenv("LOG_FORMAT", "json")
    print_line("Parley is ready: http://127.0.0.1:8000/")
    print_line("not json", "model")
    print_line('{"msg": "json"}', "web")
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line.get("service"), line["msg"]) for line in found] == [
        (None, "Parley is ready: http://127.0.0.1:8000/"), ("model", "not json"), ("web", "json")]  # fmt: skip


def test_celery_carries_the_facts_of_our_tasks_only():
    headers = {}
    correlation.begin(request="r-1")
    correlation._published(sender="host.task", headers=headers, body=((), {}, {}))
    assert headers == {}
    correlation._published(sender="parley.write_reply", headers=headers, body=(("1",), {}, {}))
    assert headers == {"parley_request": "r-1"}


def test_a_task_that_is_carried_out_at_once_keeps_the_facts_of_its_request():
    app, found = Celery("host", broker="memory://", set_as_current=False), []
    app.conf.task_always_eager = True
    correlation.begin(request="r-1")

    @app.task(name="tests.note", shared=False)
    def note():
        found.append(correlation.facts())

    note.delay()
    assert found == [{"request": "r-1"}]


# The id of a request


@pytest.fixture
async def http():
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.mark.parametrize("given", ["a", "A-b_9", "x" * 64])
async def test_the_id_of_a_proxy_is_kept(http, given):
    assert (await http.get("/healthz", headers={HEADER: given})).headers[HEADER] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"', "é", "a\tb"])
async def test_another_one_is_replaced(http, given):
    made = (await http.get("/healthz", headers={HEADER: given.encode("latin-1")})).headers[HEADER]
    assert made != given
    assert len(made) == 32


async def test_requests_do_not_share_their_ids(http):
    async def asked(number):
        return (await http.get("/healthz", headers={HEADER: f"r-{number}"})).headers[HEADER]

    assert await asyncio.gather(*map(asked, range(20))) == [f"r-{number}" for number in range(20)]


# A whole product


QUESTION, ANSWER, KEY = "canary-question-41d7", "canary-answer-9b2e", "sk-canary-key-66c0f1"
FILE, TITLE = "canary-file-c3a8", "canary-title-7e55"


@pytest.fixture(scope="module")
def product(make_stack):
    env = {"LOG_FORMAT": "json", "OPENAI_API_KEY": KEY, "METRICS_TOKEN": "canary-token-a1", "DEBUG": "0"}
    stack = make_stack(env=env, conf={"TITLE_MODEL": "fake-title"})
    yield stack
    stack.down()


def lines(product, *names):
    logs = {name: product.processes[name].output_of_this_run.splitlines() for name in names or ("web", "worker")}
    return {name: [json.loads(line) for line in found if line] for name, found in logs.items()}


def settled_lines(product, reply):
    found = [line for line in lines(product)["worker"] if line.get("reply") == reply and "ms" in line]
    return found if found else None


def test_a_reply_is_followed_from_its_request_to_the_provider(product):
    person = product.person()
    person.http.headers[HEADER] = "the-request-7"
    conversation = person.start("/say 5 words")
    reply = person.settled(conversation)
    [asked] = product.provider.asked("/say 5 words")
    assert asked.headers["x-client-request-id"] == "the-request-7"
    reply_id = str(UUID(str(reply["id"])))
    [ended] = until(lambda: settled_lines(product, reply_id), 10, "Nothing is logged")
    assert (ended["request"], ended["attempt"], ended["model"]) == ("the-request-7", 1, "fake-1")
    assert ended["msg"] == f"Reply {reply_id}: done."
    owner = str(product.db.one("SELECT id FROM auth_user WHERE username = ?", person.name)["id"])
    assert ended["person"] == owner
    assert ended["worker"]
    [sent] = [line for line in lines(product)["web"] if line.get("reply") == reply_id]
    assert (sent["request"], sent["person"]) == ("the-request-7", owner)


def test_a_task_without_a_request_asks_without_an_id(product):
    person = product.person()
    product.provider.clear()
    person.http.headers[HEADER] = "the-request-8"
    assert person.answer("/error 400")["status"] == "failed"
    assert {request.headers["x-client-request-id"] for request in product.provider.asked("/error 400")} == {
        "the-request-8"
    }


def test_no_line_holds_what_anybody_wrote_and_every_line_is_json(product):
    """Whatever the provider refuses, and however the processes end."""
    person = product.person(staff=True)
    for words in (f"/say 5 words {QUESTION}", f"/error 400 {QUESTION}", f"/error 500 {QUESTION}",
                  f"/forged-error {QUESTION}", f"/cut {QUESTION}"):  # fmt: skip
        person.answer(words, 60)
    conversation = person.start(f"/echo {ANSWER}")
    assert ANSWER in person.settled(conversation)["content"]
    person.post(f"/c/{conversation}/rename/", title=TITLE)
    person.post("/nowhere/", text=QUESTION)
    for name in (f"{FILE}.txt", f"{FILE}.pdf"):
        upload(person, FILE.encode(), name)
    person.get(f"/search/?q={QUESTION}")
    with httpx2.Client(base_url=product.url) as stranger:
        stranger.post("/conversations/", data={"text": QUESTION})
        stranger.get(f"/{QUESTION}", headers={"Host": "stranger.example"})
    product.stop("worker")
    product.stop("web")
    found = lines(product)
    assert found["web"]
    assert any("shutdown" in line["msg"] for line in found["worker"])
    everything = "".join(product.processes[name].output for name in ("web", "worker"))
    assert [word for word in (ANSWER, KEY, FILE, TITLE, "canary-token-a1") if word in everything] == []
    told = [line for line in everything.splitlines() if QUESTION in line]
    assert told == []

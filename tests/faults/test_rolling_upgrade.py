"""Old and new processes side by side, on one database that is the newest already: what a rolling upgrade is."""

from uuid import UUID

import pytest

from tests.faults.conftest import QUICK, assert_agree, assert_begun, assert_whole, question, until_settled
from tests.support.people import Person
from tests.support.processes import ROOT, Process, free_port, python, until
from tests.support.stack import CELERY, PYTHONPATH, UVICORN, Stack, answers
from tests.support.transfers import archive_of, bring_in, documents_in, export_everything
from tests.upgrades import old

pytestmark = pytest.mark.slow
PAIRS = [(web, worker) for web in ("web", "old web") for worker in ("worker", "old worker")]
ERRORS = ("Traceback", "IntegrityError", "OperationalError", "unregistered task", "CRITICAL")


class Mixed(Stack):
    """A product of which a worker and a web process are of the old program."""

    def __init__(self, folder, **options) -> None:
        super().__init__(folder, **options)
        tree = old.source(folder / "old")
        env = {**self.env, "PYTHONPATH": f"{tree / 'src'}:{tree}:{tree / 'tests/support/site'}"}
        web, worker = (words.replace("parley_server", "standalone").split() for words in (UVICORN, CELERY))
        self.old_port = free_port()
        self.processes["old web"] = Of(tree, "old-web", python("-m", *web, "--port", str(self.old_port)), folder, env)
        self.processes["old worker"] = Of(tree, "old-worker", python("-m", *worker, "-n", "old@%h"), folder, env)

    def wait_for(self, name: str) -> None:
        process = self.processes[name]
        if name == "old web":
            url = f"http://127.0.0.1:{self.old_port}/healthz"
            until(lambda: answers(url) or not process.running, 60, "The old web server does not answer")
        elif name in ("worker", "old worker"):
            workers = [self.processes[each] for each in ("worker", "old worker")]
            until(lambda: self.listening() >= sum(each.running for each in workers), 60, f"{name} does not listen")
        else:
            super().wait_for(name)
        assert process.running, process.output_of_this_run

    def listening(self) -> int:
        """Return how many workers take tasks from the queue."""
        with self.valkey.client() as client:
            return sum(entry["cmd"] == "brpop" for entry in client.client_list())

    def only(self, worker: str) -> None:
        """Have this worker, and no other."""
        self.ensure_up()
        self.stop({"worker": "old worker", "old worker": "worker"}[worker])

    def through(self, web: str) -> Person:
        """Sign in somebody who uses this web process."""
        url = self.url if web == "web" else f"http://127.0.0.1:{self.old_port}"
        return Person.register(url, self.db, next(self.names), staff=False, secret=self.env["SECRET_KEY"])


class Of(Process):
    """A process that begins in the folder of another program."""

    def __init__(self, tree, name, command, folder, env) -> None:
        assert tree != ROOT
        super().__init__(name, ["env", "-C", str(tree), *command], folder, {**PYTHONPATH, **env})


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def _mixed(request, make_stack):
    url = request.getfixturevalue("postgres").create("mixed") if request.param == "postgresql" else ""
    return make_stack(Mixed, database_url=url, conf=QUICK)


@pytest.fixture
def mixed(_mixed) -> Mixed:
    _mixed.ensure_up()
    yield _mixed
    said = {name: text for name, text in _mixed.logs.items() if any(word in text for word in ERRORS)}
    assert not said, said


@pytest.mark.parametrize(("web", "worker"), PAIRS)
def test_questions_through_either_web_process_are_answered_by_either_worker(mixed, reading, web, worker):
    mixed.only(worker)
    person = mixed.through(web)
    asked = question(60, at=60)
    conversation = person.start(asked)
    tab = reading(person, conversation)
    assert_whole(until_settled(mixed, conversation), asked)
    assert_agree(mixed, conversation, person, tab, within=10)


def test_a_tab_of_either_web_process_shows_what_either_worker_writes_at_the_same_time(mixed, reading):
    tabs = []
    for number in range(4):
        person, asked = mixed.through(("web", "old web")[number % 2]), question(80, at=50)
        conversation = person.start(asked)
        tabs.append((person, asked, conversation, reading(person, conversation)))
    for person, asked, conversation, tab in tabs:
        assert_whole(until_settled(mixed, conversation), asked)
        assert_agree(mixed, conversation, person, tab, within=10)


@pytest.mark.parametrize(("web", "worker"), [("web", "old worker"), ("old web", "worker")])
def test_a_file_is_imported_and_exported_by_the_worker_of_the_other_program(mixed, web, worker):
    mixed.only(worker)
    person = mixed.through(web)
    assert bring_in(person, archive_of(3))["status"] == "done"
    assert len(documents_in(export_everything(person))) == 3


def test_a_reply_of_the_old_worker_is_continued_by_the_new_one(mixed, reading):
    mixed.only("old worker")
    person, asked = mixed.through("old web"), question(300, at=40)
    conversation = person.start(asked)
    reading(person, conversation).until_shown(60)
    mixed.start("worker")
    mixed.stop("old worker")
    row = until_settled(mixed, conversation)
    assert_begun(row, asked)
    if row["status"] == "interrupted":
        assert person.post(f"/messages/{UUID(str(row['id']))}/resume/").status_code == 303
    assert_whole(until_settled(mixed, conversation), asked)

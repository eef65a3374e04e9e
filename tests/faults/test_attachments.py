"""A worker that dies takes no file with it, and no file takes a worker with it."""

import statistics
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.attachments.test_bad import BAD
from tests.faults.conftest import QUICK, question, until_settled
from tests.support.processes import until
from tests.support.reader import Reader
from tests.support.uploads import SLOWLY, attachment_of, start_with, until_read, upload

SLOW = b"4 seconds to read, and a passage of salt."
ANSWERS, WORDS, RATE, WATCHED, QUIET = 50, 2000, 20, 4, 8
ADDED = 0.15
"""Seconds that bombs may add to what 95 of 100 frames take from the provider to the page."""
LARGEST = 2**30
BOMBS = ("PDF that unpacks to 900 MB", "PDF packed over and over", "sheet of 17 billion cells", "tables in tables")
"""Those that are worst for who opens them; who only reads their directory refuses others at once."""


@pytest.fixture(scope="module")
def slow_stack(make_stack):
    stack = make_stack(conf={**QUICK, "EXTRACT": SLOWLY, "MAX_PER_PERSON": 2 * ANSWERS})
    yield stack
    for name in ("web", "worker"):
        stack.kill(name)


@pytest.fixture
def person(slow_stack):
    slow_stack.ensure_up()
    return slow_stack.person()


def readings(stack) -> list[Path]:
    """The processes of a product that read a file now, each in a folder of its own."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_child = b"attachments/child.py" in (entry / "cmdline").read_bytes()
            if is_child and (entry / "cwd").readlink().is_relative_to(stack.folder):
                found.append(entry)
    return found


def memory(process: Path) -> int:
    """Bytes of memory that are its own, and its share of what others use, too."""
    with suppress(OSError, StopIteration):
        lines = (process / "smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) * 1024
    return 0


def asked_while_it_is_read(stack, person):
    """A question whose file is being read."""
    asked = question(20)
    conversation = start_with(person, asked, upload(person, SLOW, "salt.txt"))
    until(lambda: attachment_of(person)["status"] == "reading" and readings(stack), 20, "Nobody reads the file")
    return asked, conversation


def assert_answered_once(stack, person, conversation, asked, *, deaths, attempts):
    reply, attachment = until_settled(stack, conversation, 60), attachment_of(person)
    assert (reply["status"], reply["error"]) == ("done", "")
    assert (attachment["status"], attachment["deaths"]) == ("ready", deaths)
    assert attachment["attempt"] in attempts
    assert attachment["characters"] == len(SLOW)
    [request] = stack.provider.asked(asked)
    assert SLOW.decode() in str(request.body)


def test_a_file_is_read_again_after_its_worker_was_killed_and_its_question_answered(slow_stack, person):
    """Test 5."""
    asked, conversation = asked_while_it_is_read(slow_stack, person)
    slow_stack.kill("worker")
    until(lambda: not readings(slow_stack), 5, "What reads the file outlives its worker")
    slow_stack.start("worker")
    assert_answered_once(slow_stack, person, conversation, asked, deaths=1, attempts=(2,))


def test_it_is_handed_over_when_its_worker_is_asked_to_end(slow_stack, person):
    asked, conversation = asked_while_it_is_read(slow_stack, person)
    begun = time.monotonic()
    slow_stack.stop("worker")
    assert time.monotonic() - begun < QUICK["SHUTDOWN_GRACE"] + 4
    assert attachment_of(person)["status"] == "waiting"
    slow_stack.start("worker")
    # A worker that ends may be sent it once more, and hands it over at once.
    assert_answered_once(slow_stack, person, conversation, asked, deaths=0, attempts=(2, 3))


def test_it_is_read_while_valkey_is_away_and_its_question_answered_afterwards(slow_stack, person):
    asked, conversation = asked_while_it_is_read(slow_stack, person)
    slow_stack.kill("valkey")
    try:
        assert until_read(person)["status"] == "ready"
    finally:
        slow_stack.start("valkey")
    assert_answered_once(slow_stack, person, conversation, asked, deaths=0, attempts=(1,))


class Watching(Reader):
    """A tab that notes when it showed how many words."""

    def __init__(self, *arguments) -> None:
        self.shown: list[tuple[float, int]] = []
        super().__init__(*arguments)

    def note(self) -> None:
        super().note()
        self.shown.append((time.monotonic(), len(self.reply.text.split())))

    def lags(self, since: float, until: float) -> list[tuple[float, float]]:
        """(time, seconds from the provider to the page) of the last word of each frame between two times.

        They have a common offset, and a drift: a provider on a busy machine is slower than it is told to be.
        """
        return [(at, at - words / RATE) for at, words in self.shown if since <= at <= until]

    def added(self, quiet: float, begun: float, ended: float, over: float) -> tuple[list[float], list[float]]:
        """Lags before and during what happens between ``begun`` and ``ended``, against those before and afterwards."""
        (first, low), (last, high) = (middle(self.lags(*span)) for span in ((quiet, begun), (ended, over)))
        drift = (high - low) / (last - first)
        before, during = self.lags(quiet, begun), self.lags(begun, ended)
        return tuple([lag - low - drift * (at - first) for at, lag in span] for span in (before, during))


def middle(lags: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(at for at, _ in lags), statistics.median(lag for _, lag in lags)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_twenty_bombs_at_once_hold_no_answer_up(make_stack):
    """Test 4: answers to fifty questions stream beside them, and the worker lives."""
    stack = make_stack(conf={**QUICK, "MAX_PER_PERSON": 2 * ANSWERS})
    reader, *people = [stack.person() for _ in range(11)]
    bombs = [(made(), name) for made, name, _ in map(BAD.__getitem__, BOMBS)]
    conversations = [reader.start(question(WORDS, at=RATE)) for _ in range(ANSWERS)]
    with ExitStack() as tabs:
        watching = [tabs.enter_context(Watching(reader, each)) for each in conversations[:WATCHED]]
        for tab in watching:
            tab.until_shown(20, 60)
        times = [time.monotonic()]
        time.sleep(QUIET)
        times.append(time.monotonic())
        for person, (content, name) in zip(people * 2, bombs * (20 // len(BOMBS)), strict=True):
            upload(person, content, name)
        largest, most = watch_memory(stack)
        times.append(time.monotonic())
        time.sleep(QUIET)
        times.append(time.monotonic())
    each = [tab.added(*times) for tab in watching]
    before, during = (p95([lag for tab in each for lag in tab[span]]) for span in (0, 1))
    print(f"{times[2] - times[1]:.1f} s of bombs add {during - before:.3f} s; {largest / 1e6:.0f} MB")
    assert during - before < ADDED
    assert 0 < largest <= LARGEST
    assert most <= 2
    assert stack.processes["worker"].running
    assert {row["status"] for row in stack.db.query("SELECT status FROM parley_attachment")} == {"failed"}
    assert stack.db.one("SELECT count(*) AS n FROM parley_message WHERE error <> ''")["n"] == 0
    stack.down()


def watch_memory(stack) -> tuple[int, int]:
    """Wait until no file is to be read → (the most memory of all readings at once, the most of them at once)."""
    largest, most = 0, 0

    def over() -> bool:
        nonlocal largest, most
        now = readings(stack)
        largest, most = max(largest, sum(map(memory, now))), max(most, len(now))
        waiting = "SELECT count(*) AS n FROM parley_attachment WHERE status IN ('waiting', 'reading')"
        return stack.db.one(waiting)["n"] == 0

    until(over, 200, "The bombs are still being read", every=0.1)
    return largest, most

"""What the benchmark computes: who asked what, what its reader has seen, and whether targets are met."""

import asyncio
import dataclasses
import time

import orjson
import pytest

from benchmarks import budgets, processes, report, targets
from benchmarks.frames import Answer
from benchmarks.idle import Idle
from benchmarks.measure import Result
from benchmarks.provider import Pace
from benchmarks.scenarios import ALL, LONG, QUICK, SHORT, Scenario
from benchmarks.viewers import Asked, ProductViewer

QUESTION, REPLY = "0" * 35 + "1", "0" * 35 + "2"
ASKED = f'data-message="{QUESTION}" data-role="user" data-status="done"'
RUNNING = f'data-message="{REPLY}" data-role="assistant" data-status="pending"'
RESPONSE = f'<article {ASKED}></article><article {RUNNING}><parley-reply reply="{REPLY}"></parley-reply></article>'
SETTLED = RUNNING.replace("pending", "done") + "><div data-body>{}</div>"


@pytest.mark.parametrize("scenario", [*ALL, *QUICK], ids=lambda scenario: scenario.name)
def test_a_scenario_is_read_from_its_name_and_no_question_is_asked_twice(scenario):
    assert Scenario.named(scenario.name) == scenario
    asked = {scenario.question(person, turn) for person in range(scenario.people) for turn in range(scenario.asks)}
    assert len(asked) == scenario.questions


def test_nothing_else_is_the_name_of_a_scenario():
    with pytest.raises(ValueError, match="20x50"):
        Scenario.named("20x50")


# The reader


class Tab(ProductViewer):
    """A reader whose server answers every form with one response, and remembers what it was sent."""

    def __init__(self, answer, arriving=()):
        super().__init__("ada", "http://test", answer)
        self.conversation, self.arriving, self.sent = "c", arriving, []

    async def send_form(self, path, headers, fields):
        self.sent.append((path, fields["text"]))
        for message in self.arriving if "messages" in path else ():
            self.receive(orjson.dumps(message).decode())
        self.made = 8
        return RESPONSE

    async def send(self, **message):
        self.sent.append(message["do"])


@pytest.mark.parametrize("by_the_feed", [False, True])
def test_a_reader_asks_as_a_browser_does(by_the_feed):
    answer = Answer(["one", " two"])
    settled = [1, 3, {"version": 9, "meta": ""}]
    if by_the_feed:
        settled = {"version": 9, "stream": SETTLED.format(answer.html)}
    tab = Tab(answer, [[7, "1-1", None, "<p>of another"], {"version": 7, "stream": "of another tab"}])

    async def ask():
        asking = asyncio.create_task(tab.ask("?"))
        await asyncio.sleep(0)
        for message in ({"pong": True}, [1, "1-1", None, "<p>one"], [1, 2, " two"], settled):
            tab.receive(orjson.dumps(message).decode())
        await asking

    asyncio.run(ask())
    assert tab.sent == [("/c/c/messages/", "?"), "open", "follow", "unfollow"]
    [asked] = tab.asked
    assert (asked.exact, len(asked.arrivals), asked.reply, tab.told, tab.version) == (True, 2, REPLY, 0, 9)


@pytest.mark.parametrize("late", [False, True])
def test_a_question_that_is_told_again_is_counted(late):
    again = {"version": 8, "stream": ASKED}
    tab = Tab(Answer(["one"]), () if late else [again])

    async def ask():
        asking = asyncio.create_task(tab.ask("?"))
        await asyncio.sleep(0)
        if late:
            tab.receive(orjson.dumps(again).decode())
        tab.receive(orjson.dumps({"version": 9, "stream": SETTLED.format("another text")}).decode())
        await asking

    asyncio.run(ask())
    assert (tab.told, tab.asked[0].exact) == (1, False)


def test_a_reader_pings_every_twenty_seconds_and_after_five_silent_ones_while_it_follows():
    tab = Tab(Answer(["one"]))
    tab.pinged = tab.heard = now = time.monotonic()
    assert tab.due == now + 20
    tab.question = QUESTION
    tab.asked.append(Asked("?"))
    assert tab.due == now + 5
    tab.heard = now + 2
    assert tab.due == now + 7
    tab.ended.set()
    assert tab.due == now + 20


# Targets and tables


def result(subject, scenario, *, first=0.01, late=0.01, used=0.001, **others):
    """One result that meets every target, but for what is given."""
    usual = Result(
        subject=subject,
        scenario=scenario,
        latencies=[late] * 3,
        first=[first] * 3,
        exact=1.0,
        bytes_per_character=1.0,
        requests=1.0,
        told=0.0,
        cpu=dict.fromkeys(("web", "worker"), used * scenario.questions),
        memory=0.0,
        peak=0.0,
        writes={"rows": 2.0, "commits": 1.0},
        provider_late=0.0,
        driver_busy=0.0,
    )
    return dataclasses.replace(usual, **others)


def missed(product):
    of_all = [verdict for _, verdict in targets.over_all([product])]
    found = [*targets.verdicts(product, result("bound", product.scenario)), *of_all]
    return [verdict.words for verdict in found if not verdict.met]


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_what_is_like_the_bound_meets_every_target(scenario):
    assert missed(result("SQLite", scenario)) == []


@pytest.mark.parametrize(
    ("scenario", "measured", "target"),
    [
        ("20x50@50", {"first": 0.2}, "first text p50 ≤ 180 ms"),
        ("100x50@50", {"first": 1.6}, "first text p95 ≤ 1,500 ms"),
        ("300x200@20", {"first": 4.6}, "first text p95 ≤ 4,500 ms"),
        ("100x400@50", {"late": 0.24}, "added latency p95 ≤ 230 ms"),
        ("300x200@20", {"used": 0.0016}, "CPU of the bound's ≤ 1.5 ×"),
        ("100x400@50", {"used": 0.0013}, "CPU of the bound's ≤ 1.2 ×"),
        ("100x50@50", {"used": 0.008}, "web and worker ≤ 15 CPU-ms a question"),
        ("100x50@50", {"bytes_per_character": 9.4}, "≤ 5 bytes a character, where all messages fit the context window"),
        ("20x50@50", {"requests": 2.0}, "one request a question"),
        ("20x50@50", {"told": 0.1}, "no question told again to who asked"),
        ("20x50@50", {"exact": 0.99}, "every answer exact"),
        (
            "20x50@50",
            {"writes": {"rows": 9.0, "commits": 6.0}},
            "database writes a question ≤ 4, and one for each second",
        ),
    ],
)
def test_a_target_is_missed(scenario, measured, target):
    assert missed(result("SQLite", Scenario.named(scenario), **measured)) == [target]


def test_scenarios_and_databases_are_compared():
    burst = Scenario(100, 50, 50)
    results = [
        result("SQLite", SHORT),
        result("SQLite", LONG, cpu={"web": 0.05, "worker": 0.1}),
        result("SQLite", burst, first=0.1),
        result("PostgreSQL", burst, first=0.2),
    ]
    found = [(subject, verdict.value) for subject, verdict in targets.over_all(results) if not verdict.met]
    assert found == [("SQLite", "2.00 ×"), ("SQLite", "1.50 ×"), ("PostgreSQL", "2.00 ×")]


@pytest.mark.parametrize(("tabs", "used", "met"), [(0, 8, True), (0, 9, False), (50, 20, True), (50, 21, False)])
def test_idling_has_a_limit(tabs, used, met):
    assert targets.of_idle(Idle("SQLite", tabs, {"web": used - 1, "worker": 1})).met == met


def test_every_row_of_a_table_has_a_cell_for_each_column():
    burst = Scenario(20, 50, 50)
    bare = {"cpu": {"relay": 0.1}, "writes": {"rows": 0.0, "commits": 0.0}}
    relays = [result(name, burst, **bare) for name in report.RELAYS]
    rows = [
        [*(result(name, scenario) for name in ("SQLite", "PostgreSQL")), *(relays if scenario == burst else ())]
        for scenario in (burst, SHORT, LONG)
    ]
    text = report.tables(rows, [Pace(100_000, 30), Pace(5_000, 30)], [Idle("SQLite", 0, {"web": 1.0})])
    for table in (part for part in text.split("\n\n") if part.startswith("|")):
        assert len({line.count("|") for line in table.strip().splitlines()}) == 1


def test_a_process_that_has_ended_uses_nothing_more():
    gone = 2**22 + 1
    assert (processes.cpu_seconds(gone), processes.memory(gone)) == (0, 0)


# Budgets


def test_marks_a_claim_that_budgets_make_too_slow():
    steps = {kind: {step: [0.002, 5] for step in budgets.STEPS} for kind in budgets.KINDS}
    steps["tokens"]["claim"], steps["money"]["claim"] = [0.0029, 8], [0.0031, 8]
    rows = budgets.table({"SQLite": steps}).splitlines()
    assert rows[2] == "| claim, without a budget | 2.00 | 5 |"
    assert rows[3] == "| claim, with tokens | 2.90 (+0.90) | 8 (+3) |"
    assert rows[4] == "| claim, with money | 3.10 (+1.10, missed) | 8 (+3) |"
    assert rows[-1] == "| end, with three | 2.00 (+0.00) | 5 (+0) |"

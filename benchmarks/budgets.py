"""Measure what budgets add to an answer: `python -m benchmarks.budgets` prints the table."""

import math
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from benchmarks.both import compare
from benchmarks.measure import percentile
from benchmarks.search import set_up

TIMES = 150
"""Answers with, and as many without budgets, in turn."""
LIMIT = 0.001
KINDS = {"none": (), "tokens": ("tokens",), "money": ("cost",), "three": ("tokens", "cost", "cost")}
"""What is measured → the units of its budgets."""
STEPS = ("claim", "checkpoint", "end")

Steps = dict[str, list[Any]]


def main() -> None:
    compare("budgets", measured, table)


def measured(url: str) -> dict[str, Steps]:
    """Return {kind: {step: [seconds, statements]}}; the times are tenth percentiles, which other work changes least."""
    with tempfile.TemporaryDirectory() as folder:
        set_up(url, folder)
        from django.contrib.auth import get_user_model

        from parley.models import Price

        owner = get_user_model().objects.create_user("asker")
        Price.objects.create(model="*", input=1, output=1)
        budgets = {kind: tuple(map(limited, units)) for kind, units in KINDS.items()}
        taken: dict[str, list[Steps]] = {kind: [] for kind in KINDS}
        for number in range(TIMES + 2):
            for kind in KINDS:
                taken[kind].append(answer(owner, budgets[kind], count=number == 1))
        return {kind: dict(summed(steps)) for kind, steps in taken.items()}


def limited(unit: str) -> Any:
    from parley.models import Budget

    return Budget.objects.create(limit=10**9, unit=unit)


def answer(owner: Any, budgets: tuple[Any, ...], *, count: bool) -> Steps:
    """Ask, and return {step: [seconds or statements]}."""
    from parley.generation import engine, ledger
    from parley.generation.outcome import Outcome
    from parley.models import Conversation, Message, budget

    budget._known = (math.inf, budgets)
    _, reply = Conversation.start(owner, "Why is the sea salty?")
    measure, steps = statements if count else seconds, Steps()
    steps["claim"], [written] = measure(lambda: [*engine.begin([reply.pk], uuid4()).values()])
    written.calls.append(ledger.begin(written.reply, written.provider))
    written.answer.add({"choices": [{"delta": {"content": "so far"}}]})
    written.answer.add({"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 500}})
    steps["checkpoint"], _ = measure(lambda: Message.objects.checkpoint({written.key: written.text}))
    steps["end"], _ = measure(lambda: engine.settle(written, Outcome("done")))
    return steps


def seconds(function: Callable[[], Any]) -> tuple[Any, Any]:
    began = time.perf_counter()
    result = function()
    return time.perf_counter() - began, result


def statements(function: Callable[[], Any]) -> tuple[Any, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        result = function()
    return len(captured), result


def summed(steps: list[Steps]) -> Iterator[tuple[str, list[Any]]]:
    """Yield (step, [seconds, statements]); the first answer warms up, of the second statements are counted."""
    _, counted, *timed = steps
    for step in STEPS:
        yield step, [percentile([each[step] for each in timed], 10), counted[step]]


def table(found: dict[str, dict[str, Steps]]) -> str:
    head = ["an answer", *(f"{name}, {words}" for name in found for words in ("ms", "statements"))]
    lines = [head, ["---"] * len(head), *(line(found, step, kind) for step in STEPS for kind in KINDS)]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)


def line(found: dict[str, dict[str, Steps]], step: str, kind: str) -> list[str]:
    """Return what a step takes, and with budgets how much more that is."""
    cells = [f"{step}, {'without a budget' if kind == 'none' else f'with {kind}'}"]
    for kinds in found.values():
        (took, sent), (least, fewest) = kinds[kind][step], kinds["none"][step]
        over = step == "claim" and took - least > LIMIT
        more = "" if kind == "none" else f" ({1000 * (took - least):+.2f}{', missed' if over else ''})"
        cells += [f"{1000 * took:.2f}{more}", f"{sent}{'' if kind == 'none' else f' ({sent - fewest:+})'}"]
    return cells


if __name__ == "__main__":
    main()

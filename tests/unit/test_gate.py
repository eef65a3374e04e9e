"""The only way to a job that waits is Job.enqueue, and back to waiting Job.requeue."""

import ast
from pathlib import Path

import parley

SOURCE = Path(parley.__file__).parent
ASKING = {"Q", "filter", "exclude", "get"}
WAITING = {"pending", "waiting", "PENDING", "WAITING"}


def test_nothing_else_lets_a_job_wait():
    files = [path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts]
    assert {path.name for path in files if makes_wait(ast.parse(path.read_text()))} == {"job.py"}


def test_finds_what_lets_a_job_wait():
    for code in ("rows.create(status='pending')", "rows.update(status=Status.PENDING)", "Message(status='pending')"):
        assert makes_wait(ast.parse(code))
    for code in ("rows.filter(status='pending')", "rows.update(status='done')", "Q(status=self.WAITING)"):
        assert not makes_wait(ast.parse(code))


def makes_wait(tree):
    """Whether this code gives a row the status of one that waits."""
    return any(
        named(keyword.value) in WAITING and named(node.func) not in ASKING
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "status"
    )


def named(node):
    """The last part of a name, or the text of a constant."""
    return getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "value", None)

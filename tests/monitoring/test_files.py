"""The alert rules and the dashboard ask for metrics that exist."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from parley.monitoring import metrics
from tests.support.processes import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
ENDS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}
KNOWN = {f"parley_{metric.name}{end}": metric for metric in metrics.ALL for end in ENDS[metric.kind]}
NAME = re.compile(r"parley_\w+")


def rules():
    return {rule["alert"]: rule["expr"] for group in RULES for rule in group["rules"]}


def expressions():
    panels = [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [*rules().items(), *panels]


@pytest.mark.parametrize(("what", "expression"), expressions())
def test_every_metric_exists_and_has_the_labels_it_is_asked_for(what, expression):
    named = NAME.findall(expression)
    assert named
    assert [name for name in named if name not in KNOWN] == []
    asked = set(re.findall(r"by \(([^)]*)\)", expression)) | set(re.findall(r"\{(\w+)=", expression))
    labels = {label for name in named for label in KNOWN[name].labels} | {"le"}
    assert {label.strip() for group in asked for label in group.split(",")} <= labels


def test_the_dashboard_shows_every_metric():
    shown = {name for _, expression in expressions() for name in NAME.findall(expression)}
    missing = [metric.name for metric in metrics.ALL if not any(KNOWN.get(name) is metric for name in shown)]
    assert missing == []


def test_counters_are_never_asked_for_as_they_stand():
    """But for how they grow: a Valkey that has lost its data begins again at zero."""
    for _, expression in expressions():
        for name in NAME.findall(expression):
            if KNOWN[name].kind != "gauge":
                assert re.search(rf"(rate|increase)\({name}", expression)


def test_each_alert_is_whole_and_documented():
    page = (ROOT / "docs" / "operations.md").read_text()
    assert len(rules()) == 5
    for group in RULES:
        for rule in group["rules"]:
            assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
            assert f"| `{rule['alert']}` |" in page


def test_operations_has_every_metric_with_its_labels():
    page = (ROOT / "docs" / "operations.md").read_text()
    for metric in metrics.ALL:
        row = re.search(rf"^\|.*`parley_{metric.name}`.*$", page, re.MULTILINE)
        assert row, metric.name
        assert [f"`{label}`" for label in metric.labels if f"`{label}`" not in row[0]] == []


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool, of Debian's package prometheus, is not installed")
def test_prometheus_accepts_the_rules():
    done = subprocess.run(["promtool", "check", "rules", FOLDER / "alerts.yml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

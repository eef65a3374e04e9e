"""The examples in docstrings run, all of them."""

import doctest
import importlib
import re

import pytest

from tests.support.processes import ROOT

EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)
FEWEST = 80
"""Raise it as examples come."""
SOURCES = {"src/parley": "src", "src/parley_server": "src", "benchmarks": ""}
"""Folder of sources → where its modules are imported from."""


def modules() -> dict[str, int]:
    """Name of each module with examples → how many its source has."""
    return {
        ".".join(path.relative_to(ROOT / base).with_suffix("").parts).removesuffix(".__init__"): count
        for folder, base in SOURCES.items()
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (count := len(EXAMPLE.findall(path.read_text())))
    }


@pytest.mark.parametrize(("name", "count"), modules().items())
def test_every_example_says_what_the_code_does(name, count):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.FAIL_FAST)
    assert (result.failed, result.attempted) == (0, count)


def test_there_are_examples():
    assert sum(modules().values()) >= FEWEST

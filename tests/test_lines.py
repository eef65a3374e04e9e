"""No line of ours is longer than 120 characters, so that two files fit side by side; ruff checks those of Python."""

import pytest

from tests.support.processes import ROOT

FOLDERS = ("frontend", "src/parley/templates", "standalone/templates", "tests/host")
KINDS = {".html", ".css", ".js"}
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in KINDS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_has_lines_of_120_characters_at_most(path):
    lines = path.read_text().splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120] == []

"""No line of ours is longer than 120 characters, so that two files fit side by side; generated migrations aside."""

from tests.support.processes import ROOT

FOLDERS = ("frontend", "src", "tests", "benchmarks", "bin")
KINDS = {".html", ".css", ".js", ".py", ".ts"}
GENERATED = {"migrations", "static", "__pycache__"}
FOUND = [ROOT / "vite.config.js", *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")))]
FILES = [path for path in FOUND if path.suffix in KINDS and not GENERATED & {*path.parts}]


def test_has_lines_of_120_characters_at_most():
    assert len(FILES) > 700
    assert [place for path in FILES for place in long_lines(path)] == []


def long_lines(path):
    lines = path.read_text().splitlines()
    return [f"{path.relative_to(ROOT)}:{number}" for number, line in enumerate(lines, 1) if len(line) > 120]

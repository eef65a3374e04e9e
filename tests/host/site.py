"""A project as ``startproject`` makes it, with what a stranger's site has of its own, and then docs/hosting.md."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from tests.support.processes import ROOT

HERE = Path(__file__).parent
PAGE = ROOT / "docs" / "hosting.md"
REDIS, PROVIDER, MODEL = "redis://127.0.0.1:6379/0", "http://127.0.0.1:11434/v1", "llama3.2"
"""What the page's blocks say where a test has something else."""

SETTINGS = """
INSTALLED_APPS += ["people"]
AUTH_USER_MODEL = "people.Member"
LOGIN_URL = "enter"
LOGIN_REDIRECT_URL = "/"
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]
STATIC_URL = "assets/"
STATICFILES_DIRS = [BASE_DIR / "static"]
"""
URLS = """
from django.contrib.auth.views import LoginView
from django.views.generic import TemplateView

urlpatterns += [
    path("", TemplateView.as_view(template_name="people/home.html"), name="home"),
    path("members/enter/", LoginView.as_view(template_name="people/enter.html"), name="enter"),
]
"""
"""Accounts with a UUID and an email address, a sign-in page, and a look."""


def blocks(heading: str, language: str) -> list[str]:
    """Return the blocks of one language below a heading of the page, down to the next heading."""
    found = [text for above, kind, text in _all_blocks() if (above, kind) == (heading, language)]
    assert found, f"docs/hosting.md has no {language} below {heading!r}."
    return found


def _all_blocks() -> Iterator[tuple[str, str, str]]:
    """Yield (heading, language, text) of each fenced block."""
    heading, kind, lines = "", "", list[str]()
    for line in PAGE.read_text().splitlines():
        if line.startswith("```"):
            if kind:
                yield heading, kind, "\n".join(lines)
            kind, lines = ("" if kind else line[3:] or "text"), []
        elif kind:
            lines.append(line)
        elif line.startswith("#"):
            heading = line


class Site:
    """The folder of a project; ``instead``: what the page says → what its blocks say here."""

    def __init__(self, folder: Path, instead: dict[str, str], python: str = sys.executable) -> None:
        self.folder, self.instead, self.python = folder, instead, python
        folder.mkdir()
        subprocess.run([python, "-m", "django", "startproject", "project", "."], cwd=folder, check=True)
        for name in ("people", "templates", "static"):
            shutil.copytree(HERE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.append("settings.py", SETTINGS)
        self.append("urls.py", URLS)

    def append(self, name: str, text: str) -> None:
        """Write at the end of a file of the project."""
        for old, new in self.instead.items():
            text = text.replace(old, new)
        with (self.folder / "project" / name).open("a") as file:
            file.write(f"\n{text}\n")

    def paste(self, heading: str) -> None:
        """Put each block of Python below a heading of the page where its first line says."""
        for text in blocks(heading, "python"):
            name = re.match(r"# (\w+\.py)\n", text)
            assert name, f"A block below {heading!r} does not say into which file it goes:\n{text}"
            self.append(name[1], text)

    def command(self, line: str, *more: str) -> list[str]:
        """Return what runs a line of a shell in this folder, with this Python."""
        words = line.split()
        variables = list(takewhile(lambda word: "=" in word, words))
        program, *arguments = words[len(variables) :]
        module = [] if program == "python" else ["-m", program]
        return ["env", "-C", str(self.folder), *variables, self.python, *module, *arguments, *more]

    def line(self, heading: str, word: str) -> str:
        """Return the one line of the page's shells below a heading that has this word."""
        [line] = [line for text in blocks(heading, "sh") for line in text.splitlines() if word in line]
        return line

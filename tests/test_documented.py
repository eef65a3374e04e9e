"""What the pages name exists: commands and their options, settings, variables, paths, imports; blocks can be read."""

import ast
import json
import pkgutil
import re
import shlex
import subprocess
from functools import cache

import pytest
import yaml
from django.conf import global_settings
from django.core.management import get_commands, load_command_class
from django.template import engines

from parley.celery import OPTIONS
from parley.conf import Conf
from parley_server import commands
from tests.support.processes import ROOT
from tests.test_docs import FENCE, PAGES, rows, variables

DOCUMENTS = [page for page in PAGES if page.name not in ("CHANGELOG.md", "decisions.md")]
"""Those that speak of today."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
BEFORE = re.compile(r"^(?:[A-Z_]+=\S+ |\S*python3? |\$ )*(?:\S*/)?")
COMMAND = re.compile(r"(?:(manage\.py|parley) +|(?=parley_\w+ --))([a-z-][^…]*)")
PATH = re.compile(r"(?<![\w/.-])(?:src|docs|tests|deploy|bin|frontend|benchmarks|\.ci)/[\w./@*-]*[\w*]")
NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")


def blocks(kind: str) -> list[tuple[str, str]]:
    """(page, text) of each block of a language."""
    return [(page.name, text) for page in DOCUMENTS for found, text in BLOCK.findall(page.read_text()) if found == kind]


def code_of(page) -> str:
    """All that stands between back quotes, and the shell's blocks, without the lines that go on."""
    text = page.read_text()
    fenced = [block for kind, block in BLOCK.findall(text) if kind == "sh"]
    return "\n".join([*fenced, *CODE.findall(FENCE.sub("", text))]).replace("\\\n", " ")


def named_commands() -> list[tuple[str, tuple[str, ...]]]:
    """(the program, its words) of each command of ours."""
    lines = [line.split(" #")[0] for page in DOCUMENTS for line in code_of(page).splitlines()]
    parts = [BEFORE.sub("", part.strip()) for line in lines for part in re.split(r"&&|;|\|", line)]
    found = filter(None, map(COMMAND.fullmatch, parts))
    return sorted({(match[1] or "manage.py", tuple(shlex.split(match[2]))) for match in found})


@cache
def parser_of(program: str, command: str):
    """The parser of a command, or None where there is none."""
    if program == "parley":
        [choices] = [action.choices for action in commands._parser()._actions if isinstance(action.choices, dict)]
        return choices.get(command)
    module = get_commands().get(command)
    return module and load_command_class(module, command).create_parser(program, command)


@pytest.mark.parametrize(("program", "words"), named_commands(), ids=lambda value: str(value)[:60])
def test_every_command_and_its_options_exist(program, words):
    command, options = words[0], [word.split("=")[0] for word in words if word.startswith("-")]
    if program == "parley" and command.startswith("-"):
        command = "run"
    if program == "parley" and command == "manage":
        program, command = "parley manage", words[1]
    parser = parser_of(program, command)
    assert parser, f"There is no {program} {command}"
    assert [option for option in options if option not in parser._option_string_actions] == []


def test_commands_are_found():
    found = {words[0] for _, words in named_commands()}
    assert {"migrate", "check", "backup", "restore", "parley_check", "parley_worker", "parley_retention"} <= found


THEIRS = {
    *("ASGI_APPLICATION", "BASE_DIR", "CHANNEL_LAYERS", "DJANGO_SETTINGS_MODULE", "USERNAME_FIELD"),
    *("CELERY_BROKER_URL", "FORWARDED_ALLOW_IPS", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"),
    *("LITELLM_MASTER_KEY", "OLLAMA_CONTEXT_LENGTH", "OLLAMA_HOST"),
}
"""What other programs read: Django, Channels, Celery, uvicorn, HTTP clients and providers."""


def known_names() -> set[str]:
    """The settings of hosts and of Django, and the variables of the product, of its image and of its scripts."""
    ours = variables() | Conf.__annotations__.keys() | rows("docs/configuration.md").keys()
    files = [ROOT / "Makefile", ROOT / "Dockerfile", *(ROOT / "deploy").glob("*.yaml")]
    built = {name for file in files for name in NAME.findall(file.read_text())}
    celery = {f"CELERY_{name.upper()}" for name in OPTIONS}
    return ours | set(dir(global_settings)) | celery | built | {f"{name}_FILE" for name in ours}


def test_every_setting_and_variable_exists():
    named = {name for page in DOCUMENTS for name in NAME.findall(code_of(page))}
    assert sorted(named - known_names() - THEIRS) == []


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_every_path_exists(page):
    named = {path for path in PATH.findall(code_of(page)) if "…" not in path}
    assert [path for path in sorted(named) if not any(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_python_is_python_and_its_imports_exist(page, text):
    tree = ast.parse(f"{{{text}}}" if text.startswith('"') else text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("parley"):
            for alias in node.names:
                assert pkgutil.resolve_name(f"{node.module}:{alias.name}")


@pytest.mark.parametrize(("page", "text"), blocks("sh"))
def test_the_shell_takes_its_blocks(page, text):
    done = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("page", "text"), blocks("html"))
def test_templates_compile(page, text):
    assert engines["django"].from_string(re.sub(r'extends "[^"]+"', 'extends "parley/base.html"', text))


@pytest.mark.parametrize(("page", "text"), blocks("json"))
def test_json_is_json(page, text):
    assert json.loads(text)


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_yaml_is_yaml(page, text):
    assert yaml.safe_load(text)

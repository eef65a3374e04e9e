"""The documentation says what the code does."""

import ast
import pkgutil
import re

import pytest

from parley.conf import Conf
from parley_server import env
from tests.fake_provider.answers import ANSWERS
from tests.fake_provider.scenarios import SCENARIOS
from tests.support.processes import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
READERS = {"text", "flag", "number", "names", "url", "redis_url", "hosts", "origins"}


def text_of(path: str) -> str:
    return (ROOT / path).read_text()


def rows(path: str) -> dict[str, str]:
    """First column → second column of all tables of a page whose first column is a name in backquotes."""
    return dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", text_of(path), re.MULTILINE))


def variables() -> set[str]:
    """The environment variables that the standalone project reads."""
    return {
        call.args[0].value
        for path in (ROOT / "src" / "parley_server").glob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and (call.func.value.id, call.func.attr) in {("env", reader) for reader in READERS}
        and isinstance(call.args[0], ast.Constant)
    }


def anchors(path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def sources() -> set[str]:
    """The paths of our Python and JavaScript, below their package or ``frontend/``."""
    folders = [ROOT / "src" / "parley", ROOT / "src" / "parley_server", ROOT / "frontend"]
    return {str(path.relative_to(folder)) for folder in folders for path in folder.rglob("*.[jp][sy]")}


def links(path) -> list[str]:
    found = ["".join(match) for match in LINK.findall(FENCE.sub("", path.read_text()))]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("name", Conf.__annotations__)
def test_hosting_has_every_setting_with_its_default(name):
    documented = rows("docs/hosting.md")[name].strip("`")
    assert ast.literal_eval(documented) == vars(Conf)[name]


def test_hosting_has_no_setting_that_does_not_exist():
    assert rows("docs/hosting.md").keys() == Conf.__annotations__.keys()


def test_configuration_has_every_environment_variable():
    read = variables()
    assert {"SECRET_KEY", "PORT", "OPENAI_BASE_URL", "PARLEY_DATA_DIR", "DATABASE_URL"} <= read
    assert read <= rows("docs/configuration.md").keys()


def test_configuration_has_no_variable_that_nobody_reads():
    scripts = "".join(path.read_text() for path in [ROOT / "Makefile", *(ROOT / "bin").iterdir()])
    others = rows("docs/configuration.md").keys() - variables()
    assert [name for name in others if name not in scripts] == []


def test_configuration_has_every_secret_that_may_stand_in_a_file():
    files = {f"{name}_FILE" for name in variables() if env.SECRET.search(name)}
    assert "SECRET_KEY_FILE" in files
    assert files == set(re.findall(r"`([A-Z_]+_FILE)`", text_of("docs/configuration.md")))


def test_testing_has_every_directive_of_the_fake_provider():
    documented = set(re.findall(r"`/([a-z0-9-]+)", text_of("docs/testing.md")))
    assert (SCENARIOS.keys() | ANSWERS.keys()) - documented == set()


def test_architecture_names_files_that_exist():
    named = set(re.findall(r"[\w/]+\.(?:py|js)\b", text_of("docs/architecture.md"))) - {"manage.py"}
    missing = [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in sources())]
    assert len(named) > 80
    assert missing == []


def test_architecture_names_functions_that_exist():
    hops = text_of("docs/architecture.md").split("## States of a reply")[0]
    python = re.findall(r"`((?:\w+\.)+(?!(?:py|js)`)\w+)`", hops)
    javascript = re.findall(r"`(\w+)`\s+in\s+`(\w+\.js)`", hops)
    assert (len(python) > 20, len(javascript) > 4) == (True, True)
    assert all(callable(pkgutil.resolve_name(f"parley.{name}")) for name in python)
    for name, module in javascript:
        assert re.search(
            rf"^ *(?:export )?(?:function )?{name}\(.*\) {{$", text_of(f"frontend/{module}"), re.MULTILINE
        ), name


def test_the_readme_is_short():
    assert len(text_of("README.md").splitlines()) <= 100


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page):
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_command_of_make_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    words = "\n".join(page.read_text() for page in PAGES)
    fenced = "\n".join(FENCE.findall(words))
    named = {*re.findall(r"`make ([a-z]+)", words), *re.findall(r"^make ([a-z]+)", fenced, re.MULTILINE)}
    assert {"run", "test"} <= named <= targets


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "images").glob("*.png")), ids=lambda path: path.name)
def test_pictures_are_small_and_shown(path):
    assert path.stat().st_size < 200_000
    assert f"images/{path.name}" in text_of("docs/tour.md")

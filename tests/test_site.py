"""The documentation as a site: every page is in it, it can be built, and what pages of providers say is so."""

import re
import shutil
import subprocess
import sys

import pytest
import yaml

from parley.vendors import VENDORS
from tests.server.programs import environment
from tests.support.processes import ROOT

DOCS = ROOT / "docs"
PROVIDERS = sorted(path for path in DOCS.glob("providers/*.md") if path.stem != "index")
COMMAND = re.compile(r"^((?:[A-Z_]+=\S+ )+)make run$", re.MULTILINE)


def titles(entries):
    """The pages of a part of the navigation, and of what is below it."""
    for entry in entries:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            yield from titles(value) if isinstance(value, list) else [value]


def test_has_every_page_once():
    pages = [*titles(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"])]
    assert sorted(pages) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


@pytest.mark.slow
def test_is_built_without_a_complaint(tmp_path):
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    command = [sys.executable, "-m", "zensical", "build"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    built = {path.parent.name for path in (tmp_path / "build" / "site").rglob("index.html")}
    assert {path.stem for path in DOCS.rglob("*.md") if path.stem != "index"} <= built


@pytest.mark.parametrize("page", PROVIDERS, ids=lambda page: page.stem)
def test_a_page_of_a_provider_names_the_address_of_its_template(page):
    text = page.read_text()
    vendor = next((vendor for vendor in VENDORS if vendor.slug == page.stem), None)
    assert f"`{vendor.base_url if vendor else 'http://127.0.0.1:4000/v1'}`" in text
    assert not (vendor and vendor.keys) or vendor.keys in text or vendor.slug == "azure"


def test_the_list_of_providers_has_every_page_and_its_address():
    rows = dict(
        re.findall(r"^\| \[[^]]+\]\(([\w-]+)\.md\) \| `([^`]+)`", (DOCS / "providers/index.md").read_text(), re.M)
    )
    assert rows.keys() == {page.stem for page in PROVIDERS}
    for slug, address in rows.items():
        assert f"`{address}`" in (DOCS / "providers" / f"{slug}.md").read_text()


@pytest.mark.parametrize("page", [*PROVIDERS, ROOT / "README.md"], ids=lambda page: page.stem)
def test_settings_take_what_the_pages_tell_to_start_with(page, tmp_path):
    for variables in COMMAND.findall(page.read_text().replace("` |", "").replace("| `", "\n")):
        chosen = dict(word.split("=", 1) for word in variables.replace("…", "x").split())
        command = [sys.executable, str(ROOT / "manage.py"), "check"]
        env = environment(tmp_path, **chosen)
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

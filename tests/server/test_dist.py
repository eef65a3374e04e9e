"""What `make dist` builds has the files it should, and serves the chat from an empty environment."""

import os
import re
import signal
import subprocess
import sys
import tarfile
import time
import venv
import zipfile
from email.parser import Parser
from fnmatch import fnmatch
from pathlib import Path

import httpx2
import psutil
import pytest

from parley_server.data import ROOT
from tests.support.people import Page
from tests.support.processes import free_port, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

LARGEST_WHEEL = 3 * 2**19
"""Bytes (1.5 MB as file managers count), of which Mermaid is almost a half."""
EXPECTED = (
    "parley*/*.py", "parley*/py.typed", "parley_server/*.json", "parley*/templates/*.html", "parley*/templates/*.css",
    "parley*/locale/*/LC_MESSAGES/django.mo",
    "parley/static/parley/*.js", "parley/static/parley/*.css", "parley/static/parley/*.svg",
    "parley/static/parley/*.png", "django_parley-*.dist-info/*",
)  # fmt: skip
EXTRAS = {"server", "postgresql", "local-model", "files", "keys", "prices", "metrics", "otel"}
DECOYS = {"celery", "uvicorn"}
DECOY = "raise SystemExit('a module of the folder in which it was started was imported')"
PASSWORD = "correct horse battery staple"
MOST_MEMORY = 500
"""Megabytes of all processes of an idle product, each page of memory counted once."""


def build(source: Path, folder: Path, target: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return next(folder.glob("*.whl" if target == "wheel" else "*.tar.gz"))


@pytest.fixture(scope="module")
def archives(tmp_path_factory) -> tuple[Path, Path]:
    """The wheel and the source archive, of the folder DIST if `make dist` has built them."""
    if built := os.environ.get("DIST"):
        return next(Path(built).absolute().glob("*.whl")), next(Path(built).absolute().glob("*.tar.gz"))
    folder = tmp_path_factory.mktemp("dist")
    return build(ROOT, folder, "wheel"), build(ROOT, folder, "sdist")


@pytest.fixture(scope="module")
def environment(archives, tmp_path_factory) -> Path:
    """An environment that was empty, with the wheel and its extra "server", in the versions that are tested."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(folder, with_pip=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(ROOT / "requirements.txt")]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([folder / "bin" / "python", *install, f"{archives[0]}[server]"], env=env, check=True, timeout=900)
    return folder


def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_has_only_what_it_should(archives):
    found = names(archives[0])
    assert [name for name in found if not any(fnmatch(name, pattern) for pattern in EXPECTED)] == []
    assert {"parley/py.typed", "parley_server/py.typed", "parley/static/parley/parley.js"} <= found
    assert {"parley/locale/de/LC_MESSAGES/django.mo", "parley_server/templates/setup.html"} <= found
    assert archives[0].stat().st_size <= LARGEST_WHEEL


def test_the_wheel_says_what_can_be_installed_with_it(archives):
    wheel = zipfile.ZipFile(archives[0])
    [info] = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
    metadata = Parser().parsestr(wheel.read(f"{info}/METADATA").decode())
    assert set(metadata.get_all("Provides-Extra")) >= EXTRAS
    assert b"parley = parley_server.cli:main" in wheel.read(f"{info}/entry_points.txt")


def test_the_source_makes_the_same_wheel_without_the_tools_of_the_front_end(archives, tmp_path):
    with tarfile.open(archives[1]) as source:
        source.extractall(tmp_path, filter="data")
    [folder] = tmp_path.iterdir()
    assert {path.name for path in folder.iterdir()} <= {*_in_the_repository(), "PKG-INFO"}
    assert names(build(folder, tmp_path / "dist", "wheel")) == names(archives[0])


def _in_the_repository() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    return {name.split("/")[0] for name in listed.stdout.splitlines()}


class Product:
    """The command `parley` of an environment, in the folder of somebody's project, and with a home of its own."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self.program, self.folder, self.port = environment / "bin" / "parley", folder, free_port()
        self.home, self.here = folder / "home", folder / "here"
        for made in (self.home, self.here):
            made.mkdir()
        for name in DECOYS:
            (self.here / f"{name}.py").write_text(DECOY)
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx2.Client(base_url=self.url, timeout=30, trust_env=False, follow_redirects=True)

    def command(self, *arguments: str, **env: str) -> dict:
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"}
        return {"args": [self.program, *arguments], "cwd": self.here, "env": {**kept, **env}, "text": True}

    def run(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(**self.command(*arguments, **env), capture_output=True, timeout=120)

    def start(self, **env: str) -> "subprocess.Popen[str]":
        """Start it, and wait until it says that it is ready."""
        started = self.command("--port", str(self.port), **env)
        process = subprocess.Popen(**started, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = []
        for line in iter(process.stdout.readline, ""):
            lines.append(line)
            if line == f"Parley is ready: {self.url}/\n":
                return process
        raise AssertionError("".join(lines))

    def post(self, path: str, **fields: str) -> httpx2.Response:
        token = {"csrfmiddlewaretoken": self.http.cookies["csrftoken"]}
        return self.http.post(path, data={**token, **fields}, headers={"Referer": self.url + "/", "Origin": self.url})

    def answer(self, question: str) -> str:
        """Ask in a new conversation → the text of the reply when it is there."""
        page = self.post("/conversations/", text=question)
        assert page.status_code == 200, page.text
        conversation = page.url.path
        return until(lambda: self._with_answer(conversation), 60, "There is no answer")

    def _with_answer(self, conversation: str) -> str:
        reply = Page(self.http.get(conversation).text).reply
        return reply["text"] if reply["status"] == "done" else ""


def processes(of: "subprocess.Popen[str]") -> list[psutil.Process]:
    process = psutil.Process(of.pid)
    return [process, *process.children(recursive=True)]


def memory(found: list[psutil.Process]) -> float:
    """Megabytes, each shared page in parts."""
    return sum(process.memory_full_info().pss for process in found) / 2**20


@pytest.fixture(scope="module")
def product(environment, tmp_path_factory) -> Product:
    return Product(environment, tmp_path_factory.mktemp("product"))


def ends(process: "subprocess.Popen[str]") -> None:
    """Nothing stays of it, and nothing went wrong."""
    found = processes(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    assert "Traceback" not in process.stdout.read()
    assert [each for each in found if each.is_running() and each.status() != psutil.STATUS_ZOMBIE] == []


def test_one_command_leads_to_an_account_and_an_answer(product, fake_provider, record_property, tmp_path):
    began = time.monotonic()
    process = product.start(OPENAI_BASE_URL=fake_provider.base_url, OPENAI_MODEL="fake-1")
    try:
        record_property("seconds", round(time.monotonic() - began, 1))
        assert product.http.get("/").url.path == "/setup/"
        page = product.post("/setup/", username="ada", password1=PASSWORD, password2=PASSWORD)
        assert (page.status_code, page.url.path) == (200, "/")
        style = re.search(r'href="(/static/parley/parley\.css[^"]*)"', page.text)[1]
        assert product.http.get(style).headers["content-type"].startswith("text/css")
        assert "You said: Why is the sea salty?" in product.answer("Why is the sea salty?")
        german = {"Accept-Language": "de"}
        assert '<html lang="de"' in httpx2.get(f"{product.url}/accounts/login/", headers=german, trust_env=False).text
        used = memory(processes(process))
        record_property("megabytes", round(used))
        assert used < MOST_MEMORY
        _keeps_to_its_folder(product, tmp_path)
        ends(process)
    finally:
        process.kill()


def _keeps_to_its_folder(product: Product, tmp_path: Path) -> None:
    data = product.home / ".local" / "share" / "parley"
    second = product.run("--port", str(free_port()))
    assert second.stderr.startswith(f"Parley already runs from {data}: stop it first"), second.stdout
    assert {path.stat().st_mode & 0o077 for path in data.rglob("*") if not path.is_symlink()} == {0}
    backup = product.run("backup", str(tmp_path / "parley.tar"))
    assert (backup.returncode, backup.stderr) == (0, "")
    restored = product.run("restore", str(tmp_path / "parley.tar"), "--data", str(tmp_path / "restored"))
    assert (restored.returncode, restored.stderr) == (0, "")
    assert {path.stem for path in product.here.iterdir()} == DECOYS


def test_without_the_local_model_the_page_says_how_to_connect_one(product):
    process = product.start()
    try:
        page = product.http.get("/")
        assert (page.url.path, "No model is connected yet" in page.text) == ("/", True)
        ends(process)
    finally:
        process.kill()


def test_what_is_not_installed_is_named(environment, product):
    url = "postgres://me@127.0.0.1:9/chat"
    assert 'the extra "postgresql"' in product.run("check", DATABASE_URL=url).stderr
    subprocess.run([environment / "bin" / "python", "-m", "pip", "uninstall", "-qy", "whitenoise"], check=True)
    done = product.run()
    assert done.returncode == 1
    assert done.stderr.startswith('The command parley needs the extra "server" (here whitenoise is missing)')

"""The start of docs/hosting.md on the oldest and the newest Python and Django, installed from a wheel."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.host.test_host import streamed
from tests.host.test_newcomer import Newcomer
from tests.support.people import PASSWORD
from tests.support.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
VERSIONS = [("3.11", "5.2"), ("3.12", "6.0"), ("3.13", "6.1")]


def found(version):
    """The path of a Python of this version that runs, or None."""
    paths = filter(None, [shutil.which(f"python{version}"), *_of_pyenv(version)])
    runs = (path for path in paths if subprocess.run([path, "-V"], capture_output=True, check=False).returncode == 0)
    return next(runs, None)


def _of_pyenv(version):
    if not shutil.which("pyenv"):
        return []
    root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=True).stdout.strip()
    folders = sorted(os.listdir(f"{root}/versions"))
    return [f"{root}/versions/{name}/bin/python" for name in folders if name.startswith(f"{version}.")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, *command], check=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda pair: f"Python {pair[0]}, Django {pair[1]}")
def kind(request, wheel, tmp_path_factory):
    """A newcomer whose Python has the wheel, daphne and this Django, and nothing else."""
    python, django = request.param
    path = found(python)
    if path is None:
        pytest.skip(f"There is no Python {python} here.")
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([path, "-m", "venv", str(folder)], check=True)
    own = str(folder / "bin" / "python")
    subprocess.run([own, "-m", "pip", "install", "--quiet", str(wheel), "daphne", f"django=={django}.*"], check=True)

    class Installed(Newcomer):
        python = own

        def environment(self, conf=None):
            return {"PYTHONPATH": "", "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "project.settings",
                    "DJANGO_SUPERUSER_PASSWORD": PASSWORD, "TESTS_HELD": ""}  # fmt: skip

    return Installed


def test_streams_an_answer(kind, make_stack):
    newcomer = make_stack(kind)
    try:
        assert "no issues" not in newcomer.manage("check")  # the extra for attachments is not installed
        assert "No changes" in newcomer.manage("makemigrations", "--check", "--dry-run")
        texts, dom = streamed(newcomer.member("ada@society.example"))
        assert len(texts) >= 3
        assert (dom.reply.status, dom.mistakes) == ("done", [])
        assert newcomer.check("--url", newcomer.url)[0] == 0
    finally:
        newcomer.down()

"""What docs/hosting.md tells a host to write into its tests runs as it stands, in a project without Valkey."""

import os
import subprocess
import sys

import pytest

from tests.host.site import Site, blocks
from tests.support.processes import free_port
from tests.support.stack import PYTHONPATH

REDIS = "redis://127.0.0.1:6379/0"


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path / "site", {REDIS: f"redis://127.0.0.1:{free_port()}/0"})
    made.paste("## Start")
    made.append("settings.py", "ALLOWED_HOSTS = ['testserver']")
    for text in blocks("## Testing", "python"):
        name = text.splitlines()[0].removeprefix("# ")
        (made.folder / name).write_text(text + "\n")
    return made


@pytest.mark.slow
def test_so_do_those_of_djangos_own_runner(site):
    text = (site.folder / "tests.py").read_text()
    site.append("of_chat.py", text.replace("create_user(", "create(email="))  # these accounts are of another kind
    command = site.command("python manage.py test project.of_chat")
    done = subprocess.run(command, env={**os.environ, **PYTHONPATH}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ran 1 test" in done.stderr


@pytest.mark.slow
def test_the_tests_of_the_page_pass(site):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--ds", "project.settings"]
    path = f"{site.folder}:{PYTHONPATH['PYTHONPATH']}"
    done = subprocess.run(
        command, cwd=site.folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout

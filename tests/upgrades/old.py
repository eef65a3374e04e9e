"""The program as it was before version 0.2, out of the history of the repository."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support.processes import ROOT

FIRST, COMMIT = "578a567", "40b692f"
"""The first commit of this repository, and the one that has that program."""
NEWEST = "0012_field_names"
"""Its newest migration."""
KEPT = Path(__file__).with_name("0.1.tar.xz")
"""A data folder of that program: its database and its files; see ``make``."""
PASSWORD = "correct horse battery staple"
"""That of both people in it, ann and ben."""


def source(folder: Path) -> Path:
    """Put the old program into a folder, with today's built front end → the folder; skip where the history is cut."""
    if not _has(COMMIT) and not _has(FIRST):
        pytest.skip(f"The history of this clone does not reach to {COMMIT}, the program before version 0.2.")
    done = _git("archive", COMMIT)
    assert done.returncode == 0, done.stderr.decode()
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    shutil.copytree(ROOT / "src/parley/static", folder / "src/parley/static", dirs_exist_ok=True)
    return folder


def _has(commit: str) -> bool:
    """Return whether the repository has a commit; a shallow clone, or an archive of the source, has no old ones."""
    return _git("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0


def _git(*words: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, timeout=60, check=False)


def unpack(folder: Path) -> None:
    """Put the kept data folder into another, which is there."""
    with tarfile.open(KEPT) as archive:
        archive.extractall(folder, filter="data")


def fill(tree: Path, data: Path, database_url: str) -> str:
    """Have the old program in a folder fill a database and its data folder → what it said."""
    ours = {"PYTHONPATH": f"{tree / 'src'}:{tree}", "DJANGO_SETTINGS_MODULE": "standalone.settings"}
    env = os.environ | environment(data, database_url) | ours | {"PASSWORD": PASSWORD}
    command = [sys.executable, str(Path(__file__).with_name("fill.py"))]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    return done.stderr


def environment(data: Path, database_url: str) -> dict[str, str]:
    """Return the variables of a process that uses a data folder of then; it finds no Valkey and no provider."""
    return {
        "PARLEY_DATA_DIR": str(data),
        "DATABASE_URL": database_url,
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "OPENAI_BASE_URL": "https://provider.example/v1",
        "OPENAI_MODEL": "fake-1",
    }

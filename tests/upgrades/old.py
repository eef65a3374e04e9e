"""The program as it was before version 0.2, out of the history of the repository."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.support.processes import ROOT

COMMIT = "9cd1421"
NEWEST = "0019_attachment_search"
"""Its newest migration."""
KEPT = Path(__file__).with_name("0.1.tar.xz")
"""A data folder of that program: its database and its files; see ``make``."""
ENCRYPTION_KEY = "YSBrZXkgb2YgdGVzdHMsIG5vYm9keSdzIHNlY3JldC4="
KEY = "sk-of-a-connection-of-version-0.1"
"""What a connection in that database holds, encrypted by ENCRYPTION_KEY."""
PASSWORD = "correct horse battery staple"
"""That of both people in it, ann and ben."""


def source(folder: Path) -> Path | None:
    """Put the old program into a folder, with today's built front end → the folder; None without that commit."""
    command = ["git", "-C", str(ROOT), "archive", COMMIT]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    shutil.copytree(ROOT / "src/parley/static", folder / "src/parley/static", dirs_exist_ok=True)
    return folder


def unpack(folder: Path) -> None:
    """Put the kept data folder into another, which is there."""
    with tarfile.open(KEPT) as archive:
        archive.extractall(folder, filter="data")


def fill(tree: Path, data: Path, database_url: str) -> str:
    """Have the old program in a folder fill a database and its data folder → what it said."""
    ours = {"PYTHONPATH": f"{tree / 'src'}:{tree}", "DJANGO_SETTINGS_MODULE": "standalone.settings"}
    env = os.environ | environment(data, database_url) | ours | {"KEY": KEY, "PASSWORD": PASSWORD}
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
        "PARLEY_CURRENCY": "EUR",
        "ENCRYPTION_KEYS": ENCRYPTION_KEY,
    }

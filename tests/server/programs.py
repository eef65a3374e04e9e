"""Programs of the standalone project, run as a person runs them, in an environment of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from parley_server.data import ROOT

CHOSEN = (
    "ALLOWED_HOSTS",
    "BROKER_URL",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "DJANGO_SETTINGS_MODULE",
    "HOST",
)
CHOSEN += ("HTTPS", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "PORT", "REDIS_URL", "SECRET_KEY", "SITE_URL")


def environment(folder: Path, root: Path = ROOT, **chosen: str) -> dict[str, str]:
    """The environment of this process with the product's own variables as given, and its data in a folder."""
    kept = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    return {**kept, "PYTHONPATH": f"{root / 'src'}:{root}", "PARLEY_DATA_DIR": str(folder), **chosen}


def copy_of_the_source(folder: Path) -> Path:
    """A folder with what `make dev` needs, of which files may be changed."""
    for name in ("src", "frontend", "bin"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("manage.py", "package.json", "vite.config.js"):
        shutil.copy(ROOT / name, folder)
    for name in ("node_modules", ".venv"):
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    return folder


def run(folder: Path, *arguments: str, **chosen: str) -> "subprocess.CompletedProcess[str]":
    """Run Python to its end."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(folder, **chosen),
        capture_output=True,
        text=True,
        timeout=60,
    )


def start(folder: Path, *arguments: str, root: Path = ROOT, **chosen: str) -> "subprocess.Popen[str]":
    """Start Python, its output readable line by line."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=root,
        env=environment(folder, root, **chosen),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

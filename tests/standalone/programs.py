"""Programs of the standalone project, run as a person runs them, in an environment of their own."""

import os
import subprocess
import sys
from pathlib import Path

from standalone.data import ROOT

CHOSEN = (
    "ALLOWED_HOSTS",
    "BROKER_URL",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "DJANGO_SETTINGS_MODULE",
    "HOST",
)
CHOSEN += ("HTTPS", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "PORT", "REDIS_URL", "SECRET_KEY")


def environment(folder: Path, **chosen: str) -> dict[str, str]:
    """The environment of this process with the product's own variables as given, and its data in a folder."""
    kept = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    return {**kept, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PARLEY_DATA_DIR": str(folder), **chosen}


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


def start(folder: Path, *arguments: str, **chosen: str) -> "subprocess.Popen[str]":
    """Start Python, its output readable line by line."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(folder, **chosen),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

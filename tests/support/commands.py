"""Servers that are not Python's, which the system has or can install."""

import os
import shutil
import subprocess

import pytest

PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def installed(command: str, package: str) -> str:
    """Return the path of a command, from Debian's package if it is not there; else the test is skipped."""
    if not (path := shutil.which(command, path=PATH)):
        _install(package)
        path = shutil.which(command, path=PATH)
    return path or pytest.skip(f"There is no {command} here: install it (on Debian, apt-get install {package}).")


def _install(package: str) -> None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", package]):
        subprocess.run(["apt-get", *arguments], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)

"""What lies in deploy/, and the programs that judge it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.processes import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = sorted(DEPLOY.glob("compose*.yaml"))
KUBERNETES = sorted(DEPLOY.glob("kubernetes/*.yaml"))
UNITS = sorted(DEPLOY.glob("systemd/*.service"))


def tool(name: str) -> str:
    """Return the path of a program; skip the test where it is not installed."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin")
    return found or pytest.skip(f"{name} is not installed: it judges what is in deploy/ (see requirements-deploy.txt).")


def judged(*command: str, cwd: Path = ROOT, **env: str) -> str:
    """Run a program that has to be content, and return what it says."""
    done = subprocess.run(
        [tool(command[0]), *command[1:]], cwd=cwd, capture_output=True, text=True, timeout=120, env=env or None
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def nginx_of(folder: Path, ours: str) -> Path:
    """Write our file as the whole of an nginx, with a certificate that exists, and return its path."""
    (folder / "logs").mkdir()
    make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout privkey.pem -out fullchain.pem -subj /CN=chat.example.org"
    subprocess.run(make.split(), cwd=folder, check=True, capture_output=True)
    ours = ours.replace("/etc/letsencrypt/live/chat.example.org", str(folder))
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {places}\n{ours} }}"
    (folder / "nginx.conf").write_text(whole)
    return folder / "nginx.conf"


def services(path: Path) -> dict[str, dict]:
    """Name of each service of a compose file → what it says of it."""
    return yaml.safe_load(path.read_text())["services"]


def objects() -> list[dict]:
    """All objects of Kubernetes."""
    return [found for path in KUBERNETES for found in yaml.safe_load_all(path.read_text())]


def pods() -> dict[str, dict]:
    """Name of each object that makes pods → their spec."""
    return {
        found["metadata"]["name"]: found["spec"]["template"]["spec"]
        for found in objects()
        if "template" in found.get("spec", {})
    }


def commands() -> set[str]:
    """Each command of ours that a file in deploy/, or the image by itself, starts."""
    ours = [service for path in COMPOSE for service in services(path).values() if "parley" in service["image"]]
    found = {" ".join(service.get("command", ["parley"])) for service in ours}
    found |= {
        " ".join(container["command"])
        for pod in pods().values()
        for container in pod["containers"]
        if container["image"].startswith("parley")
    }
    for path in UNITS:
        found |= {
            f"parley {words}"
            for words in re.findall(r"^ExecStart=/opt/parley/bin/parley (.*)$", path.read_text(), re.M)
        }
    return found

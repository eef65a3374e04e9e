"""The data directory: everything an install keeps lies in it."""

import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from standalone import env

ROOT = Path(__file__).resolve().parent.parent


def directory() -> Path:
    """PARLEY_DATA_DIR or `var` beside the source, made when missing and closed to other accounts."""
    path = Path(env.text("PARLEY_DATA_DIR", str(ROOT / "var"))).expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"PARLEY_DATA_DIR cannot be used: {error}.") from error
    return path


def folder(name: str) -> Path:
    """A folder in the data directory, made when missing and closed to other accounts."""
    path = directory() / name
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def kept_secret(name: str) -> str:
    """A secret made on first use and kept readable by its owner only."""
    return _kept(name, lambda: secrets.token_urlsafe(50))


def port(service: str) -> int:
    """The loopback port of an embedded service, chosen once, so that a restart and a second terminal find it."""
    return int(_kept(f"{service}.port", lambda: str(_free_port())))


def settle_port(service: str) -> None:
    """Choose again when another program has taken the port since."""
    if not _is_free(port(service)):
        (directory() / f"{service}.port").unlink()
        port(service)


def valkey_url() -> str:
    """Where the embedded Valkey is."""
    return f"redis://:{kept_secret('valkey.password')}@127.0.0.1:{port('valkey')}/0"


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner may read."""
    path.touch(mode=0o600)
    path.write_text(content)


def _kept(name: str, make: Callable[[], str]) -> str:
    path = directory() / name
    if not path.exists():
        _write_once(path, make())
    return path.read_text().strip()


def _write_once(path: Path, value: str) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    write_private(draft, value)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # Another process was first, and its value counts.
    finally:
        draft.unlink()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _is_free(number: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", number)).close()
    except OSError:
        return False
    return True

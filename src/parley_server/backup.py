"""Write a backup: one .tar with a copy of the SQLite database, the files, and the secrets that read them.

It is written beside its place and renamed when it is whole. PostgreSQL is left to pg_dump, whose version has to fit the
server's, and which many servers run already: the backup then holds files and secrets, and its words name the command.
"""

import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from parley.conf import conf
from parley_server import data, databases, env, upgrades

FORMAT = 1
"""The shape of the archive; a restore refuses a higher number."""
MANIFEST, DATABASE, FILES = "parley.json", "parley.sqlite3", "files"
SECRETS = ("secret_key", "encryption_key")
"""Members of the archive, named like the files of the data directory that they become."""
DUMP = 'pg_dump --format=custom --file=parley.dump "$DATABASE_URL"'


class BackupFailed(Exception):
    """Says in one sentence why there is no backup, or why it cannot be restored."""


def back_up(name: str, secrets: bool) -> str:
    """Write the backup while everything runs → what to tell the operator. Raises BackupFailed."""
    target = Path(name).expanduser().absolute()
    try:
        _check(target)
        with _draft(target) as draft:
            _write(draft, secrets)
            os.rename(draft, target)
    except (OSError, DatabaseError, sqlite3.Error) as error:
        raise BackupFailed(f"The backup could not be written to {target}: {reason(error)}.") from error
    return _done(target, secrets)


def check_site() -> None:
    """Raise BackupFailed where no site is kept, before settings make a data folder of a mistyped name."""
    folder = data.location()
    if not (folder.is_dir() and (env.text("DATABASE_URL") or (folder / DATABASE).is_file())):
        raise BackupFailed(_no_site(folder))


def _no_site(folder: Path) -> str:
    return f"There is no site in {folder}: name its data folder, with --data or PARLEY_DATA_DIR."


def _check(target: Path) -> None:
    if not databases.has_tables():
        raise BackupFailed(_no_site(data.directory()))
    if target.exists():
        raise BackupFailed(f"{target} is there already: name another file, or remove it first.")
    if target.resolve().is_relative_to(data.directory().resolve()):
        raise BackupFailed(f"{target} is in the data folder, which is what is backed up: name a file elsewhere.")
    if not target.parent.is_dir():
        raise BackupFailed(f"There is no folder {target.parent}: make it, or name another one.")


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """Yield a path in a folder that only we can read, on the same disk, of which nothing stays."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        yield Path(folder) / "backup"


def _write(draft: Path, secrets: bool) -> None:
    """Copy the database before the files: a file that comes later is in no row, and is swept after a restore.

    What the archive should have comes last, so that one that was cut off lacks it.
    """
    with draft.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            members = _add_texts(archive, _secrets() if secrets else {})
            members += _add_database(archive, draft.with_name(DATABASE))
            members += _add_files(archive)
            _add_texts(archive, {MANIFEST: json.dumps(_manifest(members))})
        file.flush()
        os.fsync(file.fileno())


def _manifest(members: int) -> dict[str, object]:
    return {
        "format": FORMAT,
        "parley": upgrades.running_version(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "database": connection.vendor,
        "members": members,
    }


def _secrets() -> dict[str, str]:
    """Return what is in force, wherever it comes from."""
    return dict(zip(SECRETS, (settings.SECRET_KEY, ",".join(conf.ENCRYPTION_KEYS)), strict=True))


def _add_database(archive: tarfile.TarFile, copy: Path) -> int:
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])
    added = _add(archive, copy, DATABASE)
    copy.unlink()
    return added


def _add_files(archive: tarfile.TarFile) -> int:
    """Return how many there were; one that is deleted meanwhile is left out."""
    root, added = Path(conf.FILES), 0
    for folder, _, names in os.walk(root, onerror=_unless_gone):
        for name in names:
            path = Path(folder, name)
            with suppress(FileNotFoundError):
                added += path.is_file() and _add(archive, path, f"{FILES}/{path.relative_to(root).as_posix()}")
    return added


def _unless_gone(error: OSError) -> None:
    """Raise what keeps a folder from being read, which is else left out in silence."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _add(archive: tarfile.TarFile, path: Path, name: str) -> int:
    with path.open("rb") as file:
        archive.addfile(_without_owner(archive.gettarinfo(arcname=name, fileobj=file)), file)
    archive.members.clear()  # type: ignore[attr-defined]  # else it remembers them all
    return 1


def _add_texts(archive: tarfile.TarFile, texts: Mapping[str, str]) -> int:
    for name, text in texts.items():
        content = text.encode()
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(_without_owner(member), io.BytesIO(content))
    return len(texts)


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
    member.mtime = int(member.mtime)  # A fraction takes a header of its own.
    return member


def reason(error: Exception) -> str:
    """Return why something failed, to end a sentence with."""
    words = (isinstance(error, OSError) and error.strerror) or " ".join(str(error).split()).rstrip(".")
    return words or type(error).__name__


def _done(target: Path, secrets: bool) -> str:
    kept = "the files and the secrets" if secrets else "the files"
    size = f"{target.stat().st_size / 1_000_000:.1f} MB"
    if connection.vendor == "sqlite":
        return f"{target} has the database, {kept} ({size}): keep it where only you can read it."
    return f"{target} has {kept} ({size}), but not the database, which another command writes: {DUMP}"

"""Put a backup into an empty data folder; whatever is wrong with it leaves that empty.

It is unpacked into a folder inside, which this program opens as its data folder before anything is moved into place.
"""

import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection

from parley_server import data, databases, env, upgrades
from parley_server.backup import DATABASE, FILES, FORMAT, MANIFEST, SECRETS, BackupFailed, reason

STAGE = "restoring"
IGNORED = {"lost+found"}
LARGEST_SMALL = 1_000_000
"""Bytes of the manifest or a secret."""
DEEPEST, LONGEST = 8, 1_000
"""Parts, and characters, of the name of a file."""
NO_DATABASE = "The backup has no database."
LOAD = 'pg_restore --dbname="$DATABASE_URL" parley.dump'


def restore(name: str) -> str:
    """Fill the data folder → what to tell the operator. Raises BackupFailed and upgrades.IsNewer."""
    archive, folder = Path(name).expanduser().absolute(), data.directory()
    with _in_words(folder), _stage(folder, archive) as stage:
        manifest = _unpack(archive, stage)
        if manifest["database"] == "sqlite":
            _check_database(stage)
        overruled = _overruled(stage)
        for path in sorted(stage.iterdir(), key=lambda path: path.name == DATABASE):
            path.rename(folder / path.name)
    return " ".join([f"{folder} has what was backed up on {manifest['made']}.", *overruled, *_remaining(manifest)])


def _check(archive: Path, folder: Path) -> None:
    if not archive.is_file():
        raise BackupFailed(f"There is no backup at {archive}.")
    if any(path.name not in IGNORED for path in folder.iterdir()):
        raise BackupFailed(f"{folder} is not empty: name an empty folder, with --data or PARLEY_DATA_DIR.")
    needed, free = archive.stat().st_size, shutil.disk_usage(folder).free
    if needed > free:
        raise BackupFailed(f"{folder} has room for {free:,} bytes, and the backup has {needed:,}.")


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """Turn what disk and database raise into BackupFailed."""
    try:
        yield
    except (OSError, DatabaseError) as error:
        raise BackupFailed(f"The backup could not be restored to {folder}: {reason(error)}.") from error


@contextmanager
def _stage(folder: Path, archive: Path) -> Iterator[Path]:
    """Yield a new folder inside of the data folder, which is gone afterwards. Raises BackupFailed."""
    _check(archive, folder)
    stage = folder / STAGE
    try:
        stage.mkdir(mode=0o700)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _unpack(path: Path, stage: Path) -> dict[str, Any]:
    """Return the manifest. Only plain tar files are read, so that nothing is larger than the backup itself."""
    found = 0
    try:
        with tarfile.open(path, "r:") as archive:
            while member := archive.next():
                _extract(archive, _checked(member), stage)
                archive.members.clear()  # type: ignore[attr-defined]  # else it remembers them all
                found += 1
        return _manifest(stage / MANIFEST, found - 1)
    except (tarfile.TarError, ValueError, LookupError, TypeError, RecursionError, MemoryError) as error:
        raise BackupFailed(f"{path} is no backup, or not whole ({reason(error)}).") from error


def _checked(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return a member that a backup may have: a plain file of a known name. Raises BackupFailed for any other."""
    is_small = member.name in {MANIFEST, *SECRETS} and member.size <= LARGEST_SMALL
    is_known = is_small or member.name == DATABASE or is_file_below(FILES, member.name)
    if not (is_known and member.isreg() and not member.issparse()):
        raise BackupFailed(f"The backup has what no backup has, {member.name[:100]!r}, and was not restored.")
    return member


def is_file_below(folder: str, name: str) -> bool:
    r"""Tell whether a name is that of a file in a folder, and leads nowhere else.

    >>> [is_file_below("files", name) for name in ("files/a/b.pdf", "files", "files/../x", "/files/x", "files//x")]
    [True, False, False, False, False]
    """
    first, *rest = name.split("/")
    plain = len(name) <= LONGEST and len(rest) < DEEPEST and name.isprintable()
    return first == folder and bool(rest) and plain and not {"", ".", ".."} & set(rest)


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, stage: Path) -> None:
    """Write a new file; one that is there already, as when a name comes twice, is an OSError."""
    path = stage / member.name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = archive.extractfile(member)
    assert content is not None, "Checked to be a file."
    with path.open("xb") as copy:
        shutil.copyfileobj(content, copy, 1 << 20)
    if path.stat().st_size != member.size:
        raise tarfile.ReadError("it ends too early")


def _manifest(file: Path, others: int) -> dict[str, Any]:
    """Take the manifest out of the stage. Raises BackupFailed, and for one that we do not write other errors."""
    if not file.is_file():
        raise tarfile.ReadError(f"{MANIFEST}, which comes last, is missing")
    manifest: dict[str, Any] = json.loads(file.read_text())
    file.unlink()
    if manifest["format"] > FORMAT:
        raise BackupFailed(
            f"The backup is of a newer Parley, {_plain(manifest['parley'])}: install that version first."
        )
    if manifest["members"] != others or manifest["database"] not in {"sqlite", "postgresql"}:
        raise tarfile.ReadError("something is missing")
    return {**manifest, "made": _plain(manifest["made"])}


def _plain(said: object) -> str:
    """Return what may be printed of what a backup says: a terminal obeys other characters."""
    return "".join(filter(str.isprintable, str(said)))[:40]


def _check_database(stage: Path) -> None:
    """Open the database as this program does, and close it again. Raises IsNewer, BackupFailed and DatabaseError."""
    if env.text("DATABASE_URL"):
        raise BackupFailed("The backup has an SQLite database, and DATABASE_URL names another one: restore without it.")
    if not (stage / DATABASE).is_file():
        raise BackupFailed(NO_DATABASE)
    os.environ["PARLEY_DATA_DIR"] = str(stage)
    upgrades.refuse_newer()
    if not databases.has_tables():
        raise BackupFailed(NO_DATABASE)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(1)")
        if (found := cursor.fetchone()[0]) != "ok":
            raise DatabaseError(found)
    connection.close()


def _overruled(stage: Path) -> list[str]:
    """Return what to say of secrets that the environment sets otherwise than the backup."""
    differing = []
    for name, variable in zip(SECRETS, ("SECRET_KEY", "ENCRYPTION_KEYS"), strict=True):
        file, wanted = stage / name, env.text(variable)
        if wanted and file.is_file() and file.read_text() != wanted:
            differing.append(f"{variable} is set to another value than the backup's, which is now in {name}.")
    return differing


def _remaining(manifest: dict[str, Any]) -> list[str]:
    return [] if manifest["database"] == "sqlite" else [f"Now restore the database: {LOAD}"]

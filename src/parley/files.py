"""Keep private files: exports to fetch, uploads to read, attachments. Only a view serves them, to their owner."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from .conf import conf


def storage() -> Storage:
    """Return the entry of STORAGES, or a storage of the folder, that ``place`` names. Raises ImproperlyConfigured."""
    if not (found := place()):
        raise ImproperlyConfigured("PARLEY['FILES'] is missing: a folder that no URL serves, or an entry of STORAGES.")
    return storages[found] if found in settings.STORAGES else _folder(found)


def place() -> str:
    """Return what ``FILES`` names; while it names nothing, a folder of the project with DEBUG and in tests, else ""."""
    base = getattr(settings, "BASE_DIR", "") if settings.DEBUG or _is_tested() else ""
    return str(conf.FILES) or (str(Path(base) / "parley-files") if base else "")


def _is_tested() -> bool:
    """Tell whether tests run, for which Django turns DEBUG off before it asks the checks."""
    return hasattr(mail, "outbox")


@lru_cache
def _folder(path: str) -> Storage:
    return FileSystemStorage(path, file_permissions_mode=0o600, directory_permissions_mode=0o700)


def keep(name: str, file: "File[Any]") -> str:
    """Keep a file under a name, replacing another one → the name. An upload on this disk is moved, not copied."""
    storage().delete(name)
    return storage().save(name, file)


def remove(name: str) -> None:
    storage().delete(name)


def remove_folder(folder: str, names: Iterable[str]) -> None:
    """Remove files of a folder, and the folder itself where it is left empty, if the storage has such."""
    for name in names:
        remove(f"{folder}/{name}")
    with suppress(OSError):
        remove(folder)


def is_there(name: str) -> bool:
    return storage().exists(name)


def listed(folder: str) -> Iterator[str]:
    """Yield the names of all files below a folder; none where it does not exist."""
    try:
        folders, names = storage().listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in sorted(names))
    for below in sorted(folders):
        yield from listed(f"{folder}/{below}")


def scratch() -> IO[bytes]:
    """Return a nameless temporary file, on disk above 1 MiB, which ends with its process."""
    return cast(IO[bytes], tempfile.SpooledTemporaryFile(2**20, dir=settings.FILE_UPLOAD_TEMP_DIR))


@contextmanager
def local(name: str) -> Iterator[str]:
    """Yield the path of a kept file on this disk, or of a copy if the storage is elsewhere."""
    try:
        path = storage().path(name)
    except NotImplementedError:
        with storage().open(name) as kept, tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
            shutil.copyfileobj(kept, copy)
            copy.flush()
            yield copy.name
    else:
        yield path

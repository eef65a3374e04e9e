"""Keep private files: exports to fetch, uploads to read. Only a view serves them, to their owner."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from .conf import conf


def storage() -> Storage:
    """Return the entry of STORAGES, or a storage of the folder, that ``FILES`` names. Raises ImproperlyConfigured."""
    if not conf.FILES:
        raise ImproperlyConfigured("PARLEY['FILES'] is missing: a folder that no URL serves, or an entry of STORAGES.")
    return storages[conf.FILES] if conf.FILES in settings.STORAGES else _folder(str(conf.FILES))


@lru_cache
def _folder(path: str) -> Storage:
    return FileSystemStorage(path, file_permissions_mode=0o600, directory_permissions_mode=0o700)


def keep(name: str, file: "File[Any]") -> str:
    """Keep a file under a name, replacing another one → the name. An upload on this disk is moved, not copied."""
    storage().delete(name)
    return storage().save(name, file)


def remove(name: str) -> None:
    storage().delete(name)


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

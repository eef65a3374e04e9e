"""Report mistakes in the entries of PARLEY as Django system checks with a hint; the others are in site_checks."""

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.files.storage import FileSystemStorage

from . import applied, encrypted, files, policy, site_checks
from .conf import Conf, conf
from .generation.addresses import read
from .search import index

READERS = ("pypdf", "mammoth", "html_to_markdown", "python_calamine", "PIL", "charset_normalizer")
"""The packages of the extra ``files``, as they are imported."""
KINDS = {str: "text", bool: "True or False", int: "whole number from 0 on", float: "number from 0 on"}
MORE_THAN_NOTHING = (
    "CONCURRENCY", "MAX_PER_PERSON", "CONTEXT_WINDOW", "MAX_QUESTION_LENGTH", "CONNECT_TIMEOUT", "IDLE_TIMEOUT",
    "ANSWER_TIMEOUT", "IMPORT_TIMEOUT", "TICK", "HEARTBEAT_INTERVAL", "FEED_POLL_INTERVAL",
)  # fmt: skip
"""Numbers with which, at 0, nothing is answered, or a process never rests."""
SERVER = re.compile(r"(rediss?://([^/\s]*@)?[^/\s@]+(/\d*)?|unix:///[^?\s]+)(\?\S*)?\Z")
ANY_SERVER = re.compile(r"[a-z][a-z0-9+.]*://\S+\Z")


def register_all() -> None:
    for check in (
        unknown_settings,
        types,
        addresses,
        private_files,
        lists_of_models,
        address_of_provider,
        key_of_provider,
        database,
        encryption_keys,
        class_of_policy,
        reader_of_files,
        packages_for_files,
    ):
        register(check)
    register(applied.newer_database, Tags.database)
    site_checks.register_all()


def _error(number: int, words: str, hint: str) -> Error:
    return Error(words, hint=hint, id=f"parley.E{number:03}")


def unknown_settings(**kwargs: object) -> list[CheckMessage]:
    entries = getattr(settings, "PARLEY", {})
    if not isinstance(entries, dict):
        words = f"PARLEY is no dict, but {type(entries).__name__}, and is not read."
        return [_error(11, words, 'Write PARLEY = {"REDIS_URL": "…"}.')]
    known = set(Conf.__annotations__)
    hint = f"Known: {', '.join(sorted(known))}."
    unknown = [name for name in entries if name not in known]
    return [_error(1, f"PARLEY has a setting that does not exist: {name}.", hint) for name in unknown]


def types(**kwargs: object) -> list[CheckMessage]:
    """Refuse "32k" for a number, and None for a text that the environment lacks."""
    wrong = [(name, kind) for name, kind in Conf.__annotations__.items() if not _is_a(kind, getattr(conf, name))]
    hint = "Write one, or leave the entry out."
    return [_error(12, f"PARLEY['{name}'] is no {KINDS[kind]}.", hint) for name, kind in wrong] or _too_small()


def _too_small() -> list[CheckMessage]:
    hint = "Write a larger one, or leave the entry out."
    wrong: dict[str, float] = {name: 0 for name in MORE_THAN_NOTHING if getattr(conf, name) == 0}
    if conf.DEAD_AFTER <= conf.HEARTBEAT_INTERVAL:
        wrong["DEAD_AFTER"] = conf.HEARTBEAT_INTERVAL
    return [_error(12, f"PARLEY['{name}'] must be more than {least}.", hint) for name, least in wrong.items()]


def _is_a(kind: Any, value: object) -> bool:
    """Return whether a value is of a kind of KINDS; lists have a check of their own."""
    if kind in (int, float):
        return isinstance(value, int | float if kind is float else int) and type(value) is not bool and value >= 0
    return kind not in KINDS or isinstance(value, (str, PurePath) if kind is str else kind)


def addresses(**kwargs: object) -> list[CheckMessage]:
    """Look at what is no address of the web; what is wrong may hold a password and is not repeated."""
    found: list[CheckMessage] = []
    if not _is_server(str(conf.REDIS_URL)):
        hint = "Write redis://host:6379/0; in a password, write / as %2F, @ as %40, and # as %23."
        found.append(_error(13, "PARLEY['REDIS_URL'] is no address of a server.", hint))
    if conf.BROKER_URL and not ANY_SERVER.match(str(conf.BROKER_URL)):
        found.append(
            _error(13, "PARLEY['BROKER_URL'] is no address of a server.", "Write amqp://host or redis://host.")
        )
    if not str(conf.SOCKET_PATH).startswith("/"):
        found.append(_error(14, "PARLEY['SOCKET_PATH'] is no path.", 'Begin it with a slash: "/ws/parley/".'))
    if not (settings.FORCE_SCRIPT_NAME or "/").startswith("/"):
        found.append(_error(14, "FORCE_SCRIPT_NAME is no path.", 'Begin it with a slash: "/club".'))
    return found


def _is_server(url: str) -> bool:
    try:
        return bool(SERVER.match(url)) and (url.startswith("unix:") or urlsplit(url).port != 0)
    except ValueError:  # a port that is no number
        return False


def private_files(**kwargs: object) -> list[CheckMessage]:
    hint = "Set PARLEY['FILES'] to a folder that no URL serves, or to an entry of STORAGES."
    if not files.place():
        return [_error(3, "Parley needs a place for exports and imports.", hint)]
    wrong = _wrong_with_storage() if files.place() in settings.STORAGES else _wrong_with(Path(files.place()))
    return [_error(15, f"PARLEY['FILES'] {wrong}.", hint)] if wrong else []


def _wrong_with_storage() -> str:
    """Return why an entry of STORAGES is no private place, or "": of those elsewhere, nobody but the host knows."""
    try:
        storage = files.storage()
    except Exception as error:  # whatever a storage raises
        return f"is an entry of STORAGES that cannot be made: {error}"
    if isinstance(storage, StaticFilesStorage):
        return "is the storage of the static files, which are served to everybody"
    return _wrong_with(Path(storage.base_location)) if isinstance(storage, FileSystemStorage) else ""


def _wrong_with(folder: Path) -> str:
    """Return why a folder is no private place for all processes, or ""."""
    if not folder.is_absolute():
        return "is another folder for each process: begin it with a slash"
    for name, public in _public_folders():
        if folder.resolve().is_relative_to(public):
            return f"lies in {name}, which is served to everybody"
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return "" if there.is_dir() and os.access(there, os.W_OK) else f"cannot be written: look at the rights of {there}"


def _public_folders() -> Iterator[tuple[str, Path]]:
    for name in ("MEDIA_ROOT", "STATIC_ROOT"):
        if root := getattr(settings, name, None):
            yield name, Path(root).resolve()
    for entry in settings.STATICFILES_DIRS:  # a folder, or (prefix, folder)
        yield "STATICFILES_DIRS", Path(entry[1] if isinstance(entry, list | tuple) else entry).resolve()


def lists_of_models(**kwargs: object) -> list[CheckMessage]:
    """Refuse a text instead of a list: it would be read letter by letter, and its ``*`` would allow every model."""
    lists = ("MODELS", "MODELS_HIDDEN", "PICTURES", "NO_PICTURES")
    wrong = [name for name in lists if not _is_list_of_texts(getattr(conf, name))]
    hint = "Write PARLEY['{}'] = [\"gpt-5*\"], see docs/hosting.md."
    return [_error(4, f"PARLEY['{name}'] is no list of patterns.", hint.format(name)) for name in wrong]


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


def address_of_provider(**kwargs: object) -> list[CheckMessage]:
    hint = "Write it as https://host/v1; a query such as ?api-version=… is sent with each request."
    try:
        address = read(conf.BASE_URL)
        known = address.url.startswith(("http://", "https://")) and address.host
    except (ValueError, TypeError, AttributeError):
        known = False
    if not known:
        return [_error(5, "PARLEY['BASE_URL'] is no address of the web.", hint)]
    if address.login and conf.API_KEY:
        hint = "A request proves once who asks: take the password out of the address, or leave the key empty."
        return [_error(6, "PARLEY has a password in BASE_URL and an API_KEY.", hint)]
    return []


def key_of_provider(**kwargs: object) -> list[CheckMessage]:
    """Look at what no header can carry; the key is not repeated."""
    key = str(conf.API_KEY or "")
    hint = "Copy it anew, whole, without a space or the end of a line: open(…).read().strip()."
    sound = key.isascii() and key.isprintable() and " " not in key
    return [] if sound else [_error(19, "PARLEY['API_KEY'] has characters that no key has.", hint)]


def encryption_keys(**kwargs: object) -> list[CheckMessage]:
    hint = "Make one with manage.py parley_keys new; see docs/hosting.md."
    wrong = not _is_list_of_texts(conf.ENCRYPTION_KEYS) or not all(map(encrypted.is_key, conf.ENCRYPTION_KEYS))
    return [_error(8, "PARLEY['ENCRYPTION_KEYS'] is no list of encryption keys.", hint)] if wrong else []


def class_of_policy(**kwargs: object) -> list[CheckMessage]:
    hint = "Write the dotted path of a class of parley.policy.Policy, with its methods as plain functions."
    wrong = policy.mistake()
    return [_error(9, f"PARLEY['POLICY'] {wrong}.", hint)] if wrong else []


def reader_of_files(**kwargs: object) -> list[CheckMessage]:
    """Look for the module of EXTRACT without importing it: it is the worker's alone."""
    module, _, function = str(conf.EXTRACT).rpartition(".")
    if not conf.EXTRACT or (function and _is_there(module)):
        return []
    hint = "Write the dotted path of a function, see docs/hosting.md."
    return [_error(10, f"PARLEY['EXTRACT'] leads to no module: {conf.EXTRACT}.", hint)]


def packages_for_files(**kwargs: object) -> list[CheckMessage]:
    missing = [name for name in READERS if not _is_there(name)]
    hint = "Install django-parley[files]."
    words = f"Only text files can be read as attachments; missing: {', '.join(missing)}."
    return [Warning(words, hint=hint, id="parley.W011")] if missing else []


def _is_there(module: str) -> bool:
    try:
        return bool(module) and find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def database(**kwargs: object) -> list[CheckMessage]:
    return [] if index.is_possible() else [_error(7, index.NEEDED, "Choose another ENGINE for Parley's database.")]

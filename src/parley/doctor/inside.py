"""Ask what the processes of a site need: stores, broker, worker, provider, files, and the machine."""

import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from parley import celery, files
from parley.applied import unknown_migrations
from parley.conf import conf
from parley.generation import inquiry
from parley.ids import uuid7
from parley.models import Conversation
from parley.redis import answer_key, connection

from . import limits
from .part import Part, Wrong, asked

ENOUGH_DISK = 1_000_000_000
"""Bytes."""
NO_LIST = (404, 405, 501)
"""Statuses of providers that list no models."""
MAX_NAMED = 5


def parts(patience: float) -> Iterator[Part]:
    """Yield each part as soon as it was asked; ``patience``: seconds for a worker."""
    yield asked("database", database, "Look at DATABASES.")
    yield asked("migrations", migrations, "Look at the database first.")
    yield asked("valkey", valkey, "Start Valkey or Redis, or correct PARLEY['REDIS_URL'].")
    yield asked("broker", broker, f"Start the broker, or correct its address, which is {celery.shown_broker()}.")
    yield asked("worker", partial(worker, patience), "Look at broker and valkey first.")
    yield asked("provider", provider, "Start it, or correct PARLEY['BASE_URL'].")
    yield asked("files", stored_files, "Correct PARLEY['FILES'], or the rights of that folder.")
    yield asked("disk", disk, "Look at the folders of PARLEY['FILES'] and of the database.")
    yield asked("open files", limits.open_files, "")
    yield asked("memory", limits.memory, "")
    yield asked("processes", limits.processes, "")


def database() -> str:
    alias = Conversation.objects.db
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")
    return f"{connections[alias].display_name} answers."


def migrations() -> str:
    executor = MigrationExecutor(connections[Conversation.objects.db])
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise Wrong(f"{len(missing)} are not applied.", "Run manage.py migrate.")
    if unknown := unknown_migrations(executor.connection):
        raise Wrong(f"A later version has applied {unknown[-1]}.", "Install that version or a later one.")
    return "All are applied."


def valkey() -> str:
    memory = connection().info("memory")
    policy = memory.get("maxmemory_policy", "noeviction")
    if memory.get("maxmemory") and policy != "noeviction":
        raise Wrong(f"It forgets what it holds when it is full ({policy}).", "Set maxmemory-policy noeviction.")
    return f"{celery.shown(conf.REDIS_URL)} answers."


def broker() -> str:
    with celery.current().connection_for_write() as link:
        link.ensure_connection(max_retries=1, interval_start=0.1, timeout=2)
        return f"{celery.shown(link.as_uri())} answers."


def worker(patience: float) -> str:
    key, until = answer_key(uuid7()), time.monotonic() + patience
    celery.current().send_task("parley.ping", [key], expires=patience)
    while time.monotonic() < until:
        answer: Any = connection().blpop([key], timeout=1)
        if answer:
            return f"One is {answer[1].decode()}."
    raise Wrong(f"None has answered within {patience:g} seconds.", _how_to_start())


def _how_to_start() -> str:
    own = f"Start a worker of {conf.CELERY_APP}, and have it look for tasks (app.autodiscover_tasks)."
    return own if conf.CELERY_APP else "Start one: manage.py parley_worker."


def provider() -> str:
    asked_one = conf.provider
    try:
        names = list(inquiry.ask(asked_one))
    except inquiry.Refused as error:
        if error.refusal.status in NO_LIST:
            return f"{asked_one.name} answers, and lists no models."
        raise Wrong(f"{asked_one.name} says {asked_one.redacted(str(error))}.", "Look at PARLEY['API_KEY'].") from error
    except inquiry.FAILURES as error:
        words = f"{asked_one.name}: {asked_one.redacted(str(error))}."
        raise Wrong(words, "Start it, or correct PARLEY['BASE_URL'].") from error
    return _with_the_model(asked_one.name, names)


def _with_the_model(host: str, names: list[str]) -> str:
    """Look for MODEL among the names; Ollama's have a tag behind them."""
    if names and not any(name.partition(":")[0] == conf.MODEL or name == conf.MODEL for name in names):
        some = ", ".join(names[:MAX_NAMED])
        raise Wrong(f"{host} has no model {conf.MODEL}.", f"Set PARLEY['MODEL'] to one that it has, such as {some}.")
    return f"{host} lists {len(names)} models, and {conf.MODEL} is there." if names else f"{host} lists no models."


def stored_files() -> str:
    storage, content = files.storage(), b"parley"
    name = storage.save(f"check/{uuid7()}", ContentFile(content))
    try:
        with storage.open(name) as kept:
            if kept.read() != content:
                raise Wrong("What was written is not what is read.", "Look at the storage of PARLEY['FILES'].")
    finally:
        files.remove_folder("check", [name.rpartition("/")[2]])
    return f"{files.place()} can be written and read."


def disk() -> str:
    free = {folder: shutil.disk_usage(folder).free for folder in _folders()}
    for folder, left in free.items():
        if left < ENOUGH_DISK:
            raise Wrong(f"Only {left // 10**6} MB are free at {folder}.", "Make room, or move it to another disk.")
    return f"{min(free.values()) // 10**6} MB are free." if free else "Nothing is kept on this machine."


def _folders() -> Iterator[Path]:
    """Yield the folders on this machine that grow."""
    if files.place() and files.place() not in settings.STORAGES:
        place = Path(files.place())
        yield next(each for each in (place, *place.parents) if each.exists())
    entry = connections[Conversation.objects.db].settings_dict
    if entry["ENGINE"].endswith("sqlite3") and Path(str(entry["NAME"])).exists():
        yield Path(str(entry["NAME"])).parent

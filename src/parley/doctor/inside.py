"""Ask what the processes of a site need: stores, broker, worker, provider, files, and the machine."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.checks import run_checks
from django.core.files.base import ContentFile
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from parley import celery, files
from parley.applied import unknown_migrations
from parley.conf import conf
from parley.delivery.layer import get_channel_layer
from parley.generation import inquiry
from parley.ids import uuid7
from parley.models import Conversation, Worker
from parley.redis import answer_key, connection

from . import limits
from .part import Part, Wrong, asked

ENOUGH_DISK = 1_000_000_000
"""Bytes."""
NO_LIST = (404, 405, 501)
"""Statuses of providers that list no models."""
MAX_NAMED = 5
PATIENCE_OF_LAYER = 3.0
"""Seconds for a message through the channel layer."""
PINGS = 4
"""Questions to workers; a queue gives them to whoever is free."""


def parts(patience: float) -> Iterator[Part]:
    """Yield each part as soon as it was asked; ``patience``: seconds for a worker."""
    yield asked("settings", settings_checked, "Run manage.py check.")
    yield asked("database", database, "Look at DATABASES.")
    yield asked("migrations", migrations, "Look at the database first.")
    yield asked("valkey", valkey, "Start Valkey or Redis, or correct PARLEY['REDIS_URL'].")
    yield asked("broker", broker, f"Start the broker, or correct its address, which is {celery.shown_broker()}.")
    yield asked(
        "layer", layer, "Start its server, or correct CHANNEL_LAYERS, without which PARLEY['REDIS_URL'] is used."
    )
    yield asked("worker", partial(worker, patience), "Look at broker and valkey first.")
    yield asked("provider", provider, "Start it, or correct PARLEY['BASE_URL'].")
    yield asked("files", stored_files, "Correct PARLEY['FILES'], or the rights of that folder.")
    yield asked("disk", disk, "Look at the folders of PARLEY['FILES'] and of the database.")
    yield asked("open files", limits.open_files, "")
    yield asked("memory", limits.memory, "")
    yield asked("processes", limits.processes, "")


def settings_checked() -> str:
    """Ask Parley's own checks, since a command that asks what runs is called before anything is right."""
    found = [each for each in run_checks() if str(each.id).startswith("parley.E")]
    if found:
        more = f" (one of {len(found)})" if len(found) > 1 else ""
        raise Wrong(f"{found[0].msg}{more}", "Run manage.py check, which says what to do.")
    return "No check of Parley's fails."


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


def layer() -> str:
    return async_to_sync(_through_the_layer)()


async def _through_the_layer() -> str:
    """Send a message to a group of this process alone, and wait for it."""
    layer, group = get_channel_layer(), f"{conf.KEY_PREFIX}.check.{uuid7()}"
    name, channel = type(layer).__name__, await layer.new_channel()
    await layer.group_add(group, channel)
    await layer.group_send(group, {"type": "check"})
    try:
        await asyncio.wait_for(layer.receive(channel), PATIENCE_OF_LAYER)
    except TimeoutError:
        raise Wrong(f"Nothing came through {name}.", "Look at CHANNEL_LAYERS, or leave it out.") from None
    finally:
        await layer.group_discard(group, channel)
    return f"{name} passes messages on."


def worker(patience: float) -> str:
    """Ask several times at once, so that each of two workers is likely to answer."""
    key, until, answers = answer_key(uuid7()), time.monotonic() + patience, list[str]()
    for _again in range(PINGS):
        celery.current().send_task("parley.ping", [key], expires=patience)
    while len(answers) < PINGS and time.monotonic() < until:
        answer: Any = connection().blpop([key], timeout=1)
        answers += [answer[1].decode()] if answer else []
    if not answers:
        raise Wrong(f"None has answered within {patience:g} seconds.", _how_to_start())
    return of_this_site(answers)


def of_this_site(answers: list[str]) -> str:
    """Look whether the heartbeats of those who answered are in this database; older versions say no id."""
    for words, _, identifier in (each.partition(" as ") for each in answers):
        if identifier and not Worker.objects.filter(pk=identifier).exists():
            todo = "Give each site its own PARLEY['KEY_PREFIX'], or its own number of a database in REDIS_URL."
            raise Wrong(f"One that is {words} writes to another database, and takes tasks of this site.", todo)
    return f"One is {answers[0].partition(' as ')[0]}."


def _how_to_start() -> str:
    own = f"Start a worker of {conf.CELERY_APP}, and have it look for tasks (app.autodiscover_tasks)."
    return own if conf.CELERY_APP else "Start one: manage.py parley_worker."


def provider() -> str:
    asked_one = conf.provider
    try:
        names = list(inquiry.ask(asked_one))
    except inquiry.Refused as error:
        if error.refusal.status in NO_LIST:
            if not inquiry.takes_questions(asked_one):
                todo = "Correct PARLEY['BASE_URL']: most end with /v1, and none with /chat/completions."
                raise Wrong(f"{asked_one.name} takes no questions there.", todo) from error
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

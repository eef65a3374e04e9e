"""What is exported comes in again as it was: trees, times, branches, settings, folders."""

import json
import tempfile
from datetime import UTC, datetime
from itertools import count
from zipfile import ZipFile

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from parley.errors import SENTENCES
from parley.ids import uuid7
from parley.models import Conversation, Folder, Message, Preset
from parley.text import clean, clean_line
from parley.transfer.archive import write_archive
from parley.transfer.reading import read_import

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
NUMBERS = count()

texts = some.text(some.characters(codec="utf-8"), max_size=60).map(clean)
names = texts.map(lambda text: clean_line(text, 100)).filter(bool)
moments = some.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001
numbers = some.integers(0, 10_000)
generation_settings = {
    "model": some.sampled_from(["", "fake-1", "Qwen/Qwen3-8B"]),
    "instructions": texts,
    "parameters": some.fixed_dictionaries(
        {}, optional={"temperature": some.sampled_from([0, 0.5, 2]), "max_tokens": some.integers(1, 9999)}
    ),
}
parts = some.lists(
    some.fixed_dictionaries({"type": some.sampled_from(["image", "tool_call"]), "text": texts}), max_size=2
)
included = some.lists(
    some.fixed_dictionaries(
        {
            "id": some.just(""),
            "name": names,
            "from": some.just(0),
            "upto": numbers,
            "of": numbers,
            "pages": some.none() | some.lists(numbers, min_size=3, max_size=3),
            "window": numbers,
            "why": some.sampled_from(["", "room", "gone"]),
        },
        optional={"tokens": numbers, "notes": some.just(["cut", "guessed:cp1252"])},
    ),
    min_size=1,
    max_size=2,
)
MESSAGE = {
    "parent": some.none() | some.integers(0, 20),
    "role": some.sampled_from(["user", "assistant"]),
    "status": some.sampled_from(["done", "stopped", "failed", "interrupted", "pending", "streaming"]),
    "content": texts,
    "reasoning": texts,
    "reasoning_seconds": some.none() | numbers,
    "model": some.sampled_from(["", "fake-1"]),
    "asked_model": some.sampled_from(["", "fake-2"]),
    "error": some.sampled_from(["", *SENTENCES]),
    "error_detail": some.sampled_from(["", "No such model."]),
    "finish_reason": some.sampled_from(["", "stop", "length"]),
    "usage": some.dictionaries(some.sampled_from(["prompt_tokens", "completion_tokens"]), numbers),
    "parts": parts,
    "left_out": numbers,
    "sent_tokens": numbers,
    "included": some.none() | included,
    "created_at": moments,
    "settled_at": some.none() | moments,
}
messages = some.fixed_dictionaries(MESSAGE).map(
    lambda values: values if values["role"] == "assistant" else {**values, "status": "done"}
)
CONVERSATION = {
    "title": names,
    "titled_by": some.sampled_from(["question", "model", "person"]),
    "title_usage": some.just({}) | some.fixed_dictionaries({"model": names, "completion_tokens": numbers}),
    **generation_settings,
    "folder": some.none() | some.integers(0, 3),
    "pinned": some.booleans(),
    "archived": some.booleans(),
    "without_profile": some.booleans(),
    "created_at": moments,
    "updated_at": moments,
    "shown": some.none() | some.integers(0, 20),
    "messages": some.lists(messages, max_size=8),
    "fork_at": some.none() | some.integers(0, 20),
    "forked": some.lists(messages, max_size=3),
}
conversations = some.fixed_dictionaries(CONVERSATION)
settled_things = some.lists(
    some.fixed_dictionaries({"name": names, **generation_settings}), max_size=2, unique_by=lambda row: row["name"]
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(some.lists(conversations, max_size=3), settled_things, settled_things)
def test_what_is_exported_comes_in_again_as_it_was(db, drawn, folders, presets):
    with transaction.atomic():
        owner, other = (get_user_model().objects.create_user(f"person {next(NUMBERS)}") for _ in range(2))
        made = [Folder.objects.create(owner=owner, **values) for values in folders]
        for values in presets:
            Preset.objects.create(owner=owner, **values)
        for values in drawn:
            write(owner, made, **values)
        first = export(owner)
        assert bring_in(other, first) == len(first) - 2
        second = export(other)
        assert as_it_was(second) == as_it_was(first)
        assert costs_of_titles(other) == costs_of_titles(owner)
        assert bring_in(other, first) == bring_in(other, second) == bring_in(owner, first) == 0
        assert export(other).keys() == second.keys()
        assert Message.objects.filter(conversation__owner=other, status__in=["pending", "streaming"]).count() == 0
        transaction.set_rollback(True)


def write(owner, folders, *, messages, shown, folder, fork_at, forked, **facts):
    folder = folders[folder % len(folders)] if folders and folder is not None else None
    conversation = Conversation.objects.create(owner=owner, folder=folder, **facts)
    rows = say(conversation, [], messages)
    if rows and shown is not None:
        conversation.shown = rows[shown % len(rows)]
        conversation.save()
    if rows and fork_at is not None:
        message = rows[fork_at % len(rows)]
        fork = conversation.fork(message)
        say(
            fork, list(fork.messages.order_by("id")), [{**values, "parent": values["parent"] or 0} for values in forked]
        )


def say(conversation, rows, messages):
    for values in messages:
        parent = values["parent"]
        values["parent"] = rows[parent % len(rows)] if rows and parent is not None else None
        rows.append(Message(id=uuid7(), conversation=conversation, **values))
    Message.objects.bulk_create([row for row in rows if row._state.adding])
    return rows


def export(owner):
    """Name → what the JSON file of that name in an archive says."""
    with tempfile.TemporaryFile() as file:
        write_archive(file, owner, [], lambda done, total: None)
        with ZipFile(file) as archive:
            assert archive.testzip() is None
            names = [name for name in archive.namelist() if name.endswith(".json")]
            return {name: json.loads(archive.read(name)) for name in names}


def bring_in(owner, files):
    """→ how many conversations came in."""
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        with ZipFile(file, "w") as archive:
            for name, sent in files.items():
                archive.writestr(name, json.dumps(sent))
        report = read_import(file.name, owner, lambda done, total: None)
    assert [entry["error"] for entry in report if entry["error"]] == []
    assert [entry["left_out"] for entry in report if entry["left_out"]] == []
    return sum(entry["conversations"] for entry in report)


def as_it_was(files):
    """Without what has to be another: ids are numbers in order, and the origin is the first id."""
    sent = [sent["conversation"] for name, sent in files.items() if name.startswith("conversations/")]
    things = files["settings.json"]
    return sorted(map(renumbered, sent), key=lambda one: one["origin"]), things["folders"], things["presets"]


def costs_of_titles(owner):
    return sorted(map(sorted, (usage.items() for usage in owner.conversations.values_list("title_usage", flat=True))))


def renumbered(sent):
    numbers = {message["id"]: number for number, message in enumerate(sent["messages"])}
    messages = [
        {**message, "id": numbers[message["id"]], "parent": numbers.get(message["parent"])}
        for message in sent["messages"]
    ]
    origin = sent["origin"] or f"parley:{sent['id']}"
    return {**sent, "id": "", "origin": origin, "shown": numbers.get(sent["shown"]), "messages": messages}


def test_an_id_that_belongs_to_somebody_else_is_a_name_only(owner, stranger):
    conversation = Conversation.objects.create(owner=stranger, title="Secret")
    Message.objects.create(conversation=conversation, role="user", content="mine")
    files = export(stranger)
    assert bring_in(owner, files) == 1
    mine = Conversation.objects.get(owner=owner)
    assert mine.pk != conversation.pk
    assert Message.objects.get(conversation=conversation).content == "mine"
    assert mine.messages.get().pk != conversation.messages.get().pk


def test_what_was_deleted_comes_back(owner):
    conversation = Conversation.objects.create(owner=owner, title="Lost")
    Message.objects.create(conversation=conversation, role="user", content="found")
    files = export(owner)
    conversation.delete()
    assert bring_in(owner, files) == 1
    assert Conversation.objects.get(owner=owner).title == "Lost"

"""Measure finding words among 100,000 messages: `python -m benchmarks.search` prints the tables."""

import logging
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from typing import Any

from benchmarks.both import compare
from benchmarks.measure import percentile
from benchmarks.targets import Verdict

CONVERSATIONS, MESSAGES = 2_000, 100_000
VOCABULARY, SPOKEN = 30_000, 2_000_000
DIFFERENT, TIMES = 15, 2
"""Queries of one kind, and how often each is asked."""
QUESTIONS = 60
LIMIT = 0.2
SYLLABLES = [first + vowel + last for first in [*"bdfgklmnprstv", "st", "tr", "pl", "th"] for vowel in "aeiou"
             for last in ("", "n", "r", "s", "l", "t")]  # fmt: skip

Measured = dict[str, Any]


def main() -> None:
    compare("search", measured, tables)


# In the process of one database


def measured(url: str) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        set_up(url, folder)
        from django.db import connection

        from parley.search import index

        index.remove(connection)
        rng = random.Random(1)
        words = vocabulary(rng)
        spoken = rng.choices(words, cum_weights=[*accumulate(1 / (rank + 3) for rank in range(VOCABULARY))], k=SPOKEN)
        owner = fill(spoken, rng)
        before, asked_before = size_of(connection), median_of_questions(owner)
        took = seconds(lambda: index.make(connection))
        tidy(connection)
        return {
            "queries": {kind: ask_all(owner, queries) for kind, queries in kinds(words, spoken, rng).items()},
            "index": size_of(connection) - before,
            "texts": text_size(),
            "made in": took,
            "question": [asked_before, median_of_questions(owner)],
        }


def set_up(url: str, folder: str) -> None:
    os.environ |= {"DJANGO_SETTINGS_MODULE": "parley_server.settings", "PARLEY_DATA_DIR": folder, "DEBUG": "0"}
    os.environ |= {"SECRET_KEY": "of a benchmark", "ALLOWED_HOSTS": "testserver", "DATABASE_URL": url}
    os.environ |= {"REDIS_URL": "redis://127.0.0.1:9/0", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    settings.CELERY_BROKER_URL = "memory://"
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    logging.disable(logging.WARNING)
    call_command("migrate", verbosity=0)


def vocabulary(rng: random.Random) -> list[str]:
    """Words of one to four syllables, the frequent ones first and no longer than others."""
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        words["".join(rng.choices(SYLLABLES, k=rng.choice((1, 2, 2, 3, 3, 4))))] = None
    return [*words]


def fill(spoken: list[str], rng: random.Random) -> Any:
    """One person's conversations: questions of about 20 words, answers of about 120."""
    from django.contrib.auth import get_user_model

    from parley.models import Conversation

    owner = get_user_model().objects.create_user("reader")
    titles = (text(spoken, rng, 1.5) for _ in range(CONVERSATIONS))
    rows = Conversation.objects.bulk_create(Conversation(owner=owner, title=title[:60]) for title in titles)
    for first in range(0, CONVERSATIONS, 100):
        insert(message for row in rows[first : first + 100] for message in messages_of(row, spoken, rng))
    return owner


def messages_of(conversation: Any, spoken: list[str], rng: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(MESSAGES // CONVERSATIONS):
        words = text(spoken, rng, 3 + 1.8 * (number % 2))
        yield {"conversation_id": conversation.pk, "role": ("user", "assistant")[number % 2], "content": words}


def insert(messages: Iterator[dict[str, Any]]) -> None:
    """Insert many rows at once, without a model for each."""
    from django.db import connection, transaction

    from parley.ids import uuid7
    from parley.models import Message

    usual = vars(Message(version=1))
    fields = Message._meta.concrete_fields
    marks = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {Message._meta.db_table} ({', '.join(field.column for field in fields)}) VALUES ({marks})"
    like = {field: field.get_db_prep_save(usual[field.attname], connection) for field in fields}
    own = {field.attname: field for field in fields}

    def values(row: dict[str, Any]) -> list[Any]:
        given = {own[name]: own[name].get_db_prep_save(value, connection) for name, value in row.items()}
        return [*{**like, **given}.values()]

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(statement, [values({"id": uuid7(), **message}) for message in messages])


def text(spoken: list[str], rng: random.Random, size: float) -> str:
    count = min(2_000, max(3, int(rng.lognormvariate(size, 0.7))))
    start = rng.randrange(len(spoken) - count)
    return " ".join(spoken[start : start + count])


def kinds(words: list[str], spoken: list[str], rng: random.Random) -> dict[str, list[str]]:
    """Kind → queries."""
    frequent = set(words[:200])
    pairs = [pair for pair in pairwise(spoken) if frequent.issuperset(pair)]
    phrases = rng.sample(pairs, DIFFERENT)
    return {
        "a rare word": rng.sample(words[15_000:], DIFFERENT),
        "a common word": words[:DIFFERENT],
        "two letters, begun": sorted({word[:2] for word in words})[:: len({word[:2] for word in words}) // DIFFERENT][
            :DIFFERENT
        ],
        "a phrase": [f'"{first} {second}"' for first, second in phrases],
        "a phrase of the most common words": [f'"{" ".join(rng.sample(words[:8], 3))}"' for _ in range(DIFFERENT)],
        "two words": [f"{rng.choice(words[:50])} {rng.choice(words[200:2_000])}" for _ in range(DIFFERENT)],
        "no hit": [f"{word}xq" for word in words[:DIFFERENT]],
    }


def ask_all(owner: Any, queries: list[str]) -> list[float]:
    """Return the seconds of each answer, asked for as the page does while somebody types."""
    from django.test import Client

    client = Client()
    client.force_login(owner)

    def ask(query: str) -> None:
        answer = client.get("/search/", {"q": query}, headers={"Turbo-Frame": "results"})
        assert answer.status_code == 200

    ask(queries[0])
    return [seconds(lambda query=query: ask(query)) for _ in range(TIMES) for query in queries]


def median_of_questions(owner: Any) -> float:
    from parley.models import Conversation

    conversation, _ = Conversation.start(owner, "A question?")
    asked = "How long does it take to write a question of twenty words, which is about as long as most of them are?"
    return percentile([seconds(lambda: conversation.ask(asked)) for _ in range(QUESTIONS)], 50)


def seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def size_of(connection: Any) -> int:
    """Bytes of the database."""
    sqlite = "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)"
    with connection.cursor() as cursor:
        cursor.execute(sqlite if connection.vendor == "sqlite" else "SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def text_size() -> int:
    from django.db.models import Sum
    from django.db.models.functions import Length

    from parley.models import Message

    return int(Message.objects.aggregate(size=Sum(Length("content")))["size"])


def tidy(connection: Any) -> None:
    """Do what PostgreSQL does by itself after a while."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


# The tables


def tables(databases: dict[str, Measured]) -> str:
    return "\n".join([*_queries(databases), "", *_costs(databases), "", *_verdicts(databases)]) + "\n"


def _queries(databases: dict[str, Measured]) -> Iterator[str]:
    yield _row(f"find among {MESSAGES:,} messages, p50 / p95", *databases)
    yield _row(*["---"] * (1 + len(databases)))
    for kind in next(iter(databases.values()))["queries"]:
        yield _row(kind, *(_both(measured["queries"][kind]) for measured in databases.values()))


def _costs(databases: dict[str, Measured]) -> Iterator[str]:
    each = databases.values()
    yield _row("the index", *databases)
    yield _row(*["---"] * (1 + len(databases)))
    yield _row("its size, for texts of", *(f"{one['index'] / 1e6:.0f} MB, {one['texts'] / 1e6:.0f} MB" for one in each))
    yield _row("made anew in", *(f"{one['made in']:.0f} s" for one in each))
    yield _row("a question written without it; with it", *(_asked(*one["question"]) for one in each))


def _verdicts(databases: dict[str, Measured]) -> Iterator[str]:
    yield _row("", "target", "measured", "")
    yield _row(*["---"] * 4)
    for name, measured in databases.items():
        for kind, found in measured["queries"].items():
            late = percentile(found, 95)
            verdict = Verdict(f"{kind}: p95 ≤ {1000 * LIMIT:.0f} ms", f"{1000 * late:.0f} ms", late <= LIMIT)
            yield _row(f"search on {name}", verdict.words, verdict.value, "met" if verdict.met else "**missed**")


def _both(found: list[float]) -> str:
    return " / ".join(f"{1000 * percentile(found, percent):.0f} ms" for percent in (50, 95))


def _asked(without: float, having: float) -> str:
    return f"{1000 * without:.1f} ms; {1000 * having:.1f} ms"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()

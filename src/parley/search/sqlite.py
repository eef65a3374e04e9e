"""The index of SQLite: an FTS5 table, in which a row has the number of its entry."""

import sqlite3
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from .entries import (
    CONVERSATIONS,
    ENTER_TEXT,
    ENTRIES,
    FOUND,
    INDEXES,
    IS_HELD,
    ITS_CONVERSATION,
    MAX_RANKED,
    MESSAGES,
    REMOVE_TEXT,
    SAID,
    TEXTS,
    WEIGHT,
    settled,
)  # fmt: skip
from .query import Query
from .words import LONGEST_TEXT, UNSPACED, signs

WORDS = f"{ENTRIES}_words"
PAGE, PART = 2_000, 40
"""Characters: a place far inside of a text is slow to reach, so texts are read in pages, and these in parts."""

_ranges = "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED)
_ALONE = f"*[{_ranges}]*"
_ASCII = "length(CAST(whole.text AS blob)) = length(whole.text)"
_SPACED = f"""
(SELECT CASE WHEN {_ASCII} OR whole.text NOT GLOB '{_ALONE}' THEN whole.text ELSE (
    WITH RECURSIVE
        page(rest, page) AS (
            SELECT substr(whole.text, {PAGE + 1}), substr(whole.text, 1, {PAGE})
            UNION ALL SELECT substr(rest, {PAGE + 1}), substr(rest, 1, {PAGE}) FROM page WHERE rest <> ''
        ),
        first(number) AS (SELECT 1 UNION ALL SELECT number + {PART} FROM first WHERE number + {PART} <= {PAGE}),
        place(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM place WHERE number < {PART}),
        parts(part) AS MATERIALIZED (
            SELECT substr(page, number, {PART}) FROM page CROSS JOIN first WHERE number <= length(page)
        )
    SELECT group_concat(CASE WHEN part NOT GLOB '{_ALONE}' THEN part ELSE (
        SELECT group_concat(CASE WHEN letter GLOB '{_ALONE}' THEN ' ' || letter || ' ' ELSE letter END, '')
        FROM (SELECT substr(part, number, 1) AS letter FROM place WHERE number <= length(part))
    ) END, '') FROM parts
) END FROM (SELECT substr({{text}}, 1, {LONGEST_TEXT}) AS text) AS whole)
"""
"""A text, with spaces around each character of the scripts that have none."""
SPACED = _SPACED.format(text="coalesce(message.content, conversation.title)")

_TABLES = f"""
CREATE TABLE {ENTRIES} (
    id integer PRIMARY KEY AUTOINCREMENT, conversation_id char(32) NOT NULL, message_id char(32), attachment_id char(32)
);
CREATE VIRTUAL TABLE {WORDS} USING fts5(owner, body, prefix='1 2', tokenize="{{tokenizer}}");
"""
_ADD_MESSAGE = f"""
INSERT INTO {ENTRIES} (conversation_id, message_id)
    SELECT NEW.conversation_id, NEW.id WHERE {settled("NEW")} AND NEW.content <> '';
"""
TRIGGERS = {
    "entry_added": f"""
AFTER INSERT ON {ENTRIES} BEGIN
    INSERT INTO {WORDS} (rowid, owner, body) SELECT NEW.id, conversation.owner_id, {SPACED}
        FROM {CONVERSATIONS} AS conversation LEFT JOIN {MESSAGES} AS message ON message.id = NEW.message_id
        WHERE conversation.id = NEW.conversation_id;
END""",
    "entry_removed": f"AFTER DELETE ON {ENTRIES} BEGIN DELETE FROM {WORDS} WHERE rowid = OLD.id; END",
    "message_added": f"AFTER INSERT ON {MESSAGES} WHEN {settled('NEW')} BEGIN {_ADD_MESSAGE} END",
    # OLD.content is not named: otherwise each checkpoint of a reply would read the text before it.
    "message_changed": f"""
AFTER UPDATE OF status, content ON {MESSAGES} WHEN {settled("NEW")} OR {settled("OLD")} BEGIN
    DELETE FROM {ENTRIES} WHERE message_id = OLD.id; {_ADD_MESSAGE}
END""",
    "message_moved": f"""
AFTER UPDATE OF conversation_id ON {MESSAGES} WHEN NEW.conversation_id <> OLD.conversation_id BEGIN
    UPDATE {ENTRIES} SET conversation_id = NEW.conversation_id WHERE message_id = NEW.id;
END""",
    "message_removed": f"AFTER DELETE ON {MESSAGES} BEGIN DELETE FROM {ENTRIES} WHERE message_id = OLD.id; END",
    "title_added": f"""
AFTER INSERT ON {CONVERSATIONS} WHEN NEW.title <> '' BEGIN
    INSERT INTO {ENTRIES} (conversation_id) VALUES (NEW.id);
END""",
    "title_changed": f"""
AFTER UPDATE OF title ON {CONVERSATIONS} WHEN NEW.title <> OLD.title BEGIN
    DELETE FROM {ENTRIES} WHERE conversation_id = OLD.id AND message_id IS NULL;
    INSERT INTO {ENTRIES} (conversation_id) SELECT NEW.id WHERE NEW.title <> '';
END""",
    "owner_changed": f"""
AFTER UPDATE OF owner_id ON {CONVERSATIONS} WHEN NEW.owner_id <> OLD.owner_id BEGIN
    UPDATE {WORDS} SET owner = NEW.owner_id WHERE rowid IN (SELECT id FROM {ENTRIES} WHERE conversation_id = NEW.id);
END""",
    "title_removed": f"AFTER DELETE ON {CONVERSATIONS} BEGIN DELETE FROM {ENTRIES} WHERE conversation_id = OLD.id; END",
}
TRIGGERS_OF_TEXTS = {
    "text_entered": f"""
AFTER INSERT ON {ENTRIES} WHEN NEW.attachment_id IS NOT NULL BEGIN
    INSERT INTO {WORDS} (rowid, owner, body) SELECT NEW.id, attachment.owner_id, {_SPACED.format(text="said.text")}
        {SAID}
END""",
    "text_added": f"AFTER INSERT ON {TEXTS} BEGIN {ENTER_TEXT} END",
    "text_changed": f"AFTER UPDATE OF text ON {TEXTS} BEGIN {REMOVE_TEXT} {ENTER_TEXT} END",
    "text_removed": f"AFTER DELETE ON {TEXTS} BEGIN {REMOVE_TEXT} END",
}
ALL_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
_FIND = f"""
{FOUND} (
    SELECT entry.id, conversation.id AS conversation_id, entry.message_id, entry.attachment_id,
        bm25({WORDS}, 0.0, 1.0) * {WEIGHT} AS relevance
    FROM {WORDS} CROSS JOIN {ENTRIES} AS entry ON entry.id = {WORDS}.rowid
        {ITS_CONVERSATION}
    WHERE {WORDS} MATCH %s AND {IS_HELD}
    ORDER BY {WORDS}.rowid DESC LIMIT {MAX_RANKED}
) AS hit ORDER BY relevance, id DESC LIMIT %s OFFSET %s
"""


@lru_cache(maxsize=1)
def is_possible() -> bool:
    """Tell whether this SQLite was built with FTS5."""
    with sqlite3.connect(":memory:") as database:
        return bool(database.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0])


def making(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the statements that make the index, empty, and without the files."""
    separators = signs().replace("'", "''").replace('"', '""')
    tokenizer = f"unicode61 remove_diacritics 2 categories 'L* M* N* Co' separators '{separators}'"
    tables = [statement for statement in _TABLES.replace("{tokenizer}", tokenizer).split(";\n") if statement.strip()]
    return [*tables, *INDEXES, *_making_triggers(TRIGGERS)]


def making_for_texts() -> list[str]:
    """Return the statements that make what keeps the entries of files."""
    return _making_triggers(TRIGGERS_OF_TEXTS)


def unmaking_for_texts() -> list[str]:
    """Return the statements that drop what keeps the entries of files."""
    return _dropping(TRIGGERS_OF_TEXTS)


def widening() -> list[str]:
    """Return the statements that make room for files in an index that was made without."""
    return [f"ALTER TABLE {ENTRIES} ADD COLUMN attachment_id char(32)", INDEXES[-1]]


def renewing() -> list[str]:
    """Return the statements that make anew the trigger that adds the words of an entry."""
    trigger = {"entry_added": TRIGGERS["entry_added"]}
    return [*_dropping(trigger), *_making_triggers(trigger)]


def _making_triggers(triggers: dict[str, str]) -> list[str]:
    return [f"CREATE TRIGGER {ENTRIES}_{name} {body}" for name, body in triggers.items()]


def _dropping(triggers: dict[str, str]) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {ENTRIES}_{name}" for name in triggers]


def unmaking() -> list[str]:
    """Return the statements that drop the index and its triggers."""
    return [
        *_dropping(TRIGGERS | TRIGGERS_OF_TEXTS),
        f"DROP TABLE IF EXISTS {WORDS}",
        f"DROP TABLE IF EXISTS {ENTRIES}",
    ]


def finding(owner: Any, query: Query, *, offset: int, count: int) -> tuple[str, list[Any]]:
    """Return the statement, with its values, that finds the places with all words, the most relevant first."""
    # In FTS5's syntax; words have no signs in them, so none can be an operator.
    body = " AND ".join(f'"{" ".join(phrase)}"' + " *" * query.is_prefix(phrase) for phrase in query.phrases)
    match = f'owner : "{str(owner).replace(chr(34), "")}" AND body : ({body})'
    return _FIND, [owner, owner, match, owner, count, offset]

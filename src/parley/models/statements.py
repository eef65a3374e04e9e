"""Statements that the life of every reply takes, as text: Django needs several times as long for them as the database.

They are the same on SQLite and PostgreSQL.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

Statement = tuple[str, tuple[Any, ...]]
"""SQL, and its values as the database stores them."""


def _database() -> Any:
    """Return the connection itself: the one that Django exports is looked up anew for each of its attributes."""
    return connections[DEFAULT_DB_ALIAS]


def marks(values: Sequence[Any]) -> str:
    """Return what stands in the parentheses of IN: a placeholder for each value; nothing is in NULL.

    >>> marks([1, 2]), marks([])
    ('%s, %s', 'NULL')
    """
    return ", ".join(["%s"] * len(values)) or "NULL"


class Rows:
    """The rows of a model for which a condition in SQL holds; ``arguments``: as the database stores them."""

    def __init__(self, model: Any, condition: str, arguments: Sequence[Any]) -> None:
        self._model, self._condition, self._arguments = model, condition, arguments
        self._database = _database()
        self._table = self._database.ops.quote_name(model._meta.db_table)

    @classmethod
    def of(cls, model: Any, ids: Iterable[Any], condition: str = "", *arguments: Any) -> "Rows":
        """Return the rows with these ids for which the further condition (" AND …") holds."""
        key, database = model._meta.pk, _database()
        keys = [key.get_db_prep_value(pk, database) for pk in ids]
        return cls(model, f"{database.ops.quote_name(key.column)} IN ({marks(keys)}){condition}", [*keys, *arguments])

    def load(self, then: str = "") -> list[Any]:
        """Return the rows, whole. ``then``: what follows the condition."""
        statement = f"SELECT * FROM {self._table} WHERE {self._condition}{then}"
        return list(self._model._base_manager.using(DEFAULT_DB_ALIAS).raw(statement, self._arguments))

    def load_free(self) -> list[Any]:
        """Lock and return those that nobody else has locked, in the order of their ids."""
        skip = " FOR UPDATE SKIP LOCKED" if self._database.features.has_select_for_update else ""
        return self.load(f" ORDER BY id{skip}")

    def update(self, *also: str, **values: Any) -> int:
        """Set these fields, and ``also`` what is assigned in SQL; return how many rows were changed."""
        database = self._database
        fields = [self._model._meta.get_field(name) for name in values]
        assigned = ", ".join([*(f"{database.ops.quote_name(field.column)} = %s" for field in fields), *also])
        stored = [field.get_db_prep_save(value, database) for field, value in zip(fields, values.values(), strict=True)]
        with database.cursor() as cursor:
            cursor.execute(f"UPDATE {self._table} SET {assigned} WHERE {self._condition}", [*stored, *self._arguments])
            return int(cursor.rowcount)


def insert(rows: Sequence[Any], then: str = "") -> None:
    """Insert new rows of one model. ``then``: how the statement ends, as with ON CONFLICT."""
    execute(inserting(rows, then))
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def inserting(rows: Sequence[Any], then: str = "") -> list[Statement]:
    """Return the statements that insert these rows, of one model, in a quarter of the time of ``bulk_create``."""
    if not rows:
        return []
    database, counted = _database(), models.AutoField
    fields = [each for each in rows[0]._meta.concrete_fields if rows[0].pk is not None or not isinstance(each, counted)]
    most = max(database.ops.bulk_batch_size(fields, rows), 1)
    return [_inserting(database, fields, rows[start : start + most], then) for start in range(0, len(rows), most)]


def _inserting(database: Any, fields: list[Any], rows: Sequence[Any], then: str) -> Statement:
    quoted = database.ops.quote_name
    columns, each = ", ".join(quoted(field.column) for field in fields), f"({marks(fields)})"
    stored = [field.get_db_prep_save(field.pre_save(row, add=True), database) for row in rows for field in fields]
    every_row, table = ", ".join([each] * len(rows)), quoted(rows[0]._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES {every_row} {then}", tuple(stored)


def execute(statements: Iterable[Statement]) -> None:
    """Execute statements in this order."""
    with _database().cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)


def load_related(rows: Sequence[Any], names: Iterable[str]) -> None:
    """Load the row that each of these names, and then what those name: one statement for each of ``names``."""
    for name in names:
        if not rows:
            return
        field = rows[0]._meta.get_field(name)
        ids = {vars(row)[field.attname] for row in rows} - {None}
        related = {row.pk: row for row in Rows.of(field.related_model, ids).load()} if ids else {}
        for row in rows:
            if found := related.get(vars(row)[field.attname]):
                field.set_cached_value(row, found)
        rows = [*related.values()]

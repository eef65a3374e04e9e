"""Queries of every request that Django compiles once: that takes it five times as long as the database to answer."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connections, models, router
from django.db.models import Value


class Slot(Value):
    """Stands in a query for a value of a field that is given when the query is executed."""

    def __init__(self, name: str, field: Any) -> None:
        super().__init__(name, output_field=field)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def prepared(self, values: dict[str, Any], connection: Any) -> Any:
        """Return its value as the database stores it."""
        return self.output_field.get_db_prep_value(values[self.value], connection)


@dataclass(frozen=True, slots=True)
class Select:
    """A compiled query. ``converters``: place of a column → the functions that make Python's value of it."""

    sql: str
    params: tuple[Any, ...]
    names: list[str]
    converters: dict[int, tuple[list[Callable[..., Any]], Any]]

    @classmethod
    def of(cls, rows: models.QuerySet[Any]) -> "Select":
        compiler: Any = rows.query.get_compiler(rows.db)
        sql, params = compiler.as_sql()
        columns = [column for column, _, _ in compiler.select]
        return cls(sql, params, [column.target.attname for column in columns], compiler.get_converters(columns))

    def one(self, connection: Any, values: dict[str, Any]) -> list[Any] | None:
        """Execute it, and return the values of the first row."""
        given = [each.prepared(values, connection) if isinstance(each, Slot) else each for each in self.params]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, given)
            found = list(cursor.fetchone() or ())
        for place, (converters, column) in self.converters.items() if found else ():
            for convert in converters:
                found[place] = convert(found[place], column, connection)
        return found or None


class Compiled(threading.local):
    """A query for whole rows of one model, which ``write`` makes with a Slot for each value; compiled in each thread.

    No value may be None, which SQL asks for in other words.
    """

    def __init__(self, write: Callable[[], models.QuerySet[Any]]) -> None:
        self._write = write
        self._selects: dict[str, Select] = {}

    def first(self, model: Any, **values: Any) -> Any:
        """Execute it with these values → its first row, or None."""
        alias = router.db_for_read(model)
        if alias not in self._selects:
            self._selects[alias] = Select.of(self._write().using(alias))
        select = self._selects[alias]
        found = select.one(connections[alias], values)
        return found and model.from_db(alias, select.names, found)

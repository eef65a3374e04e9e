"""The report of an import: one row for each file that was read. Pure."""

from dataclasses import dataclass, field
from typing import Any

from .counts import Warnings

MAX_ROWS = 20
"""Files with a row of their own; above that, files of one conversation share a row."""
MAX_LINKS = 20_000
"""Conversations of one row that the report lists."""


@dataclass
class Row:
    """Count what one file brought in. ``files``: how many share this row. ``existing``: conversations known before."""

    file: str
    format: str = ""
    files: int = 1
    conversations: int = 0
    messages: int = 0
    existing: int = 0
    error: str = ""
    warnings: Warnings = field(default_factory=Warnings)
    came_in: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        return not (self.format or self.error or self.warnings.as_list())

    @property
    def is_small(self) -> bool:
        return bool(self.format) and not self.error and self.conversations + self.existing <= 1

    def take(self, other: "Row") -> None:
        """Add the counts of another file to this row."""
        for name in ("files", "conversations", "messages", "existing"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.warnings.merge(other.warnings)
        self.came_in += other.came_in

    def as_dict(self) -> dict[str, Any]:
        """Write the row as the database keeps it, in ``Transfer.report``."""
        raw = {key: value for key, value in vars(self).items() if key != "warnings"}
        return {**raw, "came_in": self.came_in[:MAX_LINKS], "left_out": self.warnings.as_list()}


def summed(rows: list[Row]) -> list[Row]:
    """Join many files of one conversation into one row; drop settings and Markdown files of our own archives."""
    if any(row.format == "parley" for row in rows):
        for row in rows:
            row.warnings.forget("member_other")
        rows = [row for row in rows if not row.is_blank and not _is_settings(row)] or rows[:1]
    if len(rows) <= MAX_ROWS:
        return rows
    first: dict[str, Row] = {}
    kept = []
    for row in rows:
        if row.is_small and first.setdefault(row.format, row) is not row:
            first[row.format].take(row)
        else:
            kept.append(row)
    return kept


def _is_settings(row: Row) -> bool:
    return row.format == "parley" and not (row.conversations or row.existing or row.error or row.warnings.as_list())

"""Read workbooks: each sheet as a heading and lines of comma-separated values. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial, reduce
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from . import beside_cells, open_document
from .drawings import pictures_in
from .packed import Change, copied, opened
from .results import LONGEST_TEXT, Read, Refused, attempt, in_parts
from .shown import Shown
from .sniffing import ODS, XLSB, XLSX

LARGEST_WHOLE = 10**16
"""Beyond it, a float is not the whole number that it was written as."""


def read(path: str, media_type: str) -> Read:
    """Return all sheets, and then what stands beside their cells. Raises Refused."""
    if "ms-excel" in media_type and "sheet" not in media_type:
        with Path(path).open("rb") as file:
            return _with_plain_numbers(_of_sheets(file))
    with opened(path) as archive:
        read = _most(archive, media_type)
    return _with_plain_numbers(read) if media_type == XLSB else read


def _with_plain_numbers(read: Read) -> Read:
    """Say that the number formats of older kinds of workbooks are not followed."""
    return read._replace(notes=[*read.notes, "plain_numbers"])


def _most(archive: ZipFile, media_type: str) -> Read:
    """Return the workbook, or what is read of it when its numbers are mended, if not all of it is read as it is."""
    try:
        read = _read(archive, media_type)
    except CalamineError:
        return _read(archive, media_type, beside_cells.with_sound_numbers)
    if not read.unread:
        return read
    with suppress(CalamineError):
        mended = _read(archive, media_type, beside_cells.with_sound_numbers)
        read = min(mended, read, key=attrgetter("unread"))
    return read


def _read(archive: ZipFile, media_type: str, *changes: Change) -> Read:
    shown = Shown(archive)
    if media_type == XLSX and shown.is_needed(archive):
        changes += (shown,)
    elif media_type == ODS:
        changes += (open_document.as_shown,)
    read = _of_sheets(_changed(archive, changes), _BESIDE.get(media_type, lambda archive: ())(archive))
    notes = beside_cells.notes(archive) if media_type == XLSX else []
    notes += [f"number_formats:{shown.unfollowed}"] * bool(shown.unfollowed)
    return read._replace(notes=[*read.notes, *notes, *pictures_in(archive)])


def _changed(archive: ZipFile, changes: Sequence[Change]) -> IO[bytes]:
    if not changes:
        return archive.fp  # type: ignore[return-value]
    return copied(archive, lambda name, content: reduce(lambda made, change: change(name, made), changes, content))


def _of_sheets(file: IO[bytes], beside: Iterable[str] = ()) -> Read:
    file.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(file)
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        read = in_parts(chain(_parts(workbook, sheets), beside))
    except PasswordError as error:
        raise Refused("password") from error
    hidden = sum(map(_is_hidden, sheets))
    return read._replace(notes=[*read.notes, *[f"hidden_sheets:{hidden}"] * bool(hidden)])


def _is_hidden(sheet: SheetMetadata) -> bool:
    return sheet.visible != SheetVisibleEnum.Visible


def _parts(workbook: CalamineWorkbook, sheets: list[SheetMetadata]) -> Iterator[str | BaseException]:
    for sheet in sheets:
        yield attempt(partial(_sheet, workbook, sheet))


def _sheet(workbook: CalamineWorkbook, sheet: SheetMetadata) -> str:
    cells = _cells(workbook.get_sheet_by_name(sheet.name))
    hidden = " (hidden)" * _is_hidden(sheet)
    return f"# {sheet.name}{hidden}\n\n{cells}" if cells else ""


def _cells(sheet: CalamineSheet) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for cells in _rows(sheet):
        writer.writerow(cells)
        if lines.tell() > LONGEST_TEXT:
            break
    return lines.getvalue().strip("\n")


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """Yield rows without the empty cells at their ends; of empty rows that follow each other, the first."""
    blank = False
    for row in sheet.iter_rows():
        cells = [_written(cell) for cell in row]
        cells = cells[: max((at for at, cell in enumerate(cells, 1) if cell), default=0)]
        yield from [cells] * bool(cells or not blank)
        blank = not cells


def _written(cell: Any) -> str:
    """Return a cell as a person would type it: 3 for 3.0, but 1e+300 as it is; of a number the digits that are shown.

    >>> _written(27.299999999999997), _written(1 / 3)
    ('27.3', '0.333333333333333')
    """
    if isinstance(cell, timedelta):
        return _duration(cell)
    if not isinstance(cell, float):
        return str(cell)
    return str(int(cell)) if cell.is_integer() and abs(cell) < LARGEST_WHOLE else f"{cell:.15g}"


def _duration(time: timedelta) -> str:
    """Return hours, minutes and seconds, as formats that count beyond a day show them.

    >>> _duration(timedelta(days=1, hours=12)), _duration(timedelta(minutes=-1))
    ('36:00:00', '-0:01:00')
    """
    seconds = round(abs(time).total_seconds())
    return f"{'-' * (time < timedelta())}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


_BESIDE = {XLSX: beside_cells.of_workbook, ODS: open_document.comments}

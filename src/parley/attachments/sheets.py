"""Read workbooks: each sheet as a heading and lines of comma-separated values. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
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

from . import beside_cells
from .drawings import pictures_in
from .packed import opened
from .results import LONGEST_TEXT, Read, Refused, attempt, in_parts
from .sniffing import ODS, XLSX

LARGEST_WHOLE = 10**16
"""Beyond it, a float is not the whole number that it was written as."""


def read(path: str, media_type: str) -> Read:
    """Return all sheets, and then what stands beside their cells. Raises Refused."""
    if "ms-excel" in media_type and "sheet" not in media_type:
        with Path(path).open("rb") as file:
            return _of_sheets(file)
    with opened(path) as archive:
        return _most(archive, media_type)


def _most(archive: ZipFile, media_type: str) -> Read:
    """Return the workbook, or what is read of it when its numbers are mended, if not all of it is read as it is."""
    try:
        read = _read(archive, media_type, _readable(archive, media_type))
    except CalamineError:
        return _read(archive, media_type, beside_cells.with_sound_numbers(archive))
    if not read.unread:
        return read
    with suppress(CalamineError):
        mended = _read(archive, media_type, beside_cells.with_sound_numbers(archive))
        read = min(mended, read, key=attrgetter("unread"))
    return read


def _read(archive: ZipFile, media_type: str, file: IO[bytes]) -> Read:
    read = _of_sheets(file, _BESIDE.get(media_type, lambda archive: ())(archive))
    notes = beside_cells.notes(archive) if media_type == XLSX else []
    return read._replace(notes=[*read.notes, *notes, *pictures_in(archive)])


def _readable(archive: ZipFile, media_type: str) -> IO[bytes]:
    return beside_cells.readable(archive) if media_type == ODS else archive.fp  # type: ignore[return-value]


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
    if not isinstance(cell, float):
        return str(cell)
    return str(int(cell)) if cell.is_integer() and abs(cell) < LARGEST_WHOLE else f"{cell:.15g}"


_BESIDE = {XLSX: beside_cells.of_workbook, ODS: beside_cells.of_open_document}

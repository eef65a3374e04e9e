"""Read an untrusted file into conversations of one owner, and report what came in and what did not."""

import logging
import zipfile
from collections.abc import Callable, Container
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO
from uuid import UUID

from django.db import DataError, IntegrityError

from parley.conf import conf
from parley.models import Conversation
from parley.text import clean_line
from parley.values import mapping, text

from . import formats
from .attaching import Files
from .elements import Element, Splitter, parse
from .formats import parley as own
from .loading import Loader, Outcome
from .reporting import Row, Warnings, summed
from .streams import Limits, Reached, Readable, Refused, chunks, is_archive, is_json
from .unpacking import Archive, name_of

PEEK = 4096

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], object]


def read_import(
    path: Any, owner: Any, on_progress: Progress | None = None, *, name: str = "", above: UUID | None = None
) -> list[dict[str, Any]]:
    """Read a ZIP archive or JSON file, recognised by its content → the report: a dict (``Row``) for each file read.

    No content of the file raises. Reading ends after IMPORT_TIMEOUT seconds or MAX_IMPORTED_MESSAGES messages.
    ``on_progress(done, total)`` is called after each conversation and chunk, with an estimate of the total; what it
    raises goes up. ``above``: conversations with higher ids came from an earlier attempt, and are reported as come in.
    The caller advances the owner's feed.
    """
    reading = Reading(owner, on_progress or (lambda done, total: None), above)
    with open(path, "rb") as source:
        reading.file(source, clean_line(name or Path(path).name, 200))
    return [row.as_dict() for row in summed(reading.rows)]


class Reading:
    """One import, file by file and element by element. ``rows``: the report so far."""

    def __init__(self, owner: Any, on_progress: Progress, above: UUID | None) -> None:
        self.rows: list[Row] = []
        self._limits, self._ended = Limits(conf.IMPORT_TIMEOUT, conf.MAX_IMPORTED_MESSAGES), False
        self._files = Files(owner, self._work)
        self._loader, self._on_progress = Loader(owner, self._files, above), on_progress
        self._done = self._bytes = self._all_bytes = 0

    def file(self, source: BinaryIO, name: str) -> None:
        """Read an open file, and add its rows to the report."""
        start = source.read(PEEK)
        self._all_bytes = source.seek(0, 2)
        source.seek(0)
        row = Row(name)
        if is_archive(start):
            self._archive(source, row)
        elif is_json(start):
            self._json(source, row)
        else:
            row.error = "unrecognised" if start else "empty_file"
        if not any(one.format or one.error for one in [*self.rows, row]):
            row.error = "unrecognised"
        if not row.is_blank:
            self.rows.append(row)

    # Archives

    def _archive(self, source: BinaryIO, row: Row) -> None:
        try:
            archive = Archive(source, row.warnings, self._limits)
            others = {entry.filename: self._why_other(archive, entry) for entry in archive.files}
        except (Refused, Reached) as refused:
            row.error = str(refused)
            return
        self._files.open(archive)
        entries = [entry for entry in archive.files if not others[entry.filename]]
        self._all_bytes = sum(entry.file_size for entry in entries)
        for entry in entries:
            if self._ended:
                row.warnings.add("member_not_reached", place=name_of(entry))
            elif self._limits.bytes < 0:
                row.warnings.add("member_beyond", place=name_of(entry))
            else:
                self._member(archive, entry, row.warnings)
        for entry in archive.files:
            if others[entry.filename] and entry.filename not in self._files.used:
                row.warnings.add(others[entry.filename], place=name_of(entry))

    def _why_other(self, archive: Archive, entry: zipfile.ZipInfo) -> str:
        """Return why a member holds no conversation: it is a file of a question, or its first bytes are not JSON."""
        if formats.asset_of(entry.filename):
            return "member_other"
        try:
            with archive.open(entry) as stream:
                start = stream.read(PEEK)
        except Refused:
            return ""
        return "" if is_json(start) else "member_archive" if is_archive(start) else "member_other"

    def _member(self, archive: Archive, entry: zipfile.ZipInfo, warnings: Warnings) -> None:
        row = Row(name_of(entry))
        try:
            with archive.open(entry) as stream:
                self._json(stream, row)
        except Refused as refused:
            row.error = str(refused)
        if row.format or row.error:
            self.rows.append(row)
        else:
            warnings.add("member_other", place=row.file)

    # JSON

    def _json(self, stream: Readable, row: Row) -> None:
        splitter = Splitter(self._work)
        try:
            for chunk in chunks(stream):
                self._bytes += len(chunk)
                for element in splitter.feed(chunk):
                    self._element(element, row)
                self._work()
            row.error = "" if splitter.whole else "cut_off"
        except (Refused, Reached) as refused:
            row.error, self._ended = str(refused), isinstance(refused, Reached)
        row.warnings.add("conversation_unknown", splitter.strays)

    def _element(self, element: Element, row: Row) -> None:
        row.warnings.add("text_cut", element.cut)
        if element.problem:
            self._not_known(row, element.problem)
            return
        try:
            parsed = parse(element.data)
        except ValueError:
            self._not_known(row, "broken")
            return
        row.warnings.add("text_replaced", int(parsed.replaced))
        row.warnings.add("value_repeated", parsed.repeated)
        for value in formats.unwrap(parsed.value):
            self._limits.check()
            self._value(value, row)

    def _not_known(self, row: Row, why: str, place: str = "") -> None:
        row.warnings.add(f"conversation_{why}", place=place)
        self._limits.count(1)

    def _value(self, value: Any, row: Row) -> None:
        format_ = formats.recognise(value)
        if format_ is None:
            self._not_known(row, "unknown", text(mapping(value).get("title")))
            return
        row.format = format_.NAME
        if format_ is own and not own.is_conversation(value):
            self._collect(row.warnings, **own.collections(value))
            return
        document, spoken = _converted(format_, value, self._files.held)
        if document is None or self._load(document, row):
            row.warnings.merge(spoken)
        self._done += 1
        self._work()

    def _work(self, messages: int = 0) -> None:
        """Count messages and report progress; called in every loop. Raises Reached and what ``on_progress`` raises."""
        self._limits.count(messages)
        self._on_progress(self._done, self._estimate())

    def _collect(self, warnings: Warnings, folders: list[dict[str, Any]], presets: list[dict[str, Any]]) -> None:
        for raw in folders:
            warnings.add("folder_left_out", int(not self._loader.collect_folder(raw)), place=raw["name"])
            warnings.merge(self._files.warnings)
            self._files.warnings = Warnings()
        for raw in presets:
            warnings.add("preset_left_out", int(not self._loader.collect_preset(raw)), place=raw["name"])

    def _load(self, document: dict[str, Any], row: Row) -> bool:
        """Write a document → whether it came in."""
        title = document["conversation"]["title"]
        try:
            outcome, conversation = self._loader.load(document, self._work)
        except (DataError, IntegrityError):
            logger.exception("A conversation of an import could not be saved.")
            row.warnings.add("conversation_not_saved", place=title)
            return False
        if conversation:
            _came_in(conversation, document["conversation"], row)
            row.warnings.merge(self._files.warnings)
        elif outcome is Outcome.EXISTED:
            row.existing += 1
        else:
            row.warnings.add(f"conversation_{outcome.value}", place=title)
        return conversation is not None

    def _estimate(self) -> int:
        """Estimate the number of conversations, as if the rest of the file were like what was read."""
        return max(self._done, round(self._done * self._all_bytes / max(self._bytes, 1)))


def _came_in(conversation: Conversation, raw: dict[str, Any], row: Row) -> None:
    row.warnings.add("title", int(not raw["title"].strip()), conversation.title)
    in_none = raw["folder"] is not None and conversation.folder_id is None
    row.warnings.add("folder_no_room", int(in_none), conversation.title)
    row.came_in.append({"id": str(conversation.pk), "title": conversation.title})
    row.conversations += 1
    row.messages += len(raw["messages"])


def _converted(format_: ModuleType, value: Any, held: Container[str]) -> tuple[dict[str, Any] | None, Warnings]:
    """Convert to (document or None, warnings), whatever fails: one conversation must not spoil the others."""
    try:
        documents: tuple[dict[str, Any] | None, Warnings] = format_.documents(value, held)
        return documents
    except Exception:
        logger.exception("A conversation of an import could not be understood.")
        warnings = Warnings()
        warnings.add("conversation_broken", place=text(mapping(value).get("title")))
        return None, warnings

"""The work of attachments: read a file in a process of its own, and keep what a model gets of it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.files.base import File

from parley import files
from parley.conf import conf
from parley.models import Attachment
from parley.models.attachment import PARTS
from parley.runner import Abandoned, HostFailed, Runner, at_last

from . import run as child
from .sniffing import is_named_otherwise

NUMBERS = ("pages", "width", "height")


def _carry_out(attachment: Attachment) -> None:
    """Read one file, and settle its row. Raises Abandoned, HostFailed, and what the storage raises."""
    try:
        with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            _settle(attachment, _read(attachment, Path(folder)))
    except (OSError, MemoryError) as error:  # What a file can do to its child, the child answers, or dies of.
        raise HostFailed from error


def _settle(attachment: Attachment, result: child.Result) -> None:
    if result.error:
        numbers = {name: number for name, number in result.detail.items() if name in NUMBERS}
        at_last(lambda: attachment.fail(result.error, **numbers))
    else:
        _keep(attachment, result)


def _read(attachment: Attachment, folder: Path) -> child.Result:
    if not files.is_there(attachment.file):
        return child.Result(error="missing")
    try:
        with files.local(attachment.file) as path:
            return child.read(Path(path), attachment.media_type, folder, conf.EXTRACT, runner.leaving.is_set)
    except child.Stopped:
        raise Abandoned from None


def _keep(attachment: Attachment, result: child.Result) -> None:
    """Keep what was made, and settle the row; what no row names afterwards is removed."""
    notes = [*result.notes, *["other_type"] * is_named_otherwise(attachment.name, attachment.media_type)]
    values: dict[str, Any] = {"notes": notes, **{name: getattr(result, name) for name in NUMBERS}}
    try:
        values |= _made(attachment, result)
        at_last(lambda: attachment.finish(result.text, result.breaks, **values))
    finally:
        at_last(lambda: _tidy(attachment))


def _made(attachment: Attachment, result: child.Result) -> dict[str, Any]:
    """Keep the picture and its thumbnail in place of the original → the fields that they change; {} of a document."""
    if not (result.picture and result.thumb):
        return {}
    made = {"picture": result.picture, "thumb": result.thumb}
    size = sum(path.stat().st_size for path in made.values())
    names = {part: _kept(f"{attachment.place}/{part}", path) for part, path in made.items()}
    return {**names, "file": "", "size": size, "media_type": result.picture_type}


def _kept(name: str, path: Path) -> str:
    with path.open("rb") as file:
        return files.keep(name, File(file))


def _tidy(attachment: Attachment) -> None:
    """Remove what its row does not name: all, if it was deleted; nothing, if another attempt may write it."""
    row = Attachment.objects.usable().filter(pk=attachment.pk).first()
    if row is None:
        attachment.remove_files()
    elif row.attempt == attachment.attempt:
        files.remove_folder(row.place, [part for part in PARTS if f"{row.place}/{part}" not in row.stored])


runner = Runner(Attachment, _carry_out)
run = runner.run

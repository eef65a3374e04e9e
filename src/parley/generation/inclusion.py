"""What a request includes of which file, within its budget, and how that stands in a message. Pure."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from parley.text import clean_line

BYTES_PER_TOKEN, PIXELS_PER_TOKEN = 3.0, 750
SHARE_FOR_FILES = 0.5
"""Of the window. The bytes err on the safe side: English has about 4 a token, most other text 2 to 4."""
MAX_PICTURES, MAX_BYTES = 20, 20_000_000
"""Pictures of one request, and the bytes of their files."""
MAX_NAMED, LEAVE_AT_ONCE = 500, 100
"""Files that one request names; of more, so many of the oldest leave at once, so that most requests begin alike."""
LEAST_AGAIN = 200
"""Tokens of a text below which less of it than before is not sent."""
LONGEST_NAME, FRAME = 200, 8
"""Characters of a name; tokens by which the marks around a part may be longer than those around nothing."""
TOLD = {
    "cut": "only its beginning was read",
    "embedded": "files in it are left out",
    "equations": "its equations may have lost their form",
    "first_frame": "only its first picture is sent",
    "encoded": "parts that are encoded, such as pictures in a notebook or a mail, are left out",
    "formulas": "cells are empty where the file has no result of a formula",
    "guessed": "its encoding was guessed, and letters may be wrong",
    "no_text": "some of its pages are scans, and left out",
    "number_formats": "some numbers stand as they are stored, without their format",
    "pages_with_pictures": "pictures on its pages are left out",
    "pictures": "pictures in it are left out",
    "plain_numbers": "numbers stand as they are stored, without their formats",
    "replaced": "some of its characters are damaged",
    "missing": "some of its words are left out",
    "hidden": "parts that the page hides are left out",
    "cut_off": "the last part of this picture may be missing",
    "unread": "some of its pages, slides, sheets or chapters cannot be read",
    "xfa": "what is filled into this form is left out",
}
"""Code of a note → what a model is told of a file that it is not sent as it is."""
_MARKS = str.maketrans("", "", '<>"[]')


class Picture(NamedTuple):
    """A picture to send. ``file``: its name in the private storage; ``size``: in bytes."""

    name: str
    file: str
    media_type: str
    size: int
    tokens: int


class File(NamedTuple):
    """A file of a question or a folder, as far as it can be sent.

    ``text``: its beginning; all has ``of`` characters. ``breaks``: the first character of each page. ``why``: of none
    of it, a code of Message.included. ``sent``: how many characters a reply above was sent, of a text for the same
    window; None where none was. ``pages``: how many it has, where that is known. ``notes``: of how it was read.
    ``crowded``: there was no room for it in the last reply above. ``bytes``: of all of its text, where that is known.
    """

    id: UUID
    name: str
    text: str = ""
    of: int = 0
    breaks: Sequence[int] = ()
    picture: Picture | None = None
    why: str = ""
    sent: int | None = None
    pages: int | None = None
    notes: Sequence[str] = ()
    crowded: bool = False
    bytes: int | None = None

    @property
    def cut(self) -> bool:
        """Return whether only its beginning was read."""
        return "cut" in self.notes

    @property
    def told(self) -> str:
        """Return what a model is told of what it is not sent, in words that close no mark.

        >>> File(UUID(int=1), "a.pdf", notes=["no_text", "pictures:3", "other_type"]).told
        'some of its pages are scans, and left out; pictures in it are left out'
        """
        return "; ".join(TOLD[code] for note in self.notes if (code := note.partition(":")[0]) in TOLD)

    @property
    def tokens(self) -> float:
        """Return about how many it has as a whole."""
        return _whole(self).tokens


class Piece(NamedTuple):
    """What a request includes of a file: its picture, or its first ``upto`` characters; ``why``: no more than that."""

    file: File
    upto: int = 0
    why: str = ""

    @property
    def picture(self) -> Picture | None:
        return None if self.why else self.file.picture

    @property
    def words(self) -> str:
        """Return what stands for it in the text of a message.

        >>> Piece(File(UUID(int=0xABC), "a.txt", "Words.", 6), 6).words
        '<file name="a.txt" id="00000abc">\\nWords.\\n</file 00000abc>'
        >>> Piece(File(UUID(int=0xABC), "a.txt", sent=6), why="room").words
        '[file: a.txt, not sent again]'
        """
        file, name = self.file, clean_line(self.file.name.translate(_MARKS), LONGEST_NAME)
        if file.picture or (self.why and not self.upto):
            missing = ", not sent" if file.sent is None else ", not sent again"
            missing = missing if self.why else f", {file.told}" if file.told else ""
            return f"[{'picture' if file.picture else 'file'}: {name}{missing}]"
        part, mark = f' part="{self._part}"' if self.upto < file.of or file.cut else "", file.id.hex[-8:]
        part += f' note="{file.told}"' if file.told else ""
        return f'<file name="{name}"{part} id="{mark}">\n{file.text[: self.upto]}\n</file {mark}>'

    @property
    def tokens(self) -> float:
        """Return about how many it has; more than any room where not all that it includes was read, or measured."""
        file, unread = self.file, 0
        if self.upto > len(file.text):
            if file.bytes is None or self.upto < file.of:
                return math.inf
            unread = file.bytes - len(file.text.encode())
        return tokens_of(self.words) + unread / BYTES_PER_TOKEN + (self.picture.tokens if self.picture else 0)

    @property
    def pages(self) -> list[int] | None:
        """Return the first page, the last of which something is included, and how many there are."""
        breaks = self.file.breaks
        every = max(self.file.pages or 0, 0 if self.file.cut else len(breaks))
        return [1, bisect_right(breaks, self.upto - 1), every] if self.upto and breaks and every > 1 else None

    @property
    def _part(self) -> str:
        if pages := self.pages:
            return "pages {}–{} of {}".format(*pages)
        return f"characters 1–{self.upto} of {'more' if self.file.cut else self.file.of}"

    def noted(self, window: int) -> dict[str, Any]:
        """Return it as Message.included keeps it; with its notes if no reply above was sent it."""
        part = {"from": 0, "upto": self.upto, "of": self.file.of, "pages": self.pages, "why": self.why}
        is_new = self.file.notes and self.file.sent is None and (self.upto or not self.why)
        notes = {"notes": [*self.file.notes]} if is_new else {}
        used = {} if math.isinf(self.tokens) else {"tokens": round(self.tokens)}
        return {"id": str(self.file.id), "name": self.file.name, **part, "window": window, **used, **notes}


@dataclass
class Allowance:
    """What files may still take of a request: their own ``tokens``, and those of the ``room`` beside words."""

    tokens: float
    room: float = math.inf
    pictures: int = MAX_PICTURES
    bytes: int = MAX_BYTES

    def share(self, files: Sequence[File]) -> list[Piece]:
        """Include the files of a question: of each text an even share, and the smallest pictures that fit beside."""
        sendable = [file for file in files if not file.why]
        pictures, texts = [file for file in sendable if file.picture], [file for file in sendable if not file.picture]
        evenly = share([_whole(file).tokens for file in [*pictures, *texts]], min(self.tokens, self.room))
        kept = sum(evenly[len(pictures) :])
        pieces = [self._take(Piece(file, why=file.why)) for file in files if file.why]
        pieces += self._beside(pictures, kept) + self._cut(texts, min(max(self.tokens, kept), self.room))
        return in_order(pieces, files)

    def _beside(self, files: Sequence[File], kept: float) -> list[Piece]:
        """Include pictures, the smallest first, beside tokens ``kept`` for texts.

        The first may also take what files may not: a question about one large picture is nothing without it.
        """
        pieces: list[Piece] = []
        for piece in sorted(map(_whole, files), key=lambda piece: piece.tokens):
            limit = min(self.tokens, self.room) if pieces else self.room
            why = self._crowded(piece.file) or ("" if piece.tokens <= limit - kept else "room")
            pieces.append(self._take(piece._replace(why=why)))
        return pieces

    def _cut(self, files: Sequence[File], tokens: float) -> list[Piece]:
        """Include of each text an even share of the tokens."""
        shares = share([_whole(file).tokens for file in files], tokens)
        return [self._take(_fitting(file, each)) for file, each in zip(files, shares, strict=True)]

    def again(self, files: Sequence[File]) -> list[Piece]:
        """Include as much as was sent before, or half of it, or nothing; of texts that were never sent, an even share.

        What was once left out stays so, also where there would be room again: the request begins like the last one.
        """
        files = [file._replace(why=file.why or "room") if file.crowded else file for file in files]
        new = {file.id: file for file in files if file.sent is None and not (file.picture or file.why)}
        pieces = [self.whole(self._halved(file)) for file in files if file.id not in new]
        pieces += self._cut([*new.values()], min(self.tokens, self.room))
        return in_order(pieces, files)

    def _halved(self, file: File) -> File:
        """Return a text with as much as was sent before, halved until it fits: the next small file fits beside it."""
        tokens, room = Piece(file, file.sent or 0).tokens, min(self.tokens, self.room)
        if file.why or file.picture or tokens <= room or math.isinf(tokens):
            return file
        half = tokens / 2 ** math.ceil(math.log2(tokens / max(room, 1)))
        return file if half < LEAST_AGAIN else file._replace(sent=_fitting(file, half).upto)

    def whole(self, file: File) -> Piece:
        """Include as much as was sent before, or else the whole file, or nothing."""
        upto = file.of if file.sent is None else file.sent
        why = file.why or self._crowded(file)
        piece = Piece(file, why=why) if why else Piece(file, upto, "room" if upto < file.of else "")
        seen_before = file.picture and file.sent is not None
        fits = piece.tokens <= (self.room if seen_before else min(self.tokens, self.room))
        return self._take(piece if fits or why else Piece(file, why="room"))

    def _take(self, piece: Piece) -> Piece:
        self.tokens -= piece.tokens
        self.room -= piece.tokens
        if piece.picture:
            self.pictures -= 1
            self.bytes -= piece.picture.size
        return piece

    def _crowded(self, file: File) -> str:
        picture = file.picture
        return "many" if picture and (self.pictures < 1 or picture.size > self.bytes) else ""


def tokens_of(text: str) -> float:
    return len(text.encode()) / BYTES_PER_TOKEN


def share(sizes: Sequence[float], room: float) -> list[float]:
    """Return how much each may take of the room: the small ones all they need, the others evenly what is left.

    >>> share([10, 100, 200], 130)
    [10, 60.0, 60.0]
    """
    left, shares = max(room, 0.0), [0.0] * len(sizes)
    for done, number in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        shares[number] = min(sizes[number], left / (len(sizes) - done))
        left -= shares[number]
    return shares


def cut(text: str, breaks: Sequence[int], size: float) -> int:
    """Return how many characters of a text to send, of at most ``size`` bytes: up to a page, else a line, else a space.

    One that would leave half of the size unused does not count.

    >>> cut("One page.\\nAnother page.", [0, 10], 15), cut("One.\\nAnother page.", [], 15)
    (10, 13)
    """
    fits = len(text.encode()[: max(0, int(size))].decode(errors="ignore"))
    if fits == len(text):
        return fits
    page = max((first for first in breaks if first <= fits), default=0)
    ends = (page, text.rfind("\n", 0, fits) + 1, text.rfind(" ", 0, fits) + 1)
    return next((end for end in ends if 2 * end > fits), fits)


def unnamed(count: int) -> int:
    """Return how many of so many files, the oldest, a request does not name.

    >>> [unnamed(count) for count in (0, 500, 501, 600, 601)]
    [0, 0, 100, 100, 200]
    """
    return max(0, -((MAX_NAMED - count) // LEAVE_AT_ONCE)) * LEAVE_AT_ONCE


def words_of_unnamed(count: int) -> str:
    """Return the line that stands for files that are not named; "" for none.

    >>> words_of_unnamed(12)
    '[and 12 older files are not sent]'
    """
    return f"[and {count} older file{'s are' if count > 1 else ' is'} not sent]" if count else ""


def noted_unnamed(count: int, window: int) -> dict[str, Any]:
    """Return the files that are not named as Message.included keeps them: one entry, with their ``count``."""
    return {**Piece(File(UUID(int=0), ""), why="older").noted(window), "id": "", "count": count}


def in_order(pieces: Sequence[Piece], files: Sequence[File]) -> list[Piece]:
    """Return the pieces in the order of their files."""
    by_id = {piece.file.id: piece for piece in pieces}
    return [by_id[file.id] for file in files]


def _whole(file: File) -> Piece:
    return Piece(file, file.of)


def _fitting(file: File, tokens: float) -> Piece:
    """Return the whole file, or what fits of its beginning."""
    if (whole := _whole(file)).tokens <= tokens:
        return whole
    around = tokens_of(Piece(file._replace(text=""), 1).words) + FRAME
    upto = cut(file.text, file.breaks, (tokens - around) * BYTES_PER_TOKEN)
    return Piece(file, upto, "room")

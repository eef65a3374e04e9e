"""What an attacker, an accident or an old program makes ends with a code, within the limits of the child."""

import io
import os
import resource
import struct
import time
import zlib

import pypdf
import pytest
from PIL import Image

from tests.support import documents
from tests.support.documents import docx, epub, office, packed, pdf, pdf_of, pptx, stream, workbook

MEGABYTE = 10**6
LAUGHS = '<!DOCTYPE d [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
LINKED = '<!DOCTYPE d [<!ENTITY i SYSTEM "file:///etc/passwd">'
LAUGHING = {
    "entities": f"{LAUGHS}]>",
    "a file": f"{LINKED}]>",
}


def png(width: int, height: int) -> bytes:
    """A picture of which only the first line is there."""
    content = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(width * 3 + 1))
    chunks = (struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in (content, data))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((200, 150), 80).save(file, kind)
    return file.getvalue()


def with_password(user: str) -> bytes:
    writer, file = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("Hidden words"))), io.BytesIO()
    writer.encrypt(user, "owner", algorithm="AES-256")
    writer.write(file)
    return file.getvalue()


def scan(*texts: str) -> bytes:
    """Two pages with a picture each, and what is written on them."""
    image = stream(b"\0", b"/Type/XObject/Subtype/Image/Width 1/Height 1")
    return pdf(*texts, resources=b"/XObject<</I 8 0 R>>", more=image)


def encrypted(archive: bytes) -> bytes:
    """The same archive, whose members say that they have a password."""
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        parts = archive.split(mark)
        archive = mark.join([parts[0], *(part[: place - 4] + b"\1\0" + part[place - 2 :] for part in parts[1:])])
    return archive


def many_pages(count: int, listed: int = 1) -> bytes:
    kids = b"3 0 R " * listed
    return pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids),
            b"<</Type/Page/Parent 2 0 R>>",
        ]
    )


def nested_flate(content: bytes, times: int) -> bytes:
    for _ in range(times):
        content = zlib.compress(content, 1)
    filters = b"/FlateDecode" * times
    return b"<</Length %d/Filter[%s]>>stream\n%s\nendstream" % (len(content), filters, content)


def page_of(content: bytes) -> bytes:
    """A PDF of one page with that stream."""
    page = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<<>>>>>>"
    return pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, content])


def loop() -> bytes:
    """A PDF whose pages are their own children."""
    return pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[2 0 R]>>"])


def nested_tables(count: int) -> str:
    return "<w:tbl><w:tr><w:tc>" * count + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * count


def lying(archive: bytes, size: int) -> bytes:
    """The same archive, whose members declare to be as large when they are unpacked."""
    parts = archive.split(b"PK\1\2")
    return b"PK\1\2".join([parts[0], *(part[:20] + struct.pack("<I", size) + part[24:] for part in parts[1:])])


BAD = {
    "PDF with a password": (lambda: with_password("user"), "a.pdf", "password"),
    "archive with a password": (lambda: encrypted(docx("one")), "a.docx", "password"),
    "book with rights": (lambda: epub("<p>x", **{"META-INF/rights.xml": "<rights/>"}), "a.epub", "password"),
    "scan": (lambda: scan("", ""), "a.pdf", "no_text"),
    "scan with numbers of pages": (lambda: scan("12", "13"), "a.pdf", "no_text"),
    "PDF of empty pages": (lambda: pdf("", ""), "a.pdf", "no_text"),
    "Word without words": (docx, "a.docx", "blank"),
    "PDF cut off": (lambda: pdf("one" * 99)[:300], "a.pdf", "damaged"),
    "PDF of nothing": (lambda: b"%PDF-1.7\n" + os.urandom(10_000), "a.pdf", "damaged"),
    "PDF in a loop": (loop, "a.pdf", "damaged"),
    "Word cut off": (lambda: docx("one" * 99)[:-40], "a.docx", "damaged"),
    "Word without a document": (lambda: packed({"word/other.xml": ""}), "a.docx", "damaged"),
    "sheet of nonsense": (lambda: workbook({"One": "<sheetData><row><c><v>"}), "a.xlsx", "damaged"),
    "slides of nonsense": (lambda: office("ppt/presentation.xml", {"ppt/presentation.xml": "<a"}), "a", "damaged"),
    "book of nonsense": (lambda: packed({"META-INF/container.xml": "<a/>"}), "a.epub", "damaged"),
    "JPEG with a script": (lambda: b"\xff\xd8\xff\xe0<script>alert(1)</script>", "a.jpg", "damaged"),
    "GIF that is a script": (lambda: b"GIF89a=1;alert(1)//" + bytes(99), "a.gif", "damaged"),
    "PNG cut off": (lambda: picture("PNG")[:9000], "a.png", "damaged"),
    "SVG by the name of a picture": (lambda: b"<svg onload='alert(1)'/>", "a.png", "damaged"),
    "108 million pixels": (lambda: png(12_000, 9_000), "a.png", "too_many_pixels"),
    "3,600 million pixels": (lambda: png(60_000, 60_000), "a.png", "too_many_pixels"),
    "NUL as text": (lambda: bytes(5000), "a.txt", "not_text"),
    "blank": (lambda: b" \n\n", "a.txt", "empty"),
    "200,000 pages": (lambda: many_pages(200_000), "a.pdf", "too_many_pages"),
    "PDF with an endless list": (lambda: many_pages(9, 200_000), "a.pdf", "too_large_unpacked"),
    "PDF that unpacks to 900 MB": (lambda: page_of(stream(bytes(900 * MEGABYTE))), "a.pdf", "too_large_unpacked"),
    "PDF packed over and over": (
        lambda: page_of(nested_flate(bytes(250 * MEGABYTE), 3)),
        "a.pdf",
        "too_large_unpacked",
    ),
    "Word of 250 MB": (lambda: docx(**{"word/media/a.xml": bytes(250 * MEGABYTE)}), "a.docx", "too_large_unpacked"),
    "Word that lies": (lambda: lying(docx(body=" " * 100 * MEGABYTE), 3000), "a.docx", "damaged"),
    "Word of 6,000 members": (
        lambda: docx(**{f"word/{at}.xml": "" for at in range(6000)}),
        "a.docx",
        "too_large_unpacked",
    ),
    "sheet of 250 MB": (lambda: workbook({"One": " " * 250 * MEGABYTE}), "a.xlsx", "too_large_unpacked"),
    "sheet of 17 billion cells": (
        lambda: workbook(
            {
                "One": '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576">'
                "<v>1</v></c></row></sheetData>"
            }
        ),
        "a.xlsx",
        "too_large_unpacked",
    ),
    "tables in tables": (lambda: docx(body=nested_tables(20_000)), "a.docx", "damaged"),
    **{
        f"{kind} with {what}": (made, "a", "damaged")
        for what, doctype in LAUGHING.items()
        for kind, made in {
            "Word": lambda doctype=doctype: docx("x", **{"word/document.xml": f"{doctype}<d>&i;</d>"}),
            "slides": lambda doctype=doctype: (
                pptx(("x", [], "")) and office("ppt/presentation.xml", {"ppt/presentation.xml": f"{doctype}<d>&i;</d>"})
            ),
            "book": lambda doctype=doctype: epub("x", **{"OEBPS/book.opf": f"{doctype}<d>&i;</d>"}),
        }.items()
    },
}


@pytest.mark.parametrize(("made", "name", "error"), BAD.values(), ids=BAD)
def test_ends_with_a_code(reading, made, name, error):
    content = made()
    begun = time.monotonic()
    result = reading(content, name)
    assert (result.error, result.text, result.picture) == (error, "", None)
    assert time.monotonic() - begun < 60
    assert peak(resource.RUSAGE_CHILDREN) <= max(2**30, peak(resource.RUSAGE_SELF))


def peak(whose):
    """The most memory of a process, in bytes; a child counts as its own what its parent had when it was begun."""
    return resource.getrusage(whose).ru_maxrss * 1024


def test_a_sentence_gets_its_numbers(reading):
    assert reading(png(12_000, 9_000)).detail == {"megapixels": 108, "width": 12_000, "height": 9_000}
    assert reading(many_pages(1_001)).detail == {"pages": 1_001}


def test_a_scanned_page_among_others_is_noted(reading):
    words = "Words that somebody typed, and did not scan."
    result = reading(scan("12", words))
    assert (result.error, result.notes, result.text) == ("", ["no_text:1"], f"12\n\n{words}")


def test_who_owns_a_pdf_may_forbid_printing_but_not_reading(reading):
    assert reading(with_password("")).text == "Hidden words"


def test_a_picture_that_is_only_linked_is_not_read(reading):
    blip = '<a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" r:link="r2"/>'
    links = documents.relations(("styles", "styles.xml"), ("image", "file:///etc/passwd")).replace(
        'Target="file', 'TargetMode="External" Target="file'
    )
    picture = f'<w:p><w:r><w:drawing><wp:inline xmlns:wp="x">{blip}</wp:inline></w:drawing></w:r></w:p>'
    result = reading(
        docx(body=picture + "<w:p><w:r><w:t>Words</w:t></w:r></w:p>", **{"word/_rels/document.xml.rels": links})
    )
    assert (result.error, result.text) == ("", "Words")


def test_what_no_database_takes_is_replaced(reading):
    assert reading(b"one\xed\xa0\x80" + "ä".encode() * 99, "a.txt").text.startswith("one\ufffd")
    assert reading(b"x" * 5000 + b"\0").text[-2:] == "x\ufffd"


def test_a_polyglot_is_a_picture_and_nothing_else(reading):
    result = reading(picture("PNG") + b"<script>alert(1)</script>" + packed({"a.txt": "alert(1)"}), "a.html")
    assert b"alert" not in result.picture.read_bytes() + result.thumb.read_bytes()

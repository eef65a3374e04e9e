import io
from zipfile import ZIP_STORED

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.attachments.sniffing import (
    ACCEPT,
    DOCX,
    EPUB,
    HEAD,
    ODS,
    PPTX,
    XLS,
    XLSB,
    XLSX,
    is_named_otherwise,
    sniff,
    sniffed,
)
from tests.support import documents

PICTURES = {
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/gif": b"GIF89a\1\0\1\0",
    "image/webp": b"RIFF\x1a\0\0\0WEBPVP8L",
    "image/avif": b"\0\0\0\x20ftypavif\0\0\0\0avifmif1",
}
OTHER_AVIF = b"\0\0\0\x20ftypmif1\0\0\0\0mif1avif"
HEIC = [b"\0\0\0\x20ftyp" + brand + b"\0\0\0\0mif1heic" for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1")]
TEXTS = {
    "a.csv": ("ä;b\n1;2", "text/csv"),
    "a.tsv": ("a\tb", "text/tab-separated-values"),
    "a.md": ("# One", "text/markdown"),
    "a.json": ("[1]", "application/json"),
    "a.py": ("import os\n", "text/plain"),
    "Makefile": ("all:\n\techo", "text/plain"),
    "a.svg": ('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "text/plain"),
    "a.docx": ("I am no archive", "text/plain"),
    "a.pdf": ("<!-- a --> <!DOCTYPE html><p>", "text/html"),
    "a.bin": ("\n<?xml version='1.0'?>\n<html>", "text/html"),
    "a.txt": ("<!doctype html><script>code()</script>", "text/plain"),
    "index.php": ("<!doctype html><?php code() ?>", "text/plain"),
    "App.vue": ("<html><template></template><script>code()</script>", "text/plain"),
    "readme.md": ("<html>\n\n# One", "text/markdown"),
    "a.html": ("<p>only a piece", "text/html"),
    "sniffing.py": ("PDF = b'%PDF-1.7'", "text/plain"),
}
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + b"\x09" + bytes(17) + bytes(4) + bytes(460)
PROGRAM, VIDEO = b"\x7fELF\2\1\1\0" + bytes(50), b"\0\0\0\x20ftypisom\0\0\2\0"
REFUSED = [
    (b"", "a.txt", "empty"),
    (PROGRAM, "a", "unknown_kind"),
    (VIDEO, "a.mp4", "unknown_kind"),
    (b"\x1f\x8b\x08\0", "a.tar.gz", "unknown_kind"),
    (b"{\\rtf1\\ansi", "a.rtf", "unknown_kind"),
    (PROGRAM, "a.txt", "not_text"),
    (PROGRAM, "a.json", "not_text"),
    (bytes(range(1, 256)), "a.md", "not_text"),
    (b"<svg/>", "a.png", "damaged"),
    (b"<html><script>alert(1)</script>", "a.jpg", "damaged"),
    *((head, "IMG_1.HEIC", "heic") for head in HEIC),
    *((head, "a.jpg", "heic") for head in HEIC),
]


def compound(*names: str) -> bytes:
    """An old file of Office, or one with a password, with these streams in its directory."""
    return COMPOUND + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *names))


COMPOUNDS = [
    (compound("Workbook"), "a", XLS),
    (compound("Book"), "a.doc", XLS),
    (compound("\1CompObj", "WordDocument"), "a.xls", "old_office"),
    (compound("Current User"), "a", "old_office"),
    (compound("EncryptionInfo", "EncryptedPackage"), "a.xlsx", "password"),
    (compound(), "a.docx", "password"),
    (compound(), "a.ppt", "old_office"),
    (compound(), "a.xls", XLS),
    (compound(), "a.msg", "unknown_kind"),
]
PACKED = [
    (documents.docx("one"), "a.zip", DOCX),
    (documents.xlsx(One=[["one"]]), "a.docx", XLSX),
    (documents.pptx(("one", [], "")), "a", PPTX),
    (documents.epub("<p>one"), "a", EPUB),
    (documents.packed({"xl/workbook.bin": b"", "xl/workbook.xml": b""}), "a", XLSB),
    (documents.packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, ZIP_STORED), "a", ODS),
    (documents.packed({"mimetype": "application/vnd.oasis.opendocument.text"}, ZIP_STORED), "a", "open_document"),
    (documents.packed({"Pictures/": "", "content.xml": ""}), "a.ods", ODS),
    (documents.packed({"Pictures/": "", "content.xml": ""}), "a.odp", "open_document"),
    (documents.packed({"Pictures/": "", "content.xml": ""}), "a.zip", "archive"),
    (documents.packed({"readme.txt": "word/"}), "a.docx", "archive"),
    (documents.packed({"a.txt": "a"}), "a.zip", "archive"),
    (documents.docx("one")[:-30], "a.docx", "damaged"),
    (documents.docx("one")[:-30], "a.zip", "archive"),
    (documents.packed({f"{'x' * 200}{number}": b"" for number in range(5000)}), "a.docx", "too_large_unpacked"),
]


def of(content: bytes, name: str) -> str:
    verdict = sniffed(io.BytesIO(content), name)
    assert (verdict.kind == "") == (verdict.media_type == "") == (verdict.error != "")
    return verdict.error or verdict.media_type


@pytest.mark.parametrize("name", ["a.png", "a.pdf", "a"])
def test_a_picture_is_known_by_its_first_bytes(name):
    assert {sniff(head, name)[:2] for head in PICTURES.values()} == {("picture", kind) for kind in PICTURES}
    assert sniff(OTHER_AVIF, name).media_type == "image/avif"


@pytest.mark.parametrize(("name", "content", "kind"), [(name, *each) for name, each in TEXTS.items()])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_text_is_known_in_each_encoding(name, content, kind, encoding):
    assert of(content.encode(encoding), name) == kind


@pytest.mark.parametrize(("content", "name", "expected"), [*REFUSED, *COMPOUNDS, *PACKED])
def test_the_content_decides(content, name, expected):
    assert of(content, name) == expected


def test_text_of_old_encodings_is_text():
    for encoding, text in {"cp1252": "Größe;Preis €", "shift_jis": "日本語のテキスト", "koi8-r": "Привет"}.items():
        assert of(text.encode(encoding) * 20, "a.csv") == "text/csv"


def test_a_pdf_may_have_a_line_before_it():
    assert of(documents.pdf("one"), "a.txt") == of(b"\n\n" + documents.pdf("one"), "a") == "application/pdf"
    assert of(b"\x1b%-12345X@PJL\0" + documents.pdf("one"), "a") == "application/pdf"


def test_a_name_may_promise_something_else():
    assert is_named_otherwise("a.PDF", "text/html")
    assert is_named_otherwise("a.txt", "application/pdf")
    assert not is_named_otherwise("a", "application/pdf")
    assert not is_named_otherwise("a.docm", DOCX)
    assert not is_named_otherwise("notes.txt", "text/plain")


def test_what_may_be_chosen_has_no_heic_and_no_archive():
    chosen = ACCEPT.split(",")
    assert {"image/jpeg", "image/png", "application/pdf", ".docx", ".epub", "text/*", ".py"} <= {*chosen}
    assert not any("hei" in each or "zip" in each.removesuffix("epub+zip") for each in chosen)


HEADS = [*PICTURES.values(), *HEIC, COMPOUND, PROGRAM, b"PK\3\4", b"PK\5\6" + bytes(18), b"%PDF-", b"\xff\xfe", b"<!--"]


@settings(deadline=None)
@given(st.sampled_from([b"", *HEADS]), st.binary(max_size=2 * HEAD), st.text(max_size=20))
def test_anything_gets_a_verdict(head, rest, name):
    of(head + rest, name)


@settings(deadline=None)
@given(st.sampled_from([content for content, *_ in PACKED[:6] + COMPOUNDS]), st.data())
def test_a_damaged_directory_gets_a_verdict(content, data):
    at = data.draw(st.integers(0, len(content) - 1))
    of(content[:at] + data.draw(st.binary(max_size=8)) + content[at + data.draw(st.integers(0, 8)) :], "a.docx")


def test_a_page_of_comments_is_looked_at_once():
    of(b"<!---->" * 500 + b"<p>", "a.html")


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"%PDF- is how a PDF begins.", "text/markdown"),
        (b"%PDF-1.4 is the header", "text/markdown"),
        (b"%PDF-1.4 %\xe2\xe3\xcf\xd3\n1 0 obj", "application/pdf"),
        (b"\xef\xbb\xbf\r\n%PDF-1.4\r1 0 obj", "application/pdf"),
    ],
)
def test_a_text_about_a_kind_of_file_is_none(head, found):
    assert sniff(head, "notes.md").media_type == found


@pytest.mark.parametrize("name", ["word/notes.txt", "xl/a.txt", "ppt/a.txt", "xl/"])
def test_an_archive_with_a_folder_of_that_name_is_an_archive(name):
    assert sniff(b"PK\3\4", "backup.zip", [name, "photo.jpg"]).error == "archive"
    assert sniff(b"PK\3\4", "backup.zip", [name, "[Content_Types].xml"]).kind == "document"


@pytest.mark.parametrize("head", [bytes(range(1, 255, 3)), bytes.fromhex("4e02596c75aa4c01"), b"\x01\x00\x02\x00" * 9])
def test_bytes_of_any_kind_are_no_text_of_another_script(head):
    assert sniff(head, "a.txt").error == "not_text"

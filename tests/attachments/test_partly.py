"""What cannot be read of a document does not cost the rest, and is counted."""

import io
import zlib
from zipfile import ZIP_STORED, ZipFile

import pypdf
import pytest
from pypdf.generic import NameObject, StreamObject

from tests.support import documents

LINES = [f"Page {number} says heron" for number in range(1, 6)]


def with_page(content: bytes, packed: str) -> bytes:
    """A PDF of five pages, the content of whose third is this."""
    writer = pypdf.PdfWriter(io.BytesIO(documents.pdf(*LINES)))
    odd = StreamObject()
    odd._data = content
    if packed:
        odd[NameObject("/Filter")] = NameObject(packed)
    writer.pages[2][NameObject("/Contents")] = writer._add_object(odd)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "packed", "note"),
    [
        (b"xxx", "/FooDecode", "unread:1"),
        (b"xxx", "/JBIG2Decode", "unread:1"),
        (b"\0\1\2", "/LZWDecode", "empty:1"),
        (b"BT (unclosed \0\xff ET 1 2 3 Tm [", "", "empty:1"),
        (b"BI /W 1 /H 1 /BPC 8 /CS /G ID x", "", "empty:1"),
        (b"BT /F9 x Tf (hello) Tj [(a) 1 (b] TJ ET", "", "unread:1"),
        (zlib.compress(bytes(80_000_000), 1), "/FlateDecode", "unread:1"),
        (b"\x78\x9cgarbage!!", "/FlateDecode", "empty:1"),
        (b"", "", "empty:1"),
    ],
)
def test_an_odd_page_of_a_pdf(reading, content, packed, note):
    result = reading(with_page(content, packed))
    assert (result.error, result.text.split("\n\n")) == ("", [*LINES[:2], "", LINES[3], LINES[4]])
    assert (result.pages, result.notes) == (5, [note])


SLIDE, CHAPTER, SHEET = "ppt/slides/slide2.xml", "OEBPS/text/chapter1.xhtml", "xl/worksheets/sheet2.xml"
SLIDES = documents.pptx(("One", [], ""), ("Two", [], ""), ("Three", [], ""))
BOOK = documents.epub("<p>One", "<p>Two", "<p>Three")
WORKBOOK = documents.xlsx(A=[["One"]], B=[["Two"]], C=[["Three"]])


@pytest.mark.parametrize(
    ("file", "member", "content", "note"),
    [
        (SLIDES, SLIDE, "<p:sld", "unread:1"),
        (SLIDES, SLIDE, None, "unread:1"),
        (SLIDES, SLIDE, "<sld/>", "empty:1"),
        (BOOK, CHAPTER, "<div>" * 9000 + "Two", "unread:1"),
        (BOOK, CHAPTER, None, "unread:1"),
        (BOOK, CHAPTER, "<p> </p>", "empty:1"),
        (WORKBOOK, SHEET, "<worksheet><sheetData><row", "unread:1"),
        (WORKBOOK, SHEET, "<worksheet/>", "empty:1"),
    ],
)
def test_an_odd_part(reading, file, member, content, note):
    result = reading(documents.replaced(file, member, content))
    assert (result.error, result.notes) == ("", [note])
    assert "One" in result.text
    assert "Two" not in result.text
    assert "Three" in result.text


XHTML = "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head>{}</head><body><p>{}</p></body></html>"


@pytest.mark.parametrize("empty", ["title", "textarea", "script", "iframe", "noscript", "template", "style", "select"])
def test_a_tag_that_is_closed_at_once_swallows_nothing(reading, empty):
    page = XHTML.format("<title/>", f"One<!-- > --><br/><{empty} class='a>b' /> two<![CDATA[ <three> & four]]>")
    for text in (reading(documents.epub("<p>x", page)).text, reading(page.encode(), "a.xhtml").text):
        assert all(word in text for word in ("One", "two", "three", "four")), text
        assert "CDATA" not in text


def test_what_is_raised_or_lowered_stays_so(reading):
    page = "<p>10<sup>6</sup> m<sup>2</sup>, H<sub>2</sub>O, note<sup><a href='#f1'>1</a></sup>"
    text = "10<sup>6</sup> m<sup>2</sup>, H<sub>2</sub>O, note[1](#f1)"
    assert reading(f"<html>{page}".encode()).text == text
    assert reading(documents.epub("x", page)).text == f"x\n\n{text}"
    run = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>6</w:t></w:r>'
    assert reading(documents.docx(body=f"<w:p><w:r><w:t>10</w:t></w:r>{run}</w:p>")).text == "10<sup>6</sup>"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (documents.xlsx(One=[["a", 1]]), "# One\n\na,1"),
        (documents.docx("Words"), "Words"),
        (documents.pptx(("Title", ["line"], "")), "# Title\nline"),
        (documents.epub("<p>page"), "page"),
    ],
)
def test_members_whose_names_have_backslashes_are_read(reading, content, text):
    with ZipFile(io.BytesIO(content)) as archive:
        members = {name.replace("/", "\\"): archive.read(name) for name in archive.namelist()}
    result = reading(documents.packed(members, ZIP_STORED))
    assert (result.error, result.text, result.notes) == ("", text, [])

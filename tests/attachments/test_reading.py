"""What a person attaches, each kind made by ``documents``, becomes text with its parts."""

import codecs
from base64 import b64encode
from textwrap import wrap

import pytest

from parley.attachments import plain, results
from tests.support import documents

SHEETS = {"Sales": [["Region", "Total"], ["North; East", 12.5], ["South", 3]], "Empty": [], "Other": [["x"]]}
ENCODINGS = {
    "utf-8": "Größe €, 日本語, Привет 🙂",
    "utf-8-sig": "Größe €, 日本語",
    "utf-16": "Größe €, 日本語 🙂",
    "utf-16-be": "Größe, 日本語",
    "utf-32": "日本語 🙂",
    "cp1252": "Stückzahl;Größe;Preis in €;Verfügbar – „ja“ oder „nein“",
    "shift_jis": "これは日本語のテキストです。文字コードはシフトJISです。",
    "euc-jp": "これは日本語のテキストです。文字コードを調べます。",
    "gb18030": "这是一个中文文本文件，它的编码不是统一码。",
    "koi8-r": "Это русский текст, который не в Юникоде.",
    "cp1251": "Это русский текст, который не в Юникоде.",
}


GUESSED = {
    "cp1252": [
        "Größe;Preis", "naïve café", "café", "¿Qué año?", "5 €", "7°C", "It’s", "não", "Atenção às três horas",
        "på øen", "Åke åt smörgås", "Perché però", "Nº 5", "5 m², ±2 µm", "© Acme®",
        "Það er gott, þetta er íslenska", "Ísland er stórt", "7,£7.00\n" * 300,
    ],
    "cp1250": ["Příliš žluťoučký kůň úpěl", "Zażółć gęślą jaźń", "Árvíztűrő tükörfúrógép", "Čitaj šta piše đak"],
    "iso8859-2": ["Příliš žluťoučký kůň úpěl", "Zażółć gęślą jaźń. Dziękuję."],
    "cp1254": ["İstanbul güneşli bir şehir. Çocuklar oynuyor, yağmur yağıyor."],
    "cp850": ["Müller;Köln;Ärger"],
    "cp1257": [
        "Šiandien yra graži diena. Ačiū už viską, gerbiamieji.", "Žmogus ir šalis", "Vārds;Uzvārds\nJānis;Bērziņš",
        "Labdien! Šodien ir jauka diena, un mēs ejam uz jūru.", "Õhtu šokolaad ja žürii", "Kaina 5 € – „šešios“ dėžės",
    ],
    "iso8859-15": ["Preis: 50 €", "Größe;50 €", "un œuf, le cœur, Œuvres", "Straße 5 €, Köln", "L'été coûte 5 €"],
    "mac_roman": ["café", "Größe €, café und mañana", "£5 It’s “quoted”"],
    "cp1255": ["שלום לכולם, זהו מסמך בעברית.", "שלום", "שלום עולם", "שם;גיל", "3 כרטיסים"],
    "cp1253": ["Καλημέρα κόσμε", "Καλημέρα"],
    "cp1251": ["Привет мир, это тест.", "Привет", "ПРИВЕТ МИР", "Він їде додому", "№ 5; «Москва»"],
    "koi8-r": ["Привет", "Привет мир, это тест.", "имя;фамилия\nИван;Петров", "Заметки о поездке на море."],
    "mac_cyrillic": ["Привет мир, это тест.", "Здравствуйте! Как дела?", "Заметки о поездке на море."],
    "cp866": ["Привет", "Заметки о поездке на море."],
    "gb18030": ["这是一个中文文本文件"],
    "euc-kr": ["안녕하세요 세계"],
    "shift_jis": ["日本語のテキスト"],
}  # fmt: skip


@pytest.mark.parametrize(("encoding", "text"), [(each, text) for each, texts in GUESSED.items() for text in texts])
def test_guesses_the_encoding_of_few_words(encoding, text):
    read, notes = plain.decoded(text.encode(encoding))
    assert read == text
    assert [note.partition(":")[0] for note in notes] == ["guessed"]


@pytest.mark.parametrize("text", ["Он", "это", "привет, мир"])
def test_takes_no_few_words_of_cyrillic_for_western_ones(text):
    assert plain.decoded(text.encode("cp1251"))[1] != ["guessed:cp1252"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [
    "Привет, мир!\nКак дела?\n", "Καλημέρα κόσμε\n", "你好，世界。\n第二行\n", "これは日本語です。\nはい\n",
    "안녕하세요 세계\n",
    "Имя;Name\nИван;Ivan\n", "这是一个没有换行的文本。", "Привет", "שלום עולם\n", "สวัสดีชาวโลก\n", "Смайл 🙂 здесь\n",
])  # fmt: skip
def test_reads_utf_16_of_other_scripts_without_a_mark(reading, encoding, text):
    result = reading(text.encode(encoding), "a.txt")
    assert (result.error, result.text, result.notes) == ("", text.rstrip(), [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_reads_utf_16_without_a_mark(reading, encoding):
    result = reading("Größe;Preis in €\n".encode(encoding) * 9, "a.csv")
    assert (result.text, result.notes) == ("Größe;Preis in €\n" * 8 + "Größe;Preis in €", [])


def parts_of(result) -> list[str]:
    ends = [*result.breaks[1:], len(result.text)]
    return [result.text[start:end].strip() for start, end in zip(result.breaks, ends, strict=True)]


def test_word(reading):
    result = reading(documents.docx("# Report", "Größe &amp; Zahl", [["Region", "Total"], ["North", "12"]]))
    assert result.text.startswith("# Report\n\nGröße & Zahl\n\n| Region | Total |\n")
    assert "| North | 12 |" in result.text
    assert (result.error, result.breaks, result.notes) == ("", [], [])


def test_sheets(reading):
    result = reading(documents.xlsx(**SHEETS))
    assert parts_of(result) == ["# Sales\n\nRegion,Total\nNorth; East,12.5\nSouth,3", "", "# Other\n\nx"]
    assert result.notes == ["empty:1"]


def test_sheets_have_no_huge_numbers_and_no_long_gaps(reading):
    rows = '<row r="1"><c><v>1e300</v></c><c><v>3.0</v></c></row><row r="1000000"><c><v>-12345678</v></c></row>'
    assert reading(documents.workbook({"One": f"<sheetData>{rows}</sheetData>"})).text == (
        "# One\n\n1e+300,3\n\n-12345678"
    )


def test_slides(reading):
    result = reading(documents.pptx(("Plans", ["First", "Second"], "Say it slowly"), ("", [], ""), ("End", [], "")))
    assert parts_of(result) == ["# Plans\nFirst\nSecond\n\nNotes: Say it slowly", "", "# End"]
    assert result.pages == 3


def test_a_book_is_read_in_its_order(reading):
    result = reading(documents.epub("<h1>One</h1><p>first", "<h1>Two</h1><p>second"))
    assert parts_of(result) == ["# One\n\nfirst", "# Two\n\nsecond"]


def test_pdf_page_by_page(reading):
    result = reading(documents.pdf("One (of two)", "", "Größe"))
    assert parts_of(result) == ["One (of two)", "", "Größe"]
    assert (result.pages, result.breaks) == (3, [0, 14, 16])


def test_a_page_of_the_web(reading):
    html = (
        "<!doctype html><meta charset=iso-8859-1><title>T</title><style>p{}</style><script>x()</script><h1>Größe</h1>"
    )
    result = reading((html + "<ul><li>one<li>two</ul>").encode("latin-1"), "a.pdf")
    assert "# Größe" in result.text
    assert "- one\n- two" in result.text
    assert not any(word in result.text for word in ("x()", "p{}"))


def test_a_page_keeps_its_forms_and_headings_but_not_its_navigation(reading):
    html = "<header><h1>One</h1><nav>menu</nav></header><form><p>two</form><div role=navigation>menu</div>"
    assert reading(f"<html><body>{html}</body>".encode()).text == "# One\n\ntwo"


PICTURE = b"<p>start<img src='data:image/png;base64," + (b"A" * 76 + b"\n") * 220_000


def test_a_large_page_is_read_without_its_pictures_and_says_where_it_is_cut(reading):
    result = reading(b"<html>" + PICTURE + b"'><p>end")
    assert (result.text, result.notes) == ("start\n\nend", [])
    result = reading(b"<html><p>start" + b" " * plain.MOST_BYTES + b"<p>end")
    assert (result.text, result.notes) == ("start", ["cut"])


@pytest.mark.parametrize(("encoding", "text"), ENCODINGS.items())
def test_text_in_its_encoding(reading, encoding, text):
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    result = reading(mark + f"{text}\r\n{text}".encode(encoding), "a.csv")
    assert (result.error, result.text) == ("", f"{text}\n{text}")


def test_one_slip_does_not_change_an_encoding(reading):
    assert reading("Größe ".encode() * 20 + b"\xff").text == "Größe " * 20 + "\ufffd"


def test_source_code_stays_as_it_is(reading):
    source = "def f():\n\treturn '<b>'  # ä\n"
    assert reading(source.encode(), "a.py").text == source.rstrip()


BYTES = b64encode(bytes(range(256)) * 40).decode()


@pytest.mark.parametrize(
    ("around", "encoded"),
    [
        ('{{"image/png": "{}\\n", "text/plain": "<Figure>"}}', BYTES),
        ("Content-Transfer-Encoding: base64\n\n{}\n--end--", "\n".join(wrap(BYTES, 76))),
        ("![sea](data:image/png;base64,{}) is salty", BYTES),
    ],
)
def test_leaves_out_what_is_encoded_and_says_so(reading, around, encoded):
    result = reading(around.format(encoded).encode(), "a.txt")
    assert (result.text, result.notes) == (around.format(f"[{len(encoded)} characters of Base64]"), ["encoded:1"])


@pytest.mark.parametrize(
    "text", [BYTES[:2000], "\n".join(["ACGTTGCA" * 10] * 100), "0123456789abcdef" * 900, "A1a" * 20 + "\n"]
)
def test_keeps_keys_sequences_and_digests(reading, text):
    assert reading(text.encode(), "a.txt").text == text.strip()


def test_the_first_line_keeps_its_indentation(reading):
    assert reading(b"\n \n\tA\tB\n0\t1\t2\n \n", "a.tsv").text == "\tA\tB\n0\t1\t2"


def test_a_long_text_is_cut_and_says_so(reading):
    result = reading(b"word " * 500_000, "a.txt")
    assert (len(result.text), result.notes) == (results.LONGEST_TEXT, ["cut"])


def test_a_long_sheet_is_cut_and_says_so(reading):
    result = reading(documents.xlsx(One=[["x" * 1000] * 10] * 250, Two=[["end"]]))
    assert (len(result.text), result.notes, result.breaks) == (results.LONGEST_TEXT, ["cut"], [0])


def by_host(path, media_type):
    """As a project's own extractor."""
    if media_type == "application/pdf":
        return f"# Read by the host\n\n{len(open(path, 'rb').read())}"
    if media_type == "text/html":
        raise ValueError("secret words")
    return None


def test_a_host_may_read_what_it_likes(reading, caplog):
    extract = f"{__name__}.by_host"
    content = documents.pdf("one")
    assert reading(content, extract=extract).text == f"# Read by the host\n\n{len(content)}"
    assert reading(documents.docx("one"), extract=extract).text == "one"
    caplog.set_level("INFO")
    assert reading(b"<!doctype html>", extract=extract).error == "unreadable"
    assert "secret words" not in caplog.text

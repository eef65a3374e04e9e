"""What an encoding is called, and what is damaged in it."""

import pytest

from parley.attachments import plain
from tests.support import documents

LABELS = {
    "gb2312": ("gb18030", "朱镕基, 喆"),
    "GBK": ("gb18030", "朱镕基"),
    "shift_jis": ("cp932", "①㈱髙"),
    "x-sjis": ("cp932", "①㈱髙"),
    "euc-kr": ("cp949", "똠펲"),
    "iso-8859-1": ("cp1252", "“5 €” – it’s"),
    "us-ascii": ("cp1252", "“5 €”"),
    "iso-8859-9": ("cp1254", "“İstanbul” €"),
    "tis-620": ("cp874", "“สวัสดี” €"),
    "iso-2022-jp": ("iso2022_jp", "こんにちは、世界"),
    "iso-8859-15": ("iso-8859-15", "50 € œuvre"),
}


@pytest.mark.parametrize(("label", "encoding", "text"), [(label, *each) for label, each in LABELS.items()])
def test_pages_name_encodings_as_the_web_does(reading, label, encoding, text):
    page = f"<!doctype html><meta charset='{label}'><p>{text}".encode(encoding)
    assert (reading(page).text, reading(page).notes) == (text, [])
    assert reading(documents.epub("<p>x", page)).text == f"x\n\n{text}"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Größe ü".encode()[:-1], "Größe \ufffd"),
        ("café and ".encode() + b"caf\xe9", "café and caf\ufffd"),
        ("日本".encode()[:-1], "日\ufffd"),
    ],
)
def test_one_broken_byte_does_not_change_an_encoding_and_is_told(data, text):
    assert plain.decoded(data) == (text, ["replaced:1"])


def test_what_was_damaged_before_is_not_told():
    assert plain.decoded("Größe \ufffd".encode()) == ("Größe \ufffd", [])


def test_mail_in_japanese(reading):
    assert reading("Subject: こんにちは\n".encode("iso2022_jp"), "a.eml").text == "Subject: こんにちは"
    assert reading(b"\x1b[31mred\x1b[0m \x1b$ x", "a.log").text.endswith("x")


@pytest.mark.parametrize("label", ["hex", "undefined", "idna", "punycode", "unicode_escape", "utf-7", "utf-16", "x-x"])
def test_a_page_that_names_what_is_no_encoding_is_guessed(label):
    assert plain.decoded(b"Gr\xf6\xdfe;Preis", label) == ("Größe;Preis", ["guessed:cp1252"])

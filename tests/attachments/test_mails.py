"""E-mails and pages that were saved as one file are read as words, whatever encodes them."""

from email import policy
from email.message import EmailMessage

import pytest

from parley.attachments.sniffing import ACCEPT, MAIL, is_named_otherwise, sniff

LETTER = "Lieber Jörg, der Preis beträgt 120 €.\n" * 200
PAGE = (
    "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.org/\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="x"\r\n\r\n\r\n'
    "--x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    '<html><meta charset=3D"utf-8"><h1>Gr=C3=B6=C3=9Fe</h1>The sea is =\r\nsalty.\r\n'
    "--x\r\nContent-Type: text/css\r\n\r\np { color: red }\r\n"
    "--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--x--\r\n"
)


def letter(text=LETTER, encoding="base64"):
    """A mail as most programs write one that is not in English."""
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"], message["From"] = "Grüße", "Jörg <joerg@example.org>"
    message.set_content(text, cte=encoding)
    return message


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_the_text_of_a_mail_is_read_however_it_is_encoded(reading, encoding):
    result = reading(bytes(letter(encoding=encoding)), "a.eml")
    assert result.text == f"Subject: Grüße\nFrom: Jörg <joerg@example.org>\n\n{LETTER}".rstrip()
    assert result.notes == []


def test_of_two_versions_the_plain_one_is_read_unless_it_says_little(reading):
    full, stub = letter("Hello there."), letter("This is HTML.")
    full.add_alternative("<p>Hello <b>there.</b>", subtype="html")
    stub.add_alternative("<h1>Hello</h1><p>The sea is salty, and the wind is cold.", subtype="html")
    assert reading(bytes(full), "a.eml").text.endswith("\n\nHello there.")
    assert reading(bytes(stub), "a.eml").text.endswith("\n\n# Hello\n\nThe sea is salty, and the wind is cold.")


def test_what_is_attached_to_a_mail_is_named_and_said(reading):
    message, inner = letter("See below."), letter("Forwarded.")
    message.add_attachment(b"PK" * 9000, maintype="application", subtype="zip", filename="Größe.zip")
    message.add_attachment(b"a;b", maintype="text", subtype="csv", filename="b.csv")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="c.png")
    message.add_attachment(inner)
    result = reading(bytes(message), "a.eml")
    assert "See below.\n\n[Attached: Größe.zip]\n\n[Attached: b.csv]\n\n[Attached: c.png]\n\nSubject:" in result.text
    assert result.text.endswith("Forwarded.")
    assert result.notes == ["embedded", "pictures:1"]


def test_a_page_that_was_saved_as_one_file_is_read_as_a_page(reading):
    result = reading(PAGE.encode(), "a.mhtml")
    assert result.text == (
        "From: <Saved by Blink>\nSnapshot-Content-Location: https://example.org/\n\n# Größe\n\nThe sea is salty."
    )
    assert result.notes == ["pictures:1"]


@pytest.mark.parametrize("name", ["Größe".encode(), "Größe".encode("cp1252"), b"=?klingon?q?=41?=", b"=?utf-8?b?A?="])
def test_a_header_of_any_bytes_is_read(reading, name):
    text = reading(b"From x\nSubject: " + name + b"\nReceived: by example.org\n\nHello", "a.eml").text
    assert text.endswith("\nReceived: by example.org\n\nHello")
    assert text.startswith("Subject: Größe" if b"Gr" in name else "Subject: ")


@pytest.mark.parametrize(
    "content",
    [
        b"A: b\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * 9000,
        b"A: b\nContent-Type: text/plain; charset=\xff\xfe\nContent-Transfer-Encoding: base64\n\n\xff!",
        b"A: b\nContent-Type: multipart/alternative; boundary=x\n\n--x--",
        b"A: b\n" + b"Content-Type: message/rfc822\n\n" * 3000,
        b"".join(b"A: b\nContent-Type: multipart/mixed; boundary=x%d\n\n--x%d\n" % (n, n) for n in range(3000)),
        b"A:" + b" =?utf-8?q?=41?=" * 50_000,
    ],
)
def test_a_hostile_mail_is_read_or_refused(reading, content):
    result = reading(content, "a.eml")
    assert result.text.startswith("A: ") or result.error == "damaged"


def test_what_is_named_a_mail_and_is_none_is_read_as_it_is(reading):
    assert sniff(b"Dear John,\n", "a.eml").media_type == "text/plain"
    assert sniff(b"Subject: x\n", "a.eml").media_type == sniff(b"From: x\n", "a.MHT").media_type == MAIL
    assert sniff(b"Subject: x\n", "a.txt").media_type == "text/plain"
    assert sniff(b"\0\1\2", "a.eml").error == "not_text"
    assert is_named_otherwise("a.eml", "text/plain")
    assert {".eml", ".mht", ".mhtml"} <= {*ACCEPT.split(",")}

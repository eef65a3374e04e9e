import re
import sqlite3
import unicodedata

import pytest

from parley.search import sqlite
from parley.search.words import UNSPACED, letters, places, signs, unspaced, words


def is_unspaced(character):
    return any(first <= ord(character) <= last for first, last in UNSPACED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Foo, bar-baz_qux!", ["foo", "bar", "baz", "qux"]),
        ("Žluťoučký KŮŇ", ["zlutoucky", "kun"]),
        ("cafe\u0301", ["cafe"]),
        ("ΣΊΣΥΦΟΣ", ["σίσυφοσ"]),
        ("мой Мир", ["мой", "мир"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("北京 tea", ["北", "京", "tea"]),
        ("a北b", ["a", "北", "b"]),
        ("3.14", ["3", "14"]),
        ("🤔great🎉", ["great"]),
        ("\u0301", []),
    ],
)
def test_takes_a_text_apart(text, expected):
    assert words(text) == expected


def test_says_where_the_words_are():
    text = "Über—北京, x"
    assert [(word, text[start:end]) for word, start, end in places(text)] == [
        ("uber", "Über"),
        ("北", "北"),
        ("京", "京"),
        ("x", "x"),
    ]


def test_keeps_signs_letters_and_unspaced_characters_apart():
    apart, spaced, alone = set(signs()), re.compile(f"[{letters()}]"), re.compile(f"[{unspaced()}]")
    for code in range(0x80, 0x20000):
        sign = chr(code)
        assert (sign in apart) + bool(spaced.match(sign)) + bool(alone.match(sign)) <= 1, hex(code)
    assert [is_unspaced(one) for one in "a北ไж한"] == [False, True, True, False, False]


@pytest.mark.exhaustive
def test_sqlite_has_the_same_words():
    """Of nearly all characters: those that this SQLite knows, less a few dozen small letters of rare scripts."""
    database = sqlite3.connect(":memory:")
    (table,) = [statement for statement in sqlite.making(None) if "VIRTUAL" in statement]
    database.execute(table)
    database.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(parley_search_words, 'instance')")
    known = [code for code in range(1, 0x20000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Lu")]
    spaced = [code for code in known if not is_unspaced(chr(code))]
    rows = ((code, f"q{chr(code)}q") for code in spaced)
    database.executemany("INSERT INTO parley_search_words (rowid, body) VALUES (?, ?)", rows)
    terms: dict[int, list[str]] = {}
    for term, code in database.execute("SELECT term, doc FROM terms ORDER BY doc, offset"):
        terms.setdefault(code, []).append(term)
    different = [code for code in spaced if terms.get(code) != words(f"q{chr(code)}q")]
    assert len(different) < 200, [hex(code) for code in different[:50]]
    assert not any(code < 0x370 and code != 0x345 for code in different if code < 0x1E0)

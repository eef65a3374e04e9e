import re
from pathlib import Path

from django.utils import translation

from parley import attachments
from parley.generation.inclusion import TOLD
from parley.included import IN_SHORT, NOTES, ON_ITS_PAGE, in_short, named_in, reasons, sentences


def entry(name, upto=0, of=0, pages=None, why="", **values):
    return {"id": "1", "name": name, "from": 0, "upto": upto, "of": of, "pages": pages, "why": why, **values}


CUT = entry("q3.pdf", 48_000, 160_000, [1, 12, 40], "room", window=32_000)


def test_says_what_was_not_sent_and_nothing_of_what_was_sent_whole():
    included = [
        CUT, entry("{a}.txt", 500, 1000, None, "room"), entry("whole.txt", 9, 9), entry("whole.png"),
        *(entry(f"{n}.png", why="many") for n in range(22)), entry("b.txt", 0, 9, None, "room", window=4096),
        entry("odd", why="from the future"), entry("log", 9, 9, cut=True), entry("gone", why="gone", cut=False),
        entry("scan.pdf", 9, 9, notes=["no_text", "guessed:cp1252", "cut", "x"]),
        entry("b.pdf", 9, 9, notes=["no_text"]),
    ]  # fmt: skip
    first, second, read, scans, guessed, many, room, gone = sentences(included, 32_000)
    assert first == (
        "“q3.pdf”: pages 1–12 of 40 were sent (48,000 of 160,000 characters). "
        "The rest does not fit the 32,000 tokens of this model."
    )
    assert second.startswith("“{a}.txt”: 500 of 1,000 characters were sent. The rest does not fit the 32,000 tokens")
    assert many.endswith("with 20 MB: " + ", ".join(f"{n}.png" for n in range(20)) + " and 2 more")
    assert room == "Not sent, because the 4,096 tokens of this model have no room left: b.txt"
    assert gone == "Not sent, because deleted: gone"
    assert read == "“log, scan.pdf”: It is too long to be kept whole: only its beginning was read."
    assert scans.startswith("“scan.pdf, b.pdf”: Some of its pages have no text")
    assert guessed.startswith("“scan.pdf”: Its encoding was guessed: cp1252.")
    assert sentences(None) == sentences([]) == []
    assert named_in(included) == "q3.pdf, {a}.txt, whole.txt, whole.png, log, scan.pdf, b.pdf"


def test_counts_the_files_that_are_not_named():
    [words] = sentences([entry("", why="older", count=1200)])
    assert words.endswith(": 1,200 older files")


def test_writes_numbers_as_the_reader_does():
    with translation.override("de"):
        assert "48.000" in sentences([CUT])[0]


def test_names_the_largest_first_with_its_share_of_the_window():
    included = [
        entry("a.png", tokens=20, window=8000), entry("old.txt", 9, 9),
        entry("{q}.pdf", 9, 90, tokens=3_960, window=8000), entry("b.txt", why="room", tokens=9, window=8000),
    ]  # fmt: skip
    assert named_in(included) == "{q}.pdf (about 50% of the window), a.png (about 1% of the window), old.txt"


def test_every_note_has_its_sentence_and_what_hides_text_is_told_to_models():
    codes = set()
    for path in Path(attachments.__file__).parent.glob("*.py"):
        codes |= set(re.findall(r'(?:\[f?|notes(?: =|=|\.append\(f?)\[?f?)"([a-z_]+)(?=:|"\]|"\))', path.read_text()))
    some = {"cut", "no_text", "first_frame", "guessed", "formulas", "number_formats", "pictures"}
    assert some <= codes & NOTES.keys()
    assert TOLD.keys() <= NOTES.keys()
    assert NOTES.keys() - TOLD.keys() == {"deletions", "empty", "hidden_sheets", "other_type"}


def test_an_empty_page_is_said_on_the_page_of_the_file_alone():
    part = {"name": "book.epub", "why": "", "upto": 5, "notes": ["empty:1", "no_text"]}
    [sentence] = sentences([part])
    assert "look like a scan" in sentence
    assert len(reasons(part["notes"])) == 2


def test_every_note_has_a_few_words_for_the_composer_but_those_that_only_the_page_of_a_file_says():
    assert IN_SHORT.keys() == NOTES.keys() - ON_ITS_PAGE
    assert max(map(len, IN_SHORT.values())) <= 45


def test_notes_in_short_count_pages_where_it_is_known_how_many_there_are():
    assert (
        in_short(["no_text:29", "empty:1", "pictures:2"], 30) == "Pages without text: 29 of 30 · Pictures left out: 2"
    )
    assert in_short(["no_text:29"]) == "Pages without text: 29"
    assert in_short(["no_text", "from the future:2"], 30) == "Pages without text"
    assert in_short([]) == in_short(["empty:1"]) == ""

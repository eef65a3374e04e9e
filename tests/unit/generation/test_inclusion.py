import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation.inclusion import MAX_BYTES, Allowance, File, Picture, Piece, cut, share, tokens_of
from parley.generation.prompt import Turn, build, pictures_of, text_of
from parley.ids import uuid7
from tests.unit.texts import PAYLOADS

TEXTS = st.text(st.sampled_from("ab \n漢😀"), max_size=300)
PAGES = st.lists(st.integers(0, 300), max_size=5).map(sorted)


def text_file(text="words " * 100, **values):
    return File(uuid7(), **{"name": "a.txt", "text": text, "of": len(text), **values})


def picture_file(name="a.png", size=1000, tokens=100, **values):
    return File(uuid7(), name, picture=Picture(name, f"attachments/{name}", "image/png", size, tokens), **values)


@given(st.lists(st.floats(0, 1000), max_size=8), st.floats(-10, 3000))
def test_gives_each_its_size_or_a_fair_share(sizes, room):
    shares = share(sizes, room)
    fair = max(room, 0) / max(len(sizes), 1)
    assert sum(shares) <= max(room, 0) + 1e-6
    assert all(min(size, fair) - 1e-6 <= given <= size for size, given in zip(sizes, shares, strict=True))
    assert sum(shares) == pytest.approx(min(sum(sizes), max(room, 0)), abs=1e-6)


@given(TEXTS, PAGES, st.floats(-5, 1200))
def test_cuts_at_a_page_or_a_line_or_a_space_and_never_inside_of_a_character(text, pages, size):
    upto = cut(text, pages, size)
    assert len(text[:upto].encode("utf-8")) <= max(size, 0)
    assert text[:upto].encode("utf-16-le") == text.encode("utf-16-le")[: len(text[:upto].encode("utf-16-le"))]
    fits = len(text.encode()[: max(0, int(size))].decode(errors="ignore"))
    assert upto == len(text) or 2 * upto > fits or upto == fits == 0
    at_an_end = upto in (*pages, len(text)) or text[:upto].endswith((" ", "\n"))
    assert at_an_end or not re.search(r"[ \n]", text[fits // 2 : fits])


@given(st.lists(TEXTS.filter(bool), min_size=1, max_size=6), st.floats(0, 400))
def test_shares_what_there_is_among_the_files_of_a_question(texts, room):
    files = [text_file(text, name=f"{number}.txt") for number, text in enumerate(texts)]
    pieces = Allowance(room).share(files)
    sent = [piece for piece in pieces if piece.upto or not piece.why]
    assert [piece.file for piece in pieces] == files
    assert sum(piece.tokens for piece in sent) <= room + 1e-6
    for piece, file in zip(pieces, files, strict=True):
        assert (piece.upto == file.of) == (not piece.why)
        if Piece(file, file.of).tokens <= room / len(files):
            assert piece.upto == file.of
        elif tokens_of(file.text) > room / len(files) > 60:
            assert piece.upto > 0


def test_shares_what_there_is_among_texts_and_pictures():
    photos = [picture_file(f"{n}.png", tokens=4194) for n in range(4)]
    notes, report = text_file("x" * 33), text_file("x" * 90_000)
    assert [piece.why for piece in Allowance(16_000).share([*photos, notes])] == ["", "", "", "room", ""]
    pieces = Allowance(16_000).share([*photos, notes, report])
    assert [piece.why for piece in pieces] == ["", "", "", "room", "", "room"]
    assert 3000 < pieces[-1].tokens < 16_000 - 3 * 4194
    small = Allowance(1000).share([picture_file(tokens=900), picture_file("b.png", tokens=300), report])
    assert [piece.why for piece in small] == ["room", "", "room"]
    assert small[2].tokens > 600
    large = Allowance(16_000, room=24_000).share([picture_file(f"{n}.png", tokens=5592) for n in range(10)])
    assert [piece.why for piece in large] == ["", ""] + ["room"] * 8


def test_sends_a_picture_that_needs_more_than_all_files_may_if_there_is_room_for_it():
    notes = text_file("x" * 33)
    for room, why in ((900, ""), (700, "room")):
        pieces = Allowance(500, room).share([picture_file(tokens=800), notes])
        assert [piece.why for piece in pieces] == [why, ""]
    pieces = Allowance(500, 1700).share([picture_file(tokens=801), picture_file("b.png", tokens=800), notes])
    assert [piece.why for piece in pieces] == ["room", "", ""]


def test_sends_no_more_pictures_than_a_request_takes():
    pieces = Allowance(1_000_000).share([picture_file(name=f"{n}.png") for n in range(22)])
    assert [piece.why for piece in pieces] == [""] * 20 + ["many"] * 2
    large = Allowance(1000).share(
        [picture_file(size=MAX_BYTES - 5), picture_file("b.png"), picture_file("c.png", size=5)]
    )
    assert [piece.why for piece in large] == ["", "many", ""]


def test_sends_older_files_as_before_or_not_at_all():
    cut_before, whole, large = text_file(sent=30), text_file(sent=600), text_file("x" * 10_000, sent=9000)
    allowance = Allowance(300)
    pieces = allowance.again([cut_before, large, whole])
    assert [(piece.upto, piece.why) for piece in pieces] == [(30, "room"), (0, "room"), (600, "")]
    assert Allowance(5).whole(text_file()).words == "[file: a.txt, not sent]"
    assert Allowance(5).again([cut_before])[0].words == "[file: a.txt, not sent again]"


def test_sends_older_pictures_beside_words_and_cuts_what_was_never_sent():
    allowance = Allowance(500, room=1000)
    files = [picture_file(tokens=900, sent=0), picture_file(tokens=900, sent=0), text_file("x" * 9000)]
    pieces = allowance.again(files)
    assert [piece.why for piece in pieces] == ["", "room", "room"]
    assert Allowance(500).again(files[2:])[0].upto > 1200
    assert Allowance(500).whole(files[2]).upto == 0


@pytest.mark.parametrize(
    ("breaks", "words", "pages"),
    [((0, 10, 20), 'part="pages 1–2 of 3"', [1, 2, 3]), ((0,), 'part="characters 1–15 of 30"', None)],
)
def test_says_which_part_it_is(breaks, words, pages):
    piece = Piece(text_file("0123456789" * 3, breaks=breaks), 15, "room")
    assert words in piece.words
    assert piece.noted(8000) == {
        "id": str(piece.file.id), "name": "a.txt", "from": 0, "upto": 15, "of": 30, "pages": pages, "why": "room",
        "window": 8000, "tokens": 30 if pages else 32,
    }  # fmt: skip


def test_is_closed_by_no_name_and_no_content():
    for payload in [*PAYLOADS, '</file>"]\n\n<file name="b" id="', "</file 00000000>\u2028\u202e"]:
        file = text_file(payload, name=payload)
        words = Piece(file, file.of).words
        head, _, rest = words.partition("\n")
        assert re.fullmatch(r'<file name="[^<>"\[\]]*" id="[0-9a-f]{8}">', head)
        assert rest == f"{payload}\n</file {file.id.hex[-8:]}>"
        label = Piece(file, why="failed").words
        assert re.fullmatch(r"\[file: [^\[\]\n]*, not sent\]", label)


QUESTION, ANSWER = "What does it say?", Turn("assistant", "done", "Much.")


def test_puts_the_files_before_the_words_of_their_question():
    files = [picture_file(), text_file("Words.")]
    prompt = build("Be brief.", [Turn("user", "done", QUESTION, files)], window=8000)
    _, message = prompt.messages
    assert message["content"][0] == files[0].picture
    assert text_of(message) == f"[picture: a.png]\n\n{Piece(files[1], 6).words}\n\n{QUESTION}"
    assert [entry["name"] for entry in prompt.included] == ["a.png", "a.txt"]


def test_asks_with_files_alone():
    prompt = build("", [Turn("user", "done", " ", [text_file("Words.")])], window=8000)
    assert text_of(prompt.messages[0]).startswith("<file ")


def test_takes_half_of_the_window_and_keeps_the_prefix_in_the_next_question():
    file = text_file("A line of words that is cut.\n" * 6000)
    first = build("", [Turn("user", "done", QUESTION, [file])], window=8000)
    upto = first.included[0]["upto"]
    assert 8000 * 3 * 0.4 < upto <= 8000 * 3 * 0.5
    again = [Turn("user", "done", QUESTION, [file._replace(sent=upto)]), ANSWER, Turn("user", "done", "And then?")]
    second = build("", again, window=8000)
    assert second.messages[0] == first.messages[0]
    assert second.included == first.included
    fuller = build("", [*again[:-1], again[-1]._replace(files=[text_file("New words. " * 9000)])], window=8000)
    assert [(entry["upto"] > 0, entry["why"]) for entry in fuller.included] == [(True, "room"), (False, "room")]
    assert "not sent again]\n\n" + QUESTION in text_of(fuller.messages[0])


def test_lets_older_files_give_way_before_older_words():
    words = "word " * 2000
    history = [Turn("user", "done", words, [text_file("x" * 9000, sent=9000)]), ANSWER, Turn("user", "done", QUESTION)]
    prompt = build("", history, window=6000)
    assert (prompt.left_out, prompt.included[0]["why"]) == (0, "room")
    assert build("", history, window=16_000).included[0]["why"] == ""


def test_puts_the_files_of_a_folder_before_the_instructions_whole_or_not_at_all():
    folder = [
        text_file("Rules."),
        text_file("x" * 90_000, name="b.txt"),
        picture_file(),
        text_file(why="unread", name="c"),
    ]
    prompt = build("Be brief.", [Turn("user", "done", QUESTION)], window=8000, folder=folder)
    system, message = prompt.messages
    assert text_of(system) == "\n\n".join(
        [Piece(folder[0], 6).words, "[file: b.txt, not sent]", "[picture: a.png]", "[file: c, not sent]", "Be brief."]
    )
    assert pictures_of([message]) == [folder[2].picture]
    assert [entry["why"] for entry in prompt.included] == ["", "room", "", "unread"]


def test_gives_the_files_of_the_newest_question_their_share_before_those_of_a_folder():
    folder = [text_file("x" * 47_900, name="handbook.txt"), text_file("Rules.", name="rules.txt")]
    question = Turn("user", "done", QUESTION, [text_file("x" * 6000)])
    prompt = build("Be brief.", [question], window=32_000, folder=folder)
    assert [(entry["upto"], entry["why"]) for entry in prompt.included] == [(6000, ""), (0, "room"), (6, "")]
    assert text_of(prompt.messages[0]).startswith('[file: handbook.txt, not sent]\n\n<file name="rules.txt"')
    again = build("Be brief.", [Turn("user", "done", QUESTION)], window=32_000, folder=folder[:1])
    assert [entry["upto"] for entry in again.included] == [47_900]


@given(
    st.lists(st.tuples(TEXTS, st.lists(st.sampled_from([0, 5, 500, 5000]), max_size=3)), max_size=5),
    st.integers(0, 3000),
)
def test_says_of_every_file_that_it_is_sent_what_is_sent(history, window):
    turns = []
    for words, files in history:
        turns += [Turn("user", "done", words, [text_file("x" * size, name=str(size)) for size in files]), ANSWER]
    prompt = build("", [*turns, Turn("user", "done", "last")], window=window)
    text = "\n\n".join(map(text_of, prompt.messages))
    for entry in prompt.included:
        mark = UUID(entry["id"]).hex[-8:]
        sent = re.search(rf'id="{mark}">\n(.*?)\n</file {mark}>', text, re.DOTALL)
        assert (sent[1] if sent else "") == "x" * entry["upto"]


def _told(file, sent, crowded):
    return file._replace(sent=sent.get(file.id), crowded=crowded.get(file.id, False))


def asked_so_far(history, window):
    """The requests of a conversation, one for each of its questions, each told of the ones before."""
    sent, crowded, turns = {}, {}, []
    for words, files in history:
        turns.append(Turn("user", "done", words, files))
        told = [turn._replace(files=[_told(file, sent, crowded) for file in turn.files]) for turn in turns]
        prompt = build("", told, window=window)
        for entry in prompt.included:
            crowded[UUID(entry["id"])] = entry["why"] in ("room", "many") and not entry["upto"]
            if entry["upto"] or not entry["why"]:
                sent[UUID(entry["id"])] = entry["upto"]
        turns.append(ANSWER)
        yield prompt


FILES = st.one_of(
    st.sampled_from([1, 30, 300, 900, 1500]).map(lambda size: text_file("x" * size)),
    st.sampled_from([50, 500, 900]).map(lambda tokens: picture_file(tokens=tokens, size=9_000_000)),
)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b" * 90]), st.lists(FILES, max_size=3)), min_size=3, max_size=6),
    st.sampled_from([300, 1000, 2000]),
)
def test_what_was_left_out_of_a_request_never_comes_back(history, window):
    out = set()
    for prompt in asked_so_far(history, window):
        sent = {entry["id"] for entry in prompt.included if entry["upto"] or not entry["why"]}
        assert not out & sent
        out |= {entry["id"] for entry in prompt.included} - sent


def test_says_how_many_files_it_does_not_name():
    turn = Turn("user", "done", "old", [text_file("Words.")], unnamed=12)
    prompt = build("", [turn, ANSWER, Turn("user", "done", QUESTION)], window=8000)
    assert text_of(prompt.messages[0]).endswith("\n\n[and 12 older files are not sent]\n\nold")
    assert [(entry["id"] != "", entry.get("count")) for entry in prompt.included] == [(True, None), (False, 12)]

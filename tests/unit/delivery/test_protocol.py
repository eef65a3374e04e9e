import json
import uuid

import pytest

from parley.delivery.protocol import LONGEST_MESSAGE, Follow, Frames, Open, Ping, Unfollow, parse

ID = uuid.UUID("0191f0f0-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"do": "open", "conversation": str(ID), "version": 7}, Open(ID, 7)),
        ({"do": "open", "conversation": None, "version": 0}, Open(None, 0)),
        ({"do": "follow", "reply": str(ID), "as": 1, "from": "0"}, Follow(ID, 1, (0, 0))),
        ({"do": "follow", "reply": str(ID), "as": 1, "from": "0", "ends": True}, Follow(ID, 1, (0, 0), ends=True)),
        ({"do": "follow", "reply": str(ID), "as": 1, "from": "2-25", "more": 1, "ends": "yes"}, Follow(ID, 1, (2, 25))),
        ({"do": "unfollow", "as": 1}, Unfollow(1)),
        ({"do": "ping"}, Ping()),
    ],
)
def test_understands_what_a_tab_says(message, words):
    assert parse(json.dumps(message)) == words


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "5",
        "null",
        "[]",
        '"ping"',
        "{}",
        '{"do": "destroy"}',
        '{"do": ["ping"]}',
        '{"do": {"do": "ping"}}',
        '{"do": "open"}',
        '{"do": "open", "conversation": 5, "version": 1}',
        '{"do": "open", "conversation": "x", "version": 1}',
        '{"do": "open", "conversation": null, "version": "x"}',
        '{"do": "open", "conversation": null, "version": null}',
        '{"do": "open", "conversation": null, "version": 1e999}',
        '{"do": "open", "conversation": null, "version": NaN}',
        '{"do": "open", "conversation": null, "version": -1}',
        '{"do": "open", "conversation": null, "version": 9223372036854775808}',
        '{"do": "follow"}',
        f'{{"do": "follow", "reply": "{ID}", "as": 1, "from": 5}}',
        f'{{"do": "follow", "reply": "{ID}", "as": 1, "from": "-1"}}',
        f'{{"do": "follow", "reply": "{ID}", "as": [], "from": "0"}}',
        f'{{"do": "follow", "reply": "{ID}", "as": 1e308, "from": null}}',
        '{"do": "unfollow", "as": "x"}',
        "[" * 1900,
        '{"do": "ping"}' + " " * LONGEST_MESSAGE,
    ],
    ids=lambda text: str(text)[:60],
)
def test_passes_over_whatever_else(text):
    assert parse(text) is None


def test_a_tab_has_all_of_a_log_whose_last_entry_but_one_it_was_sent():
    frames = Frames(1)
    assert not frames.can_end("1-1")
    frames.text("1-1", b"[null]")
    assert (frames.can_end("1-2"), frames.can_end("1-3"), frames.can_end("2-2")) == (True, False, False)


def test_a_tab_that_was_sent_frames_with_a_gap_has_not_all_of_a_log_until_the_whole_comes():
    frames = Frames(1)
    for position, payload in ("1-1", b"[null]"), ("1-3", b'["more"]'), ("1-4", b'["more"]'):
        frames.text(position, payload)
    assert not frames.can_end("1-5")
    frames.text("1-5", b"[null]")
    assert frames.can_end("1-6")


def test_a_tab_that_goes_on_has_all_of_a_log_if_nothing_is_between():
    assert [Frames(1, after=(2, 7)).can_end(position) for position in ("2-8", "2-9")] == [True, False]

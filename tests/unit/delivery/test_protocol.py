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
        ({"do": "follow", "reply": str(ID), "as": 1, "from": "2-25", "more": 1}, Follow(ID, 1, (2, 25))),
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
    assert not frames.reach("1-1")
    frames.text("1-1", b"[null]")
    assert (frames.reach("1-2"), frames.reach("1-3"), frames.reach("2-2")) == (True, False, False)

import time

import pytest

from parley.generation.sse import LONGEST_EVENT, Events, NotAnEvent

STREAMS = {
    "LF": (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
    "CR": (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
    "mixed ends": (b"data: a\r\n\ndata: b\r\r\ndata: c\n\r\n", [b"a", b"b", b"c"]),
    "comments": (b": ping\n\n:\ndata: a\n: ping\n\n", [b"a"]),
    "several lines": (b"data: a\ndata:  b\ndata:\n\n", [b"a\n b\n"]),
    "no space": (b"data:a\n\n", [b"a"]),
    "other fields": (b"event: x\nid: 1\nretry: 5\ndata: a\n\nevent: y\n\n", [b"a"]),
    "many empty lines": (b"\n\n\ndata: a\n\n\n\n", [b"a"]),
    "no last empty line": (b"data: a\n\ndata: b\n", [b"a", b"b"]),
    "no last end of line": (b"data: a\n\ndata: b", [b"a", b"b"]),
    "ends with CR": (b"data: a\r\n\r\ndata: b\r", [b"a", b"b"]),
    "byte order mark": (b"\xef\xbb\xbfdata: a\n\ndata: b\n\n", [b"a", b"b"]),
    "UTF-8": ("data: é漢😀\r\n\r\ndata: 😀\n\n".encode(), ["é漢😀".encode(), "😀".encode()]),
    "nothing": (b"", []),
    "no field": (b"hello\n\n<html>\n\n", []),
    "no empty lines": (b'data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n', [b'{"a":1}', b'{"b":2}', b"[DONE]"]),
    "no empty line before the end": (b"data: {}\ndata:  [done]", [b"{}", b" [done]"]),
    "one object on several lines": (b'data: {"a":{}\ndata: ,"b":\ndata: {}}\n\n', [b'{"a":{}\n,"b":\n{}}']),
    "lines of JSON": (b'{"a":1}\n{"b":2}\r\n\n[1]\n', [b'{"a":1}', b'{"b":2}', b"[1]"]),
    "an object": (b'{\n  "a": {\n  }\n}\n', [b'{\n  "a": {\n  }\n}']),
    "an object without end": (b'{\n  "a": 1', [b'{\n  "a": 1']),
    "llama.cpp": (b'error: {"code":400}\n\ndata: [DONE]\n\n', [b'{"object":"error","error":{"code":400}}', b"[DONE]"]),
    "an event error": (b'event: error\ndata: {"a":1}\n\ndata: b\n\n', [b'{"object":"error","error":{"a":1}}', b"b"]),
    "words of an error": (b'event:error\ndata: Boom "\xff\n\n', [b'{"object":"error","error":"Boom \\"\\ufffd"}']),
    "a ping": (b"event: ping\ndata: x\n\ndata: a\n\n", [b"", b"a"]),
    "empty data": (b"data:\n\ndata: a\n\n", [b"", b"a"]),
}

each_stream = pytest.mark.parametrize(("stream", "expected"), STREAMS.values(), ids=STREAMS)


def read(*blocks):
    events = Events()
    return [event for block in blocks for event in events.feed(block)] + events.close()


@each_stream
def test_reads_a_stream(stream, expected):
    assert read(stream) == expected


@each_stream
def test_reads_the_same_cut_in_two_anywhere(stream, expected):
    for cut in range(len(stream) + 1):
        assert read(stream[:cut], stream[cut:]) == expected


@each_stream
def test_reads_the_same_cut_in_three_anywhere(stream, expected):
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            assert read(stream[:first], stream[first:second], stream[second:]) == expected


@each_stream
def test_reads_the_same_byte_by_byte(stream, expected):
    assert read(*(stream[i : i + 1] for i in range(len(stream)))) == expected


def test_gives_an_event_back_as_soon_as_it_is_whole():
    events = Events()
    assert events.feed(b"data: a\n") == []
    assert events.feed(b"\n") == [b"a"]
    assert events.close() == []


def test_takes_the_longest_event():
    longest = b"data: " + b"x" * (LONGEST_EVENT - 6)
    assert len(read(longest, b"\n\n")[0]) == LONGEST_EVENT - 6


@pytest.mark.parametrize("size", [10_000, 65_536, LONGEST_EVENT + 1_000_000])
def test_refuses_a_line_that_is_longer_however_it_is_cut(size):
    stream = b"data: " + b"x" * (LONGEST_EVENT + 500_000) + b"\n\n"
    with pytest.raises(NotAnEvent):
        read(*(stream[i : i + size] for i in range(0, len(stream), size)))


def test_gives_back_what_came_before_a_line_that_is_too_long():
    events = Events()
    assert events.feed(b"data: a\n\ndata: " + b"x" * LONGEST_EVENT) == [b"a"]
    with pytest.raises(NotAnEvent):
        events.feed(b"x\n\n")


def test_takes_time_in_proportion_to_a_long_line():
    def seconds(size):
        events, started = Events(), time.process_time()
        for _ in range(size // 1000):
            events.feed(b"x" * 1000)
        return time.process_time() - started

    assert seconds(12_000_000) < 30 * max(seconds(1_200_000), 0.001)


@pytest.mark.parametrize(
    ("stream", "stray"),
    [(b"Bad gateway\n\n", b"Bad gateway"), (b"data: a\n\n<html>\n<body>", b"<html>"), (b"id: 1\n: x\nretry: 5\n", b"")],
)
def test_knows_what_belongs_to_no_event(stream, stray):
    events = Events()
    events.feed(stream)
    events.close()
    assert events.stray == stray


@pytest.mark.parametrize("line", [b"data: " + b"x" * 10_000 + b"\n", b"data:" + b" " * 5000 + b"\n"])
def test_refuses_an_event_of_lines_without_end(line):
    events = Events()
    with pytest.raises(NotAnEvent):
        for _ in range(2 * LONGEST_EVENT // len(line)):
            events.feed(line)


def test_takes_more_than_that_in_many_events():
    event = b"data: " + b"x" * 1000 + b"\n\n"
    assert len(read(*[event * 10] * 300)) == 3000

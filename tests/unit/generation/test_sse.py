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
}

each_stream = pytest.mark.parametrize(("stream", "expected"), STREAMS.values(), ids=STREAMS)


def read(*pieces):
    events = Events()
    return [event for piece in pieces for event in events.feed(piece)] + events.close()


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


@pytest.mark.parametrize("size", [1000, 65_536, 6_000_000])
def test_refuses_a_line_that_is_longer_however_it_is_cut(size):
    stream = b"data: " + b"x" * 5_000_000 + b"\n\n"
    with pytest.raises(NotAnEvent):
        read(*(stream[i : i + size] for i in range(0, len(stream), size)))


@pytest.mark.parametrize("line", [b"data: " + b"x" * 1000 + b"\n", b"data:\n"])
def test_refuses_an_event_of_lines_without_end(line):
    events = Events()
    with pytest.raises(NotAnEvent):
        for _ in range(2 * LONGEST_EVENT // len(line)):
            events.feed(line)


def test_takes_more_than_that_in_many_events():
    event = b"data: " + b"x" * 1000 + b"\n\n"
    assert len(read(*[event * 10] * 300)) == 3000

"""JSON of any size, element by element."""

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.transfer import elements
from parley.transfer.elements import Splitter, parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**50), 2**50)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=3), max_size=4)


def split(data, size=7):
    splitter = Splitter()
    found = [element for at in range(0, len(data), size) for element in splitter.feed(data[at : at + size])]
    return found, splitter


@settings(max_examples=40)
@given(OBJECTS, st.integers(1, 40), st.booleans())
def test_finds_the_elements_wherever_the_chunks_are_cut(objects, size, escaped):
    found, splitter = split(json.dumps(objects, ensure_ascii=escaped).encode("utf-8", "surrogatepass"), size)
    assert splitter.whole
    assert splitter.strays == 0
    if escaped:
        assert [parse(element.data).value for element in found] == objects


@settings(max_examples=20)
@given(OBJECTS)
def test_reads_one_object_a_line_as_well(objects):
    found, splitter = split("\n".join(map(json.dumps, objects)).encode())
    assert [parse(element.data).value for element in found] == objects
    assert splitter.whole


@given(st.binary(max_size=200), st.integers(1, 40))
def test_survives_any_bytes(data, size):
    for element in split(b"[" + data, size)[0]:
        try:
            parse(element.data)
        except ValueError:
            continue


def test_a_broken_element_does_not_spoil_the_next():
    found, splitter = split(b'[{"a": 1}, {"a": tru}, {"a": 3}, 7, "x", [1]]')
    assert [element.data for element in found] == [b'{"a": 1}', b'{"a": tru}', b'{"a": 3}', b"[1]"]
    assert splitter.strays == 2
    with pytest.raises(ValueError, match="Expecting"):
        parse(found[1].data)


@pytest.mark.parametrize("data", [b"[", b'[{"a": 1}', b'[{"a": "x', b'[{"a": 1}, ', b'{"a": "\\'])
def test_knows_a_file_that_ends_in_the_middle(data):
    assert not split(data)[1].whole


@pytest.mark.exhaustive
@pytest.mark.parametrize("filling", [b"x", b"\\n", b"\\\\", b'\\"', b"\\u0041", "é".encode(), "🙂".encode()])
@pytest.mark.parametrize("offset", range(4))
def test_cuts_a_string_that_is_too_long_where_it_may_be_cut(monkeypatch, filling, offset):
    monkeypatch.setattr(elements, "LONGEST", 50)
    data = b'[{"a": "' + b"y" * offset + filling * 40 + b'", "b": 2}, {"c": 3}]'
    found, splitter = split(data)
    values = [parse(element.data) for element in found]
    whole = json.loads(data)[0]["a"]
    assert whole.startswith(values[0].value["a"])
    assert values[0].value["b"] == 2
    assert not values[0].replaced
    assert [value.value for value in values[1:]] == [{"c": 3}]
    assert [element.cut for element in found] == [int(values[0].value["a"] != whole), 0]
    assert len(json.dumps(values[0].value["a"], ensure_ascii=False).encode()) <= 60
    assert splitter.whole


@pytest.mark.exhaustive
def test_a_string_of_100_mb_takes_no_memory_and_spoils_nothing():
    """The string is made while it is read."""
    splitter = Splitter()
    tracemalloc.start()
    found = list(splitter.feed(b'[{"a": "'))
    for _ in range(400):
        found += splitter.feed(b"x" * 2**18)
    found += splitter.feed(b'", "b": 1}, {"c": 2}]')
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 * 2**20
    assert len(parse(found[0].data).value["a"]) == pytest.approx(elements.LONGEST, rel=0.01)
    assert (found[0].cut, parse(found[1].data).value) == (1, {"c": 2})


def test_shortens_a_file_in_a_string_without_a_word_where_there_is_no_room(monkeypatch):
    monkeypatch.setattr(elements, "MOST_DATA", 100_000)
    splitter = Splitter()
    found = list(splitter.feed(b'[{"a": "data:image/png;base64,' + b"A" * 70_000))
    found += splitter.feed(b'A", "b": "data:image/png;base64,' + b"B" * 70_000)
    found += splitter.feed(b'B" }]')
    assert found[0].cut == 0
    value = parse(found[0].data).value
    assert value["a"].endswith("A" * 70_001)
    assert len(value["b"]) < 100


def test_leaves_out_what_is_too_large(monkeypatch):
    monkeypatch.setattr(elements, "LARGEST", 50)
    found, splitter = split(b'[{"a": [' + b"1, " * 40 + b'1]}, {"b": 2}]')
    assert [(element.problem, element.data) for element in found] == [("too_large", b""), ("", b'{"b": 2}')]
    assert splitter.whole


@pytest.mark.parametrize("value", [b"[]", b"{}", b"1", b'"x"'])
def test_leaves_out_what_is_small_but_takes_much_memory(monkeypatch, value):
    monkeypatch.setattr(elements, "MAX_OBJECTS", 100)
    monkeypatch.setattr(elements, "MAX_VALUES", 100)
    found, _ = split(b'[{"a": [' + b",".join([value] * 200) + b']}, {"b": [1, 2]}]')
    assert [element.problem for element in found] == ["too_large", ""]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("depth", "problem"), [(900, ""), (5_000, ""), (9_000, ""), (20_000, "too_deep")])
def test_reads_what_is_nested_deeply_and_leaves_out_what_is_nested_madly(depth, problem):
    found, _ = split(b'[{"a": ' + b"[" * depth + b"]" * depth + b'}, {"b": 2}]', 4096)
    assert [element.problem for element in found] == [problem, ""]
    if not problem:
        value, counted = parse(found[0].data).value["a"], 1
        while value:
            value, counted = value[0], counted + 1
        assert counted == depth


def test_reads_the_same_of_what_is_nested_deeply():
    value = {"a": [1, "x", None, {"b": True, "c": -1.5}], "d": "\ud800"}
    deep = json.dumps([value]).encode()
    assert elements._deep(deep.decode(), dict)[0] == value
    for broken in ('{"a": ', "[1]]", "{1: 2}", '{"a"}', "[tru]"):
        with pytest.raises(ValueError, match=r".+"):
            elements._deep(broken, dict)


def test_reads_values_that_json_does_not_know():
    parsed = parse(
        b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": '
        + b"9" * 5000
        + b', "e": "\\ud800\\u0000", "e": "\xff", "f": "\n"}'
    )
    assert parsed.value == {"a": None, "b": None, "c": float("inf"), "d": float("inf"), "e": "\ufffd", "f": "\n"}
    assert parsed.replaced
    assert parsed.repeated == 1

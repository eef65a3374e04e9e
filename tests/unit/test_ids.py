import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from parley import ids
from parley.ids import uuid7


def test_makes_version_7_of_the_standard_variant():
    made = uuid7()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_never_makes_one_twice_and_sorts_them_by_time():
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_sorts_their_texts_the_same_way():
    made = [uuid7() for _ in range(2000)]
    assert [each.hex for each in made] == sorted(each.hex for each in made)
    assert [str(each) for each in made] == sorted(map(str, made))


def test_never_makes_one_twice_in_many_threads():
    with ThreadPoolExecutor(8) as threads:
        made = [each for batch in threads.map(lambda _: [uuid7() for _ in range(1000)], range(16)) for each in batch]
    assert len(set(made)) == 16_000
    assert len({each.int >> 64 for each in made}) == 16_000


def test_begins_with_the_milliseconds_of_now():
    assert abs((uuid7().int >> 80) - time.time() * 1000) < 1000


def test_goes_on_in_order_when_the_clock_is_set_back(monkeypatch):
    before = uuid7()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 0)
    assert uuid7() > before


def test_cannot_be_guessed_from_the_one_before():
    tails = {uuid7().int & (2**62 - 1) for _ in range(1000)}
    assert len(tails) == 1000
    assert len({tail >> 54 for tail in tails}) > 200

from tests.unit.delivery.splice_vectors import PATH, vectors, written
from tests.unit.texts import ANSWERS


def test_gives_the_front_end_what_the_server_says_today():
    assert PATH.read_text() == written(), "Run python -m tests.unit.delivery.splice_vectors."


def test_gives_it_frames_that_come_again_and_late():
    for vector in vectors():
        positions = [position for position, _ in vector["frames"]]
        assert len(positions) > len(set(positions)), vector["name"]


def test_gives_it_every_answer_and_every_kind_of_frame():
    payloads = [payload for vector in vectors() for _, payload in vector["frames"]]
    assert {vector["name"] for vector in vectors()} == set(ANSWERS)
    assert any(payload[0] is None for payload in payloads)
    assert any(len(payload) == 1 and isinstance(payload[0], str) for payload in payloads)
    assert any(len(payload) >= 6 and isinstance(payload[0], int) for payload in payloads)

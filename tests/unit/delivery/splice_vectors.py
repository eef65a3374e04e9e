"""Frames as pages get them, and the blocks they end in, for the tests of the front end.

``python -m tests.unit.delivery.splice_vectors`` writes them again.
"""

import json
from pathlib import Path
from random import Random

from parley.delivery.splice import Splicer, fold
from parley.positions import parse_position
from tests.unit.texts import ANSWERS, growing

PATH = Path(__file__).with_name("splice_vectors.json")


def vectors():
    return [vector(name, Random(name)) for name in ANSWERS]


def vector(name, random):
    """An answer in two attempts, the first cut off, as connections bring it that break and overlap."""
    text = ANSWERS[name][:500]
    entries = attempt(1, text[: random.randint(50, 200)], random) + attempt(2, text, random)
    frames = list(deliveries(entries, random))
    return {"name": name, "frames": frames, "blocks": read(frames)}


def attempt(number, text, random):
    """The log of one attempt; sometimes an entry is lost and the whole follows."""
    splicer, entries, lost = Splicer(), [], True
    sizes = [random.randint(1, 60) for _ in range(20)]
    for seq, so_far in enumerate(growing(text, sizes), 1):
        payload = splicer.advance(so_far)
        payload = splicer.whole() if lost else payload
        lost = random.random() < 0.1
        if payload and not lost:
            entries.append([f"{number}-{seq}", payload])
    return [*entries, [f"{number}-{seq + 1}", splicer.whole()]]


def deliveries(entries, random):
    """Two connections at once, each in order; one that breaks is opened again from where the page is."""
    at, connections = 0, [0, 0]
    while at < len(entries):
        number = random.randrange(2)
        if random.random() < 0.15:
            connections[number] = at
        elif connections[number] < len(entries):
            yield entries[connections[number]]
            connections[number] += 1
            at = max(at, connections[number])


def read(frames):
    last, blocks = (0, 0), []
    for position, payload in frames:
        if parse_position(position) > last:
            last, blocks = parse_position(position), fold([payload], blocks)
    return blocks


def written():
    lines = ",\n".join(json.dumps(vector, ensure_ascii=False) for vector in vectors())
    return f"[\n{lines}\n]\n"


if __name__ == "__main__":
    PATH.write_text(written())

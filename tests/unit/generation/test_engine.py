from random import Random

from parley.generation.accumulator import Accumulator
from parley.generation.engine import Writing, write
from parley.generation.outcome import Outcome
from parley.models import Message


async def test_asks_no_model_that_the_administrator_has_forbidden_since(settings):
    settings.PARLEY = {**settings.PARLEY, "MODEL": "fake-1", "MODELS": ["fake-1"]}
    writing = Writing(Message(model="fake-2"), {}, Accumulator())
    assert await write(writing, lambda _: None, Random(1)) == Outcome("failed", "model_not_allowed")

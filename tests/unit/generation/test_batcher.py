import asyncio

import pytest

from parley.generation.database import LIMIT, Batcher


class Worker:
    """Takes whole batches, and is busy until it is let go on."""

    def __init__(self):
        self.batches, self.free, self.fails = [], asyncio.Event(), False
        self.free.set()
        self.batcher = Batcher(self.do)

    async def do(self, keys):
        self.batches.append(keys)
        await self.free.wait()
        if self.fails:
            raise ValueError("no")
        return {key: f"result of {key}" for key in keys if key != "missing"}

    async def ask(self, *keys):
        return await asyncio.gather(*map(self.batcher.submit, keys), return_exceptions=True)


async def test_takes_together_what_comes_while_it_is_busy_in_order():
    worker = Worker()
    worker.free.clear()
    asking = [asyncio.create_task(worker.ask("a"))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking += [asyncio.create_task(worker.ask(key)) for key in "bcd"]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    worker.free.set()
    assert await asyncio.gather(*asking) == [["result of a"], ["result of b"], ["result of c"], ["result of d"]]
    assert worker.batches == [["a"], ["b", "c", "d"]]


async def test_waits_for_more_before_each_call():
    worker = Worker()
    worker.batcher = Batcher(worker.do, gather=lambda: 0.2)
    first = asyncio.create_task(worker.ask("a"))
    await asyncio.sleep(0)
    await asyncio.gather(first, worker.ask("b"))
    assert worker.batches == [["a", "b"]]
    await worker.ask("c")
    assert worker.batches == [["a", "b"], ["c"]]


async def test_gives_the_result_of_a_key_that_was_asked_twice_to_the_first():
    worker = Worker()
    assert await worker.ask("a", "a", "b") == ["result of a", None, "result of b"]
    assert worker.batches == [["a", "b"]]


async def test_gives_none_where_there_is_no_result():
    assert await Worker().ask("missing", "a") == [None, "result of a"]


async def test_takes_no_more_at_once_than_is_good_for_those_who_wait():
    worker = Worker()
    await worker.ask(*range(2 * LIMIT + 1))
    assert list(map(len, worker.batches)) == [LIMIT, LIMIT, 1]


async def test_tells_all_of_an_error_and_goes_on():
    worker = Worker()
    worker.fails = True
    assert all(isinstance(result, ValueError) for result in await worker.ask("a", "b"))
    worker.fails = False
    assert await worker.ask("c") == ["result of c"]


async def test_goes_on_without_somebody_who_has_stopped_waiting():
    worker = Worker()
    worker.free.clear()
    gone, waits = (asyncio.create_task(worker.batcher.submit(key)) for key in "ab")
    await asyncio.sleep(0)
    gone.cancel()
    worker.free.set()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await waits == "result of b"

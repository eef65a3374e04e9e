"""Measure what the product uses while nobody asks anything."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from benchmarks.measure import Meter, arrive
from benchmarks.scenarios import Scenario
from benchmarks.subjects import Product

TABS = (0, 50)
CALM, SECONDS = 5, 20


@dataclass
class Idle:
    """CPU-milliseconds a second, by process."""

    subject: str
    tabs: int
    cpu: dict[str, float]

    @property
    def title(self) -> str:
        return f"idle, {self.tabs} tabs"


async def measure_idle(product: Product, tabs: int) -> Idle:
    """Let people open a conversation each, and wait."""
    viewers = product.begin(Scenario(tabs, 1, 50))
    async with AsyncExitStack() as stack:
        await arrive(viewers, stack)
        await product.ready()
        await asyncio.sleep(CALM)
        meter = Meter(product, viewers)
        await asyncio.sleep(SECONDS)
        meter.stop()
    product.end()
    return Idle(product.name, tabs, {name: 1000 * used / meter.seconds for name, used in meter.cpu.items()})

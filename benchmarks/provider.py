"""Show that the fake provider is not the bottleneck: read it with a client that does nothing else."""

import asyncio
import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.processes import cpu_seconds

STREAMS = 100
LIMIT = "/say 400 words at 1000000"
PACED = "/say 200 words at 50"
END = b"0\r\n\r\n"


@dataclass
class Pace:
    tokens_per_second: float
    cpu_per_1000: float


async def measure(url: str, pid: int) -> tuple[Pace, Pace]:
    """At full speed, and at 100 × 50 tokens a second: tokens a second and CPU-milliseconds per 1,000 tokens."""
    return await _read_all(url, pid, LIMIT), await _read_all(url, pid, PACED)


async def _read_all(url: str, pid: int, question: str) -> Pace:
    cpu, started = cpu_seconds(pid), time.monotonic()
    tokens = sum(await asyncio.gather(*(_read(url, question) for _ in range(STREAMS))))
    return Pace(tokens / (time.monotonic() - started), 1e6 * (cpu_seconds(pid) - cpu) / tokens)


async def _read(url: str, question: str) -> int:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    body = json.dumps({"model": "fake-1", "stream": True, "messages": [{"role": "user", "content": question}]}).encode()
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    received = [await reader.read(1 << 16)]
    while not received[-1].endswith(END):
        received.append(await reader.read(1 << 16))
    writer.close()
    return b"".join(received).count(b'"delta":{"content":')

"""Serve until the parent process is gone: `python -m tests.fake_provider --port 9000`."""

import argparse
import asyncio
import os

import uvloop

from tests.fake_provider.requests import Log
from tests.fake_provider.server import listen


async def serve(port: int) -> None:
    parent = os.getppid()
    server = await listen(Log(), port)
    print(f"ready http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    while os.getppid() == parent:  # noqa: ASYNC110 (nothing tells of a parent's end)
        await asyncio.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    uvloop.run(serve(parser.parse_args().port))


main()

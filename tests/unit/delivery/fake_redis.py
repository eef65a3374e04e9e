"""Redis Streams in memory, as far as the log and the hub use them, with a server that can fail."""

import asyncio
from itertools import count

from redis.exceptions import ConnectionError, ResponseError


def parsed(entry_id):
    attempt, _, seq = entry_id.partition("-")
    return int(attempt), int(seq or 0)


class FakeRedis:
    """`trouble` is what happens to the next pipeline: "refused" loses the command, "unheard" only the answer.

    It is its own pool, and the one connection in it; whatever breaks that is seen when it is taken the next time.
    """

    def __init__(self):
        self.streams, self.trouble, self.changed = {}, "", asyncio.Event()
        self.connection_pool, self.broken, self.callbacks = self, False, []
        self.clock, self.round_trips = count(1), 0

    def pipeline(self, transaction=True):
        return Pipeline(self)

    def forget_everything(self):
        self.streams.clear()

    def forget_last(self, number):
        """It comes back with what it had a while ago."""
        for entries in self.streams.values():
            del entries[max(0, len(entries) - number) :]
        self.broken = True

    async def get_connection(self):
        await asyncio.sleep(0)
        if self.broken:
            self.broken = False
            for callback in self.callbacks:
                callback(self)
        return self

    def register_connect_callback(self, callback):
        self.callbacks.append(callback)

    def xadd(self, name, fields, id=None, nomkstream=False, maxlen=None):
        if nomkstream and name not in self.streams:
            return None
        entries = self.streams.setdefault(name, [])
        last = entries[-1][0] if entries else (0, 0)
        position = parsed(id) if id else (next(self.clock), 0)
        if position <= last:
            return ResponseError("The ID specified in XADD is equal or smaller than the target stream top item")
        entries.append((position, {key.encode(): _stored(value) for key, value in fields.items()}))
        self.changed.set()
        return b"%d-%d" % position

    def expire(self, name, seconds):
        return True

    async def xread(self, streams, block, count):
        """Waits for ever where there is nothing."""
        while not (found := self._after(streams, count)):
            self.changed.clear()
            await self.changed.wait()
        return found

    def _after(self, streams, count):
        new = {
            name: [entry for entry in self.streams.get(name, ()) if entry[0] > parsed(since)][:count]
            for name, since in streams.items()
        }
        return [
            (name.encode(), [(b"%d-%d" % at, fields) for at, fields in found]) for name, found in new.items() if found
        ]


def _stored(value):
    return value if isinstance(value, bytes) else str(value).encode()


class Pipeline:
    def __init__(self, redis):
        self.redis, self.commands = redis, []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        pass

    def xadd(self, *args, **kwargs):
        self.commands.append((self.redis.xadd, args, kwargs))

    def expire(self, *args, **kwargs):
        self.commands.append((self.redis.expire, args, kwargs))

    async def execute(self, raise_on_error=True):
        trouble, self.redis.trouble = self.redis.trouble, ""
        self.redis.round_trips += 1
        self.redis.broken |= bool(trouble)
        if trouble == "refused":
            raise ConnectionError("refused")
        if trouble == "fallen back":
            self.redis.forget_last(3)
            raise ConnectionError("reset")
        results = [command(*args, **kwargs) for command, args, kwargs in self.commands]
        if trouble == "unheard":
            raise ConnectionError("reset")
        return results

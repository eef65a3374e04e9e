"""Redis Streams in memory, as far as the log and the hub use them, with a server that can fail."""

import asyncio

from redis.exceptions import ConnectionError, ResponseError


def parsed(entry_id):
    attempt, _, seq = entry_id.partition("-")
    return int(attempt), int(seq or 0)


class FakeRedis:
    """`trouble` is what happens to the next pipeline: "refused" loses the command, "unheard" only the answer."""

    def __init__(self):
        self.streams, self.trouble, self.changed = {}, "", asyncio.Event()

    def pipeline(self, transaction=True):
        return Pipeline(self)

    def forget_everything(self):
        self.streams.clear()

    def xadd(self, name, fields, id=None, nomkstream=False, maxlen=None):
        if nomkstream and name not in self.streams:
            return None
        entries = self.streams.setdefault(name, [])
        last = entries[-1][0] if entries else (0, 0)
        position = parsed(id) if id else (last[0] + 1, 0)
        if position <= last:
            return ResponseError("The ID specified in XADD is equal or smaller than the target stream top item")
        entries.append((position, {key.encode(): value for key, value in fields.items()}))
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


class Pipeline:
    def __init__(self, redis):
        self.redis, self.commands = redis, []

    def xadd(self, *args, **kwargs):
        self.commands.append((self.redis.xadd, args, kwargs))

    def expire(self, *args, **kwargs):
        self.commands.append((self.redis.expire, args, kwargs))

    async def execute(self, raise_on_error=True):
        trouble, self.redis.trouble = self.redis.trouble, ""
        if trouble == "refused":
            raise ConnectionError("refused")
        results = [command(*args, **kwargs) for command, args, kwargs in self.commands]
        if trouble == "unheard":
            raise ConnectionError("reset")
        return results

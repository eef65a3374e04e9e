"""A channel layer that loses and doubles what it is given, and a process that does so with its own notifications."""

import os
import random
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

from parley.delivery.notify import Notifier

LOSS = float(os.environ.get("TEST_LOSS", "0.05"))
notify = Notifier.notify


def copies() -> int:
    """How many of a message arrive."""
    dice = random.random()
    return (dice >= LOSS) + (dice > 1 - LOSS)


def notify_or_not(self: Notifier, notification: dict[str, Any]) -> None:
    for _ in range(copies()):
        notify(self, notification)


Notifier.notify = notify_or_not  # type: ignore[method-assign]


class LossyChannelLayer(RedisPubSubChannelLayer):
    """Drops the share TEST_LOSS of all messages to groups, and sends as many twice."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        for _ in range(copies()):
            await self.__getattr__("group_send")(group, message)

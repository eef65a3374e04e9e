"""A channel layer that loses and doubles what it is given."""

import os
import random
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

LOSS = float(os.environ.get("TEST_LOSS", "0.05"))


class LossyChannelLayer(RedisPubSubChannelLayer):
    """Drops the share TEST_LOSS of all messages to groups, and sends as many twice."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        send, dice = self.__getattr__("group_send"), random.random()
        if dice >= LOSS:
            await send(group, message)
        if dice > 1 - LOSS:
            await send(group, message)

"""A policy of a site under test, steered by names and questions, for real web servers and workers."""

import time
from typing import Any

from django.core.exceptions import PermissionDenied

from parley.policy import Policy


class Gate(Policy):
    """Lets in whose family name is not "out"; changes, refuses, or hangs on prompts that say so."""

    def may_use(self, user: Any) -> bool:
        return user.last_name != "out"

    def prompt(self, reply: Any, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        question = messages[-1]["content"]
        if "refuse" in question:
            raise PermissionDenied("Not during the exam.")
        if "break" in question:
            raise RuntimeError("The directory is away.")
        if "hang" in question:
            time.sleep(5)
        owner = reply.conversation.owner.username
        return [{"role": "system", "content": f"You speak to {owner}."}, *messages]

"""A second provider for a product that runs: a connection to another fake provider."""

import time

from tests.fake_provider import RemoteProvider
from tests.support.processes import until
from tests.support.stack import Stack

CACHED = 2.1
"""Seconds after which each process of a product knows a connection that another has made."""


def connect(stack: Stack, name: str, url: str, *models: str) -> None:
    """Make a connection of the site that has listed these models, and wait until all processes know it."""
    code = f"listed(connected({name!r}, '*', base_url={url!r}), *{models!r})"
    stack.manage("shell", "-c", f"from tests.support.connections import connected, listed; {code}")
    time.sleep(CACHED)


def asked(provider: RemoteProvider, question: str) -> list[str]:
    """Return the models that were asked this question, once there is one."""
    return until(lambda: [each.body["model"] for each in provider.asked(question)], 20, f"Nobody was asked {question}")

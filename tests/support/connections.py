"""Connections for tests."""

import time
from typing import Any

import orjson

from parley.generation import catalogue
from parley.models import Connection
from parley.redis import connection as redis


def connected(name: str = "Gateway", *models: str, **values: Any) -> Connection:
    """Return a connection that needs no key, and offers these models."""
    made = {"base_url": "https://gateway.example/v1", "offered": list(models) or ["gpt-5", "llama3:8b"], **values}
    return Connection.objects.create(name=name, **made)


def listed(connection: Connection, *names: str, ago: float = 0, **facts: dict[str, Any]) -> None:
    """Keep a list that the connection's provider has given some seconds ago, with what it told of models."""
    kept = {"names": orjson.dumps(names), "facts": orjson.dumps(facts), "at": time.time() - ago}
    redis().hset(catalogue._key(connection.provider), mapping=kept)

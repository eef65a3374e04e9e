"""Tasks are sent to Celery by their names, so that whoever sends one need not import what carries it out."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

from .outages import Outage

_outage = Outage(
    logging.getLogger(__name__),
    "No worker could be told what there is to do (%s); it waits.",
    "Workers are told again.",
)


def send(task: str, *arguments: str) -> bool:
    """Send a task to whatever worker takes it first; return whether the broker has it."""
    try:
        current_app.signature(task, args=arguments, ignore_result=True).apply_async()
    except (OperationalError, OSError) as error:
        _outage.began(error)
        return False
    _outage.ended()
    return True

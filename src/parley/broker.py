"""Send Celery tasks by name, so that who sends one need not import its code."""

import logging

from .celery import current, shown_broker
from .outages import Outage

_outage = Outage(
    logging.getLogger(__name__),
    "No worker could be told what there is to do (%s); it waits.",
    "Workers are told again.",
)


def send(task: str, *arguments: str) -> bool:
    """Send a task to any worker; return whether the broker took it."""
    try:
        app = current()
        if app.conf.task_always_eager:  # which send_task ignores
            app.loader.import_default_modules()  # as a worker does
            app.tasks[task].apply_async(arguments)
        else:
            app.send_task(task, args=arguments, ignore_result=True, argsrepr=repr(arguments), kwargsrepr="{}")
    except Exception as error:  # kombu has its own of many kinds, and uses channels that it closed after a refusal
        _outage.began(f"{shown_broker()}: {error}")
        return False
    _outage.ended()
    return True

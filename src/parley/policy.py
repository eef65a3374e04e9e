"""What a host allows whom: the class that PARLEY["POLICY"] names, see docs/hosting.md."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db import Error as DatabaseError
from django.utils.module_loading import import_string

from .conf import conf

logger = logging.getLogger(__name__)


class Policy:
    """Allow everything. A host names a subclass of its own, which is made anew for each decision."""

    def may_use(self, user: Any) -> bool:
        """Return whether somebody who is signed in may use Parley at all; links that were shared stay readable."""
        return True

    def models(self, user: Any, offered: list[str]) -> list[str]:
        """Return which of these choices a person may make; each is judged alone, so the others do not matter."""
        return offered

    def prompt(self, reply: Any, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the messages to send for a reply, given those that would be sent: ``role`` and ``content`` of each.

        Called in a thread of the worker, for at most two seconds. An exception fails the reply; the words of a
        PermissionDenied are shown to the person.
        """
        return messages


def current() -> Policy:
    """Return the policy of this site. Raises ImportError."""
    policy: Policy = import_string(conf.POLICY)() if conf.POLICY else Policy()
    return policy


def may_use(user: Any) -> bool:
    """Return whether a person may use Parley; not while the host's code fails, which is logged.

    Raises what the database raises.
    """
    if not conf.POLICY:
        return True
    try:
        return bool(current().may_use(user))
    except DatabaseError:
        raise
    except Exception:
        logger.exception("The policy of this site failed: nobody is let in.")
        return False


def prompter() -> Callable[[Any, Any], Any] | None:
    """Return what changes the prompts of this site, or None where nothing does. Raises what the host's code raises."""
    found = current() if conf.POLICY else None
    return None if found is None or type(found).prompt is Policy.prompt else found.prompt


def allowed(user: Any, offered: Iterable[str]) -> set[str]:
    """Return those of the choices that a person may make; none while the host's code fails, which is logged."""
    try:
        return _judged(user, list(offered))
    except Exception:
        logger.exception("The policy of this site failed: nothing is offered.")
        return set()


def allows(user: Any, choice: str) -> bool:
    """Return whether a person may make this choice. Raises what the host's code raises."""
    return not conf.POLICY or choice in _judged(user, [choice])


def objection(user: Any, choice: str) -> str:
    """Return the code of what speaks against a reply of this person, or "". Raises what the host's code raises."""
    if not may_use(user):
        return "refused_by_site"
    return "" if allows(user, choice) else "model_not_allowed"


def _judged(user: Any, choices: list[str]) -> set[str]:
    return set(choices) & set(current().models(user, choices))

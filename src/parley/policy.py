"""What a host allows whom: the class that PARLEY["POLICY"] names, see docs/hosting.md."""

import inspect
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db import Error as DatabaseError
from django.utils.module_loading import import_string

from .conf import conf

logger = logging.getLogger(__name__)
ARGUMENTS = {"may_use": 1, "models": 2, "prompt": 2}
"""Method of a policy → how many arguments it is called with."""


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


def has_right(user: Any, permission: str) -> bool:
    """Return whether a person has a permission of Django's; nobody has, where accounts know of none."""
    return hasattr(user, "has_perm") and bool(user.has_perm(permission))


def mistake() -> str:
    """Return what is wrong with the class that POLICY names, as the end of a sentence, or ""."""
    try:
        found: Any = current()
    except Exception as error:  # whatever the host's module raises
        return f"cannot be made: {error!r}"
    if not isinstance(found, Policy):
        return "is no policy"
    return next(filter(None, (_misfit(name, getattr(found, name)) for name in ARGUMENTS)), "")


def _misfit(name: str, method: Callable[..., Any]) -> str:
    if inspect.iscoroutinefunction(method):
        return f"has an async {name}, which nobody waits for"
    try:
        inspect.signature(method).bind(*range(ARGUMENTS[name]))
    except TypeError as error:
        return f"has a {name} that takes other arguments: {error}"
    return ""


def may_use(user: Any) -> bool:
    """Return whether a person may use Parley; not while the host's code fails, which is logged.

    Raises what the database raises.
    """
    if not conf.POLICY:
        return True
    try:
        return _truth(current().may_use(user))
    except DatabaseError:
        raise
    except Exception:
        logger.exception("The policy of this site failed: nobody is let in.")
        return False


def _truth(answer: Any) -> bool:
    """Return an answer as it is meant. Raises TypeError for an awaitable, which counts as true."""
    if inspect.isawaitable(answer):
        raise TypeError("may_use returned an awaitable; write it as a plain function.")
    return bool(answer)


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
    """Return the code of what speaks against a reply of this person, or ""; the host's code too, where it fails.

    Raises what the database raises.
    """
    try:
        return ("" if allows(user, choice) else "model_not_allowed") if may_use(user) else "refused_by_site"
    except DatabaseError:
        raise
    except Exception:
        logger.exception("The policy of this site failed: no model is asked.")
        return "refused_by_site"


def _judged(user: Any, choices: list[str]) -> set[str]:
    return set(choices) & set(current().models(user, choices))

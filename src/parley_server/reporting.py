"""Errors for Sentry, where SENTRY_DSN is set and its package installed: where something broke, and nothing of whom."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from parley_server.passwords import MASK

try:
    import sentry_sdk
    from sentry_sdk.integrations.stdlib import StdlibIntegration
except ImportError:
    sentry_sdk = None  # type: ignore[assignment]

EVENT = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "transaction", "exception")
REQUEST = ("url", "method")
"""What is kept of an event, and of its request: the address without the query."""


def report_to(dsn: str) -> None:
    """Report what is logged as an error. Raises ImproperlyConfigured without the package, or for what is no DSN."""
    if sentry_sdk is None:
        raise ImproperlyConfigured("SENTRY_DSN is set, and its package is missing: pip install 'sentry-sdk<3'.")
    try:
        sentry_sdk.init(**options(dsn))
    except Exception:  # which may repeat the DSN
        raise ImproperlyConfigured("SENTRY_DSN must be the address that Sentry shows for a project.") from None


def options(dsn: str) -> dict[str, Any]:
    """Return how Sentry is set up: locals hold prompts, bodies questions, and breadcrumbs queries.

    By default it sends nothing that names a person (``send_default_pii``, which may no longer be said). What follows
    requests and programs (``StdlibIntegration``) is off: it would name the trace to providers, and to each child that
    reads files, whose environment is empty.
    """
    return {
        "dsn": dsn,
        "max_request_body_size": "never",
        "include_local_variables": False,
        "include_source_context": False,
        "traces_sample_rate": 0,
        "max_breadcrumbs": 0,
        "disabled_integrations": [StdlibIntegration],
        "before_send": without_content,
    }


def without_content(event: Any, hint: Any) -> Any:
    """Return what is known to hold no words of a person: of an exception only its class and place."""
    kept = {name: event[name] for name in EVENT if name in event}
    if "request" in event:
        kept["request"] = {name: event["request"][name] for name in REQUEST if name in event["request"]}
    for exception in event.get("exception", {}).get("values", ()):
        exception["value"] = MASK
    if "logentry" in event:  # as it was written in the source, without what was put into it
        kept["logentry"] = {"message": event["logentry"].get("message", "")}
    return kept

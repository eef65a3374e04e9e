"""Answer 503 and say why, in place of an error, while the database is away or locked, or the disk is full."""

import errno
import logging
import sys

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin
from django.views import defaults

from parley_server.refusals import refusal

logger = logging.getLogger(__name__)

PASSING_SQLITE = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_PROTOCOL"}
FULL = {errno.ENOSPC, errno.EDQUOT}
PASSING_SQLSTATES = ("08", "25006", "25P03", "40", "53", "55P03", "57")
"""Connection lost, read-only as after a failover, transaction timed out or rolled back, no resources, lock not
available, and server shutting down."""


class UnavailableMiddleware(MiddlewareMixin):
    """Answers in place of a view whose query failed because the database is unavailable."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return _unavailable(request, exception) if is_unavailable(exception) else None


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer errors outside of views as well, since middleware asks the database too (handler500)."""
    error = sys.exc_info()[1]
    return _unavailable(request, error) if error and is_unavailable(error) else defaults.server_error(request)


def is_unavailable(error: BaseException) -> bool:
    """Tell whether the same request may well succeed a little later."""
    if isinstance(error, OSError):
        return error.errno in FULL
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError | InternalError):
        return False
    cause = error.__cause__
    if name := getattr(cause, "sqlite_errorname", None):
        return any(name.startswith(passing) for passing in PASSING_SQLITE)
    sqlstate = getattr(cause, "sqlstate", None)
    return sqlstate.startswith(PASSING_SQLSTATES) if sqlstate else isinstance(error, OperationalError)


def _unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    logger.warning("Database or disk failed for %s %s: %s", request.method, request.path, str(error).split("\n")[0])
    return refusal(request, 503)

"""Django's PostgreSQL, for connections that stay with their threads."""

import time
from multiprocessing.connection import wait
from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError

LIMIT = "SELECT set_config('lock_timeout', '3s', false) WHERE current_setting('lock_timeout') = '0'"
"""Parley's own transactions wait no longer for a row; Django's, as those of a sign-in, would wait without a limit."""
PAUSES = (1.0, 2.0)
"""Seconds between tries to connect, as while the server is restarted."""


class Cursor(base.ServerBindingCursor):
    """Plans a recursive query whenever it runs.

    A plan that is kept may be of a table that was small. Other queries then read the table once, until PostgreSQL has
    counted it anew; a walk along the messages of a conversation reads it once for each message.
    """

    def execute(self, query: Any, *args: Any, **options: Any) -> Any:
        if isinstance(query, str) and "WITH RECURSIVE" in query:
            options["prepare"] = False
        return super().execute(query, *args, **options)  # type: ignore[misc]


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects patiently, keeps most plans, waits for a locked row only so long, and checks without a round trip."""

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "cursor_factory": Cursor}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        for pause in PAUSES:
            began = time.monotonic()
            try:
                return super().get_new_connection(conn_params)
            except OperationalError:
                if time.monotonic() - began > PAUSES[0]:  # It does not refuse, but is not reached.
                    raise
            time.sleep(pause)
        return super().get_new_connection(conn_params)

    def init_connection_state(self) -> None:
        super().init_connection_state()
        self.connection.execute(LIMIT)

    def is_usable(self) -> bool:
        """Tell whether there was no error, after which statements are prepared anew, and no end of the connection."""
        return not (self.errors_occurred or self.connection.closed or wait([self.connection], 0))

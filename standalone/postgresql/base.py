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


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects patiently, limits how long a statement waits for a locked row, and checks without a round trip."""

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

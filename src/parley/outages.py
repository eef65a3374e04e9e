"""Log one line when something fails and one when it works again, however often it is tried meanwhile."""

import logging
import threading


class Outage:
    """An outage of one service, as this process sees it; safe in threads. ``away`` has one ``%s`` for the error."""

    def __init__(self, logger: logging.Logger, away: str, back: str) -> None:
        self._logger, self._away, self._back = logger, away, back
        self._lock, self._begun = threading.Lock(), False

    def began(self, error: object) -> None:
        """Log that it fails, unless that was logged."""
        if self._turn(True):
            self._logger.warning(self._away, error)

    def ended(self) -> None:
        """Log that it works again, if it had failed."""
        if self._begun and self._turn(False):
            self._logger.warning(self._back)

    def _turn(self, begun: bool) -> bool:
        with self._lock:
            turned, self._begun = self._begun is not begun, begun
        return turned


class Outages(dict[str, Outage]):
    """Outages of several duties, by the names of those."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__()
        self._logger = logger

    def __missing__(self, name: str) -> Outage:
        words = name.strip("_")
        self[name] = Outage(self._logger, f"{words}: %s; trying again.", f"{words}: goes on.")
        return self[name]

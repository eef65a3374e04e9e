"""A line in the log when something goes away, and one when it is back, however often it is tried meanwhile."""

import logging
import threading


class Outage:
    """One kind of trouble of this process; safe in threads. ``away`` has one ``%s`` for the error, ``back`` none."""

    def __init__(self, logger: logging.Logger, away: str, back: str) -> None:
        self._logger, self._away, self._back = logger, away, back
        self._lock, self._begun = threading.Lock(), False

    def began(self, error: BaseException) -> None:
        """Say that it is away, unless that was said."""
        if self._turn(True):
            self._logger.warning(self._away, error)

    def ended(self) -> None:
        """Say that it is back, if it was away."""
        if self._begun and self._turn(False):
            self._logger.warning(self._back)

    def _turn(self, begun: bool) -> bool:
        with self._lock:
            turned, self._begun = self._begun is not begun, begun
        return turned


class Outages(dict[str, Outage]):
    """The trouble of several duties, by their names."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__()
        self._logger = logger

    def __missing__(self, name: str) -> Outage:
        words = name.strip("_")
        self[name] = Outage(self._logger, f"{words}: %s; trying again.", f"{words}: goes on.")
        return self[name]

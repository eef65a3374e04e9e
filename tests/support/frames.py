"""Messages of the socket, with the whole position in every frame."""

from typing import Any


class Frames:
    """One connection: a frame that names only the second number of its position has the first of the frame before."""

    def __init__(self) -> None:
        self.attempts: dict[int, str] = {}

    def whole(self, message: Any) -> Any:
        if not isinstance(message, list):
            return message
        handle, position, *payload = message
        if isinstance(position, int):
            position = f"{self.attempts[handle]}-{position}"
        self.attempts[handle] = position.partition("-")[0]
        return [handle, position, *payload]


def is_end(message: Any) -> bool:
    """Return whether it is the end of a reply that the tab has all of."""
    return isinstance(message, list) and isinstance(message[2], dict)

"""Places in the log of a reply. Pure."""

Position = tuple[int, int]
"""(attempt, seq) of an entry; (0, 0) is before the first."""

LAST = 2**63 - 1
"""Greater than any seq, and than any version of a feed."""

MOST_FOLLOWED = 100
"""Replies that one page follows at once."""


def parse_position(text: str) -> Position:
    """From "<attempt>-<seq>" or "0". Raises ValueError."""
    attempt, _, seq = text.partition("-")
    position = int(attempt), int(seq or 0)
    if not all(0 <= number <= LAST for number in position):
        raise ValueError(text)
    return position


def format_position(position: Position) -> str:
    return f"{position[0]}-{position[1]}"

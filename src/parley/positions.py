"""Positions in the log of a reply. Pure."""

Position = tuple[int, int]
"""(attempt, seq) of an entry; (0, 0) is before the first."""

LAST = 2**63 - 1
"""Greater than any seq, and than any version of a feed."""

MAX_FOLLOWED = 100
"""Replies that one page follows at once."""


def parse_position(text: str) -> Position:
    """Read "<attempt>-<seq>" or "0". Raises ValueError.

    >>> parse_position("2-17"), parse_position("0")
    ((2, 17), (0, 0))
    """
    before, _, after = text.partition("-")
    attempt, seq = int(before), int(after or 0)
    if not (0 <= attempt <= LAST and 0 <= seq <= LAST):
        raise ValueError(text)
    return attempt, seq


def format_position(position: Position) -> str:
    """Write a position as ``parse_position`` reads it.

    >>> format_position((2, 17))
    '2-17'
    """
    return f"{position[0]}-{position[1]}"

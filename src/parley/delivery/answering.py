"""Whose form this process is answering: their tabs wait a moment for the answer, which tells one of them the same."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

PATIENCE = 0.5
"""Seconds in which a response reaches its tab, and the tab says what it knows by now."""

_until: dict[Any, float] = {}


def answered(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view whose response tells the tab that sent the form what the form has changed."""

    @wraps(view)
    def answer(request: Any, *args: Any, **kwargs: Any) -> Any:
        _until[request.user.pk] = float("inf")
        try:
            return view(request, *args, **kwargs)
        finally:
            _until[request.user.pk] = time.monotonic() + PATIENCE

    return answer


def patience(owner_id: Any) -> float:
    """For how many seconds more the tabs of a person need not be told anything; 0 for most people."""
    left = _until.get(owner_id, 0) - time.monotonic()
    if left <= 0:
        _until.pop(owner_id, None)
    return max(0.0, left)

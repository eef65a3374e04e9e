"""The log of what the provider was asked."""

from dataclasses import asdict, dataclass, field
from typing import Any

from tests.fake_provider.ask import text_of


@dataclass
class Received:
    """One request; every time is that of the machine's monotonic clock, in seconds."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] | None
    started: float
    query: str = ""
    status: int | None = None
    first_token: float | None = None
    blocks: int = 0
    latest: float = 0.0
    ended: float | None = None
    dropped: float | None = None
    closed_by_client: float | None = None

    @property
    def completed(self) -> bool:
        """Say whether the whole answer was written before the client went away."""
        return self.ended is not None

    @property
    def running(self) -> bool:
        return self.ended is None and self.dropped is None and self.closed_by_client is None

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ").strip()

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.body["messages"] if self.body else []

    @property
    def question(self) -> str:
        return text_of(self.messages[-1]) if self.messages else ""


@dataclass
class Log:
    """All requests since the start or the last clear, and how often a question was failed on purpose."""

    requests: list[Received] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)

    def add(self, request: Received) -> None:
        self.requests.append(request)

    def clear(self) -> None:
        self.requests.clear()
        self.failed.clear()

    def as_data(self) -> list[dict[str, Any]]:
        return [asdict(request) for request in self.requests]

    def fails_again(self, question: str, times: int) -> bool:
        """Count a failure of a question, until it has failed that many times."""
        count = self.failed.get(question, 0)
        self.failed[question] = count + 1
        return count < times

"""The scenarios: how many people ask at once, and what each is answered."""

import re
from dataclasses import dataclass

from tests.fake_provider import word
from tests.fake_provider.answers import words


@dataclass(frozen=True)
class Scenario:
    people: int
    tokens: int
    rate: int
    """Tokens a second."""
    asks: int = 1
    """Questions that each person asks, one after the other."""
    before: int = 2
    """Messages of the conversation before the first of them."""

    @classmethod
    def named(cls, name: str) -> "Scenario":
        """Read PEOPLExTOKENS@RATE, with xASKS and +BEFORE where they matter; raise ValueError for anything else.

        >>> Scenario.named("5x20@50x10+2000")
        Scenario(people=5, tokens=20, rate=50, asks=10, before=2000)
        """
        if not (match := re.fullmatch(r"(\d+)x(\d+)@(\d+)(?:x(\d+))?(?:\+(\d+))?", name)):
            raise ValueError(name)
        people, tokens, rate, asks, before = (int(number or 0) for number in match.groups())
        return cls(people, tokens, rate, asks or cls.asks, before or cls.before)

    @property
    def name(self) -> str:
        asks = f"x{self.asks}" if self.asks > 1 else ""
        return f"{self.people}x{self.tokens}@{self.rate}{asks}" + (f"+{self.before}" if self.before > 2 else "")

    @property
    def title(self) -> str:
        asks = f", {self.asks} questions each" if self.asks > 1 else ""
        before = f", after {self.before:,} messages" if self.before > 2 else ""
        return f"{self.people} × {self.tokens:,} at {self.rate}/s{asks}{before}"

    @property
    def questions(self) -> int:
        return self.people * self.asks

    @property
    def seconds(self) -> float:
        """Return how long the provider takes for one answer."""
        return self.tokens / self.rate

    @property
    def pieces(self) -> list[str]:
        """The tokens of each answer."""
        return words(self.tokens)

    def question(self, person: int, time: int = 0) -> str:
        """Return a question like no other, so that the log of the provider can tell them apart."""
        return f"/say {self.tokens} words at {self.rate}, {word(person)} {person} {time}"


SHORT = Scenario(5, 50, 50, asks=10, before=20)
LONG = Scenario(5, 50, 50, asks=10, before=2000)
ALL = [
    Scenario(1, 400, 50),
    Scenario(20, 50, 50),
    Scenario(100, 50, 50),
    Scenario(20, 50, 50, asks=3),
    Scenario(20, 400, 50),
    Scenario(100, 400, 50),
    Scenario(300, 200, 20),
    Scenario(500, 200, 5),
    SHORT,
    LONG,
    Scenario(1, 400, 200),
    Scenario(1, 4000, 200),
]
QUICK = [Scenario(1, 50, 50), Scenario(20, 50, 50), Scenario(100, 50, 50)]

"""The scenarios: how many people ask at once, and what each is answered."""

from dataclasses import dataclass

from tests.fake_provider import word
from tests.fake_provider.answers import words


@dataclass(frozen=True)
class Scenario:
    people: int
    tokens: int
    rate: int
    """Tokens a second."""

    @property
    def name(self) -> str:
        return f"{self.people}x{self.tokens}@{self.rate}"

    @property
    def title(self) -> str:
        return f"{self.people} × {self.tokens:,} at {self.rate}/s"

    @property
    def seconds(self) -> float:
        return self.tokens / self.rate

    @property
    def pieces(self) -> list[str]:
        """The tokens of each answer."""
        return words(self.tokens)

    def question(self, person: int) -> str:
        """Return a question like no other, so that the log of the provider can tell them apart."""
        return f"/say {self.tokens} words at {self.rate}, {word(person)} {person}"


ALL = [
    Scenario(1, 400, 50),
    Scenario(20, 400, 50),
    Scenario(100, 400, 50),
    Scenario(300, 200, 20),
    Scenario(1, 4000, 200),
    Scenario(1, 400, 200),
    Scenario(500, 200, 5),
]
QUICK = [Scenario(1, 400, 50), Scenario(20, 400, 50), Scenario(100, 200, 50)]

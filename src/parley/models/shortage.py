"""Why a budget refuses a call or ends one: as data, which a reply keeps, and as a sentence."""

import json
import re
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.formats import date_format

from parley import choice, errors

from .admission import Refused
from .budget import OVER, Budget, Spending, amount_of, words_to_reader

_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,8})?")


class Shortage(NamedTuple):
    """Why a budget refuses a call, as data: a reply keeps it, and people read it in their language."""

    whose: list[str]
    period: str
    unit: str
    left: str
    anew: str

    @classmethod
    def of(cls, spending: Spending) -> "Shortage":
        budget = spending.budget
        return cls(budget.whose, budget.period, budget.unit, f"{spending.left:f}", spending.anew.isoformat())

    @classmethod
    def read(cls, text: str) -> "Shortage | None":
        """Return what ``text`` wrote, or None; the text may be of an import, and anything."""
        with suppress(ValueError, TypeError):
            shortage = cls(*json.loads(text))
            return shortage if _AMOUNT.fullmatch(shortage.left) and shortage.values else None
        return None

    @property
    def text(self) -> str:
        return json.dumps(self, ensure_ascii=False)

    @property
    def values(self) -> dict[str, str]:
        """Return what the sentence names: the budget, what is left, and when it begins anew."""
        left, anew = amount_of(Decimal(self.left), self.unit), date_format(date.fromisoformat(self.anew), "DATE_FORMAT")
        return {"budget": words_to_reader(self.whose, self.period), "left": left, "anew": anew}

    def sentence(self, model: str, code: str = OVER) -> str:
        words = "tokens_refused" if code == OVER and self.unit == Budget.Unit.TOKENS else code
        return errors.of_budget(words, model=choice.name_of(model), **self.values)


class OverBudget(Refused):
    """A budget has too little left; ``sentence``: for the person who asked."""

    def __init__(self, shortage: Shortage, model: str) -> None:
        super().__init__(shortage)
        self.shortage, self.sentence = shortage, shortage.sentence(model)

"""The models from which a person may choose, of all connections."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext

from . import policy
from .choice import joined, name_of
from .conf import conf
from .generation import catalogue
from .generation.catalogue import Offer
from .models import Profile
from .models.connection import Unavailable, provider_of
from .provider import Provider
from .requests import offers_of, providers_of

LONGEST = 200
"""Characters of a choice that a row can keep."""


@dataclass(frozen=True)
class Group:
    """The choices under one heading, each of which is in one group only.

    ``since``: when the list was made, if it is old; ``known``: choice → what the provider tells of the model;
    ``titles``: of favourites, choice → the name of its connection.
    """

    name: str
    choices: tuple[str, ...]
    since: datetime | None = None
    known: Mapping[str, Any] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    def matching(self, words: str) -> list[str]:
        """Return the choices that have all the words in the name of the model or of the group.

        >>> Group("Gateway", ("gateway::gpt-5", "gateway::llama")).matching("GATE gpt")
        ['gateway::gpt-5']
        """
        wanted, name = words.casefold().split(), "" if self.titles else self.name.casefold()
        return [each for each in self.choices if all(word in f"{name} {each.casefold()}" for word in wanted)]


def offered_to(user: Any) -> list[Group]:
    """Return the person's favourites, and what else may be chosen, by connection; groups without choices are left out.

    Where a list is old, its refresh is enqueued.
    """
    providers = providers_of(user)
    listed = [*map(_listed, providers, offers_of(providers))]
    titles = {choice: group.name for group in listed for choice in group.choices}
    allowed = policy.allowed(user, titles)
    favourites = tuple(choice for choice in Profile.favourites_of(user) if choice in allowed)
    known = {choice: model for group in listed for choice, model in group.known.items()}
    rest = allowed.difference(favourites)
    others = (replace(group, choices=tuple(filter(rest.__contains__, group.choices))) for group in listed)
    groups = [Group(gettext("Favourites"), favourites, known=known, titles=titles), *others]
    return [group for group in groups if group.choices]


def takes_pictures(user: Any, choice: str) -> bool | None:
    """Return whether a chosen model takes pictures, None where nobody knows."""
    try:
        return catalogue.takes_pictures(provider_of(choice, user.pk), name_of(choice))
    except Unavailable:
        return None


def without_pictures(user: Any, groups: list[Group], default: str) -> frozenset[str]:
    """Return the choices of models that are known to take no pictures, and "" if that is so of the default."""
    known = {choice: facts.get("pictures") for group in groups for choice, facts in group.known.items()}
    known[""] = takes_pictures(user, default)
    return frozenset(choice for choice, takes in known.items() if takes is False)


def as_options(groups: list[Group]) -> list[tuple[str, dict[str, str]]]:
    """Return headings with the choices under them and their labels, as forms take them.

    A select that is closed shows no heading: where several connections have a model of one name, its label says whose.

    >>> as_options([Group("A", ("a::llama", "a::gpt-5")), Group("B", ("b::llama",))])
    [('A', {'a::llama': 'llama · A', 'a::gpt-5': 'gpt-5'}), ('B', {'b::llama': 'llama · B'})]
    """
    names = {choice: name_of(choice) for group in groups for choice in group.choices}
    counts = Counter(names.values())

    def label(group: Group, choice: str) -> str:
        name = names[choice]
        return f"{name} · {group.titles.get(choice, group.name)}" if counts[name] > 1 else name

    return [(group.name, {choice: label(group, choice) for choice in group.choices}) for group in groups]


def _listed(provider: Provider, offer: Offer) -> Group:
    names = _without_hidden(offer.names, provider.hidden) if offer.at else offer.names
    name = gettext("This computer") if conf.LOCAL_MODEL and not provider.slug else provider.name
    said = {model: {"pictures": takes} for model in names if (takes := provider.pictures_of(model)) is not None}
    facts = {model: {**offer.facts.get(model, {}), **said.get(model, {})} for model in {**offer.facts, **said}}
    known = {joined(provider.slug, model): each for model, each in facts.items()}
    choices = tuple(choice for each in names if len(choice := joined(provider.slug, each)) <= LONGEST)
    return Group(name, choices, offer.at if offer.old else None, known)


@lru_cache(maxsize=32)
def _without_hidden(names: tuple[str, ...], hidden: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that match no pattern: a list that is kept may be older than what is hidden."""
    return tuple(name for name in names if not any(fnmatchcase(name.casefold(), pattern) for pattern in hidden))

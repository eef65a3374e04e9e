"""What a search must find, told without an index."""

from parley.search.query import Query
from parley.search.words import words


def is_in(query: Query, text: str) -> bool:
    """Tell whether a text has all of a query; the indexes of the databases find the same."""
    spoken = words(text)
    ends = range(1, len(spoken) + 1)
    return all(
        any(query.ends_with(phrase, spoken[max(0, end - len(phrase)) : end]) for end in ends)
        for phrase in query.phrases
    )

import pytest
from django.utils import translation

from parley import errors
from parley.sizes import sized


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1 KB"),
        (25_000_000, "25 MB"),
        (25_049_999, "25 MB"),
        (1_260_000, "1.3 MB"),
        (2_000_000_000, "2 GB"),
        (10**15, "1000 TB"),
    ],
)
def test_counts_in_thousands_as_limits_do(size, words):
    assert sized(size) == words.replace(" ", "\xa0")


def test_is_in_the_language_of_the_reader():
    with translation.override("de"):
        assert sized(1_260_000) == "1,3\xa0MB"


def test_what_is_above_a_limit_does_not_read_like_it(settings):
    settings.PARLEY = {**settings.PARLEY, "MAX_FILE_SIZE": 25_000_000}
    said = [errors.of_file("too_large", name="x", size=size) for size in (25_000_001, 25_100_000)]
    assert [words.replace("\xa0", " ") for words in said] == [
        "“x” has a little more than 25 MB; at most 25 MB can be sent.",
        "“x” has 25.1 MB; at most 25 MB can be sent.",
    ]

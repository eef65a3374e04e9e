import pytest

from parley.generation.usage import unread
from parley.templatetags.parley import about

WORDS = "Who works and never plays writes it short " * 2000


def sent(*contents):
    return [{"role": "user", "content": content} for content in contents]


def test_tells_how_much_was_sent_where_far_less_was_read():
    assert unread(sent(WORDS), {"prompt_tokens": 4096}) == len(WORDS) // 4 == 21_000
    assert unread(sent("Be brief.", *[WORDS[:42_000]] * 2), {"prompt_tokens": 4096}) == 21_002


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"prompt_tokens": 0, "completion_tokens": 5},
        {"completion_tokens": 5},
        {"prompt_tokens": 21_000},
        {"prompt_tokens": 10_500},
        {"prompt_tokens": 500, "cache_read_input_tokens": 20_500},
    ],
)
def test_says_nothing_where_all_was_read_or_nothing_was_counted(usage):
    assert unread(sent(WORDS), usage) == 0


@pytest.mark.parametrize(
    "text", [" " * 80_000, "=" * 80_000, "a\n" + "\n" * 80_000, "x" + "-" * 40_000 + "😀" * 10_000]
)
def test_counts_runs_of_one_character_once(text):
    assert unread(sent(text), {"prompt_tokens": 1000}) == 0


def test_counts_bytes_because_other_scripts_have_more_tokens():
    assert unread(sent("你好，世界" * 2000), {"prompt_tokens": 3000}) > 0
    assert unread(sent("你好，世界" * 2000), {"prompt_tokens": 7000}) == 0


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0"),
        (7, "7"),
        (99, "99"),
        (101, "100"),
        (2048, "2,000"),
        (4096, "4,100"),
        (21_234, "21,000"),
        (999_999, "1,000,000"),
    ],
)
def test_says_a_count_as_people_do(count, words):
    assert about(count) == words

"""Tags of thoughts at the beginning of an answer, and talk about such tags."""

import pytest

from parley.generation.reasoning import TAGS, ReasoningSplitter
from parley.generation.streamed_text import Text


def sent(*blocks, begun=""):
    """(thoughts, answer) of content in these pieces."""
    reasoning, answer = Text(), Text(begun)
    thinking = ReasoningSplitter(reasoning, answer)
    for block in blocks:
        thinking.add(block)
    thinking.close()
    return str(reasoning), str(answer)


def however_cut(text, begun=""):
    """What is understood of a text, which must be the same in one piece, in two, and letter by letter."""
    ways = [sent(*text, begun=begun), *(sent(text[:cut], text[cut:], begun=begun) for cut in range(len(text) + 1))]
    assert len(set(ways)) == 1, set(ways)
    return ways[0]


NAMED = {f"<{name}>": f"</{name}>" for name in ("think", "thinking", "thought")} | {"[THINK]": "[/THINK]"}


@pytest.mark.parametrize(("opener", "closer"), (NAMED | TAGS).items(), ids=str)
def test_knows_the_tags_of_many_models(opener, closer):
    assert however_cut(f"\n{opener}\nWell, 1 < 2.{closer}\n\nSo.") == ("Well, 1 < 2.", "So.")
    assert however_cut(f"{opener}{closer}So.") == ("", "So.")
    assert however_cut(f"{opener}Never closed") == ("Never closed", "")


def test_reads_the_channels_of_harmony():
    thought = "<|channel|>analysis<|message|>Well.<|end|>"
    call = "<|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|>"
    final = "<|start|>assistant<|channel|>final<|message|>So `<|end|>` is a token.<|return|>"
    assert however_cut(thought + final) == ("Well.", "So `<|end|>` is a token.")
    assert however_cut(thought + call + final) == ("Well.\n\n{}", "So `<|end|>` is a token.")
    assert however_cut(final.removeprefix("<|start|>assistant")) == ("", "So `<|end|>` is a token.")
    assert however_cut(thought) == ("Well.", "")
    assert however_cut("<|channel|>analysis<|message|>cut") == ("cut", "")


def test_loses_nothing_that_only_looks_like_a_channel():
    talk = "<|channel|> is a token of harmony. " + "It stands before the name of a channel. " * 10
    assert sent(talk) == sent(*talk) == ("", talk)
    assert sent("<|channel|> is a token.") == ("", "<|channel|> is a token.")


@pytest.mark.parametrize("closer", ["</think>", "</thinking>", "</thought>", "[/THINK]"])
@pytest.mark.parametrize("before", ["Well.\n", "Well", "Well.", "1. First\n2. Second\n", "```\ncode\n```\n", ""])
def test_takes_what_comes_before_a_closing_tag_for_thoughts_that_the_template_began(before, closer):
    assert however_cut(f"{before}{closer}\n\nSo.") == (before.rstrip("\n"), "So.")


@pytest.mark.parametrize(
    "talk",
    [
        "Models close their thoughts with `</think>`.\n",
        "```\n</think>\n```\n",
        "~~~html\n<p>\n</think>\n~~~",
        "    </think>\n",
        "The tag </think> ends it.",
        "He wrote “</think>” there.",
        "| </think> | [/THINK] |\n",
        "`<think>` opens and `</think>`\n</think> closes.",
        "a[0] > b",
        "So <think> and then",
        "It looks like <think>reasoning</think>answer.",
        "1. The format:\n<think>\nreasoning\n</think>\nanswer",
        "**Before**:\n\n- <think>\n\n**After**:\n\n</think>\n\nSo.",
        "He wrote [THINK]well[/THINK] there.",
        "| a |\n|---|\n| <thought>x</thought> |\n",
        "<thin",
        "<",
        "[T",
        " \n",
        "<thinker>",
    ],
)
def test_leaves_an_answer_that_talks_about_such_tags(talk):
    assert however_cut(talk) == ("", talk)


def test_takes_back_nothing_that_was_there_before_it():
    assert however_cut("Well.</think>So", begun="It </think> was. ") == ("Well.", "It </think> was. So")
    assert however_cut("on.", begun="Ended in </think>") == ("", "Ended in </think>on.")


def test_looks_for_one_tag_only():
    assert however_cut("Well.\n</think>\nOne.\n</think>\nTwo.") == ("Well.", "One.\n</think>\nTwo.")
    assert however_cut("<think>a</think>b\n</think>\nc") == ("a", "b\n</think>\nc")


@pytest.mark.parametrize(
    ("begun", "rest"),
    [
        ("So:\n```\n<think>\nreason", "ing\n</think>\nanswer\n```"),
        ("It looks like <think>reason", "ing</think>answer."),
        ("Not `<think>`, but:\n```\n", "<think>\nreasoning\n</think>\n```\n"),
        ("`<think>` ends with `", "</think>`."),
        ("It ends with `", "</think>`."),
    ],
)
def test_goes_on_with_talk_about_such_tags(begun, rest):
    assert however_cut(rest, begun) == ("", begun + rest)


@pytest.mark.parametrize("opener", ["<think>\n", ""])
def test_knows_thoughts_before_the_rest_of_a_code_block(opener):
    rest = f"{opener}They want more.\n</think>\n\n    return 1\n```"
    assert however_cut(rest, "So:\n```\ndef f():\n") == ("They want more.", "So:\n```\ndef f():\n    return 1\n```")


def test_knows_a_thought_about_such_tags():
    thought = "They ask about <think> tags, and how they end."
    assert however_cut(f"{thought}\n</think>\n\nSo.") == (thought, "So.")


@pytest.mark.parametrize("text", ["<think>" * 30_000, "<" * 200_000, "`" * 200_000, "<think>\n" * 20_000])
def test_tells_talk_about_tags_in_no_time(text):
    assert len("".join(sent(text, "x\n</think>\n"))) >= len(text.removeprefix("<think>").rstrip())

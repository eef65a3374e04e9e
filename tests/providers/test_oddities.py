"""What is odd but allowed is an answer like any other."""

import pytest

from tests.fake_provider import expected_text

ODD_BUT_WHOLE = """
/no-done
/json
/crlf
/comments
/multiline-data
/missing-choices
/null-content 5
/usage-last
/two-done
/after-done
/gzip
/reasoning
/utf8-every-byte
/surrogates
/half-surrogate
/nul
/markdown
/say 300 words at 400
""".strip().splitlines()


@pytest.mark.parametrize("question", ODD_BUT_WHOLE, ids=lambda question: question.split()[0].strip("/"))
def test_keeps_the_text_to_the_letter(person, question):
    reply = person.answer(question)
    assert (reply["status"], reply["content"]) == ("done", expected_text(question))


@pytest.mark.parametrize(("question", "reason"), [("/length", "length"), ("/content-filter", "content_filter")])
def test_says_why_an_answer_ends_early(person, question, reason):
    conversation = person.start(question)
    reply = person.settled(conversation)
    assert (reply["status"], reply["finish_reason"]) == ("done", reason)
    assert "ends here" in person.page(conversation).reply["text"]


def test_ends_a_huge_line_in_a_state_of_its_own(person):
    reply = person.answer("/huge-line")
    assert (reply["status"], reply["error"]) == ("failed", "garbage")


def test_keeps_what_the_answer_cost(person):
    assert '"completion_tokens": 7' in person.answer("/say 7 words")["usage"]

"""What people who listen are told of answers: each beginning and each end, once."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
BEGINS, READY, STOPPED, FAILED = "Answering…", "Answer ready.", "Answer stopped.", "The answer failed."
SLOW = "/say 20 words after 1"
LISTEN = """() => {
  window.said = []
  const note = ({ addedNodes }) => addedNodes.forEach(({ textContent }) => window.said.push(textContent))
  const announcer = document.getElementById("parley-announcer")
  new MutationObserver(records => records.forEach(note)).observe(announcer, { childList: true })
}"""


@pytest.fixture
def listener(tab):
    """A tab in which everything that is announced is noted."""
    tab.page.evaluate(LISTEN)
    return tab


def assert_said(tab, *sentences):
    """These were said since the last look, and nothing more comes."""
    tab.page.wait_for_function("count => said.length >= count", arg=len(sentences))
    tab.page.wait_for_timeout(300)
    assert tab.page.evaluate("said.splice(0)") == list(sentences)


def test_says_that_the_first_answer_begins_and_ends_and_the_second(listener):
    for count in (1, 2):
        listener.ask(SLOW)
        expect(listener.replies).to_have_count(count)
        listener.wait_for_status("done")
        assert_said(listener, BEGINS, READY)


def test_says_that_an_answer_to_an_edited_question_begins_and_ends(listener):
    listener.ask(SLOW).wait_for_status("done")
    assert_said(listener, BEGINS, READY)
    listener.composer.press("ArrowUp")
    expect(listener.composer).to_have_value(SLOW)
    listener.ask(f"{SLOW} ")
    expect(listener.reply).not_to_have_attribute("data-status", "done")
    listener.wait_for_status("done")
    assert_said(listener, BEGINS, READY)


def test_says_that_another_answer_begins_and_ends(listener):
    listener.ask(SLOW).wait_for_status("done")
    assert_said(listener, BEGINS, READY)
    listener.reply.get_by_role("button", name="Answer again").click()
    expect(listener.reply.locator(".versions")).to_contain_text("2 / 2")
    listener.wait_for_status("done")
    assert_said(listener, BEGINS, READY)
    listener.reply.get_by_role("button", name="Previous version").click()
    expect(listener.reply.locator(".versions")).to_contain_text("1 / 2")
    assert_said(listener)


def test_says_that_an_answer_was_stopped(listener):
    listener.ask("/say 400 words at 20").wait_for_status("streaming")
    listener.composer.press("Escape")
    listener.wait_for_status("stopped")
    assert_said(listener, BEGINS, STOPPED)


def test_says_that_an_answer_failed_and_what_becomes_of_the_retry(listener):
    listener.ask(f"/fail-first 1 with 401 then {SLOW}").wait_for_status("failed")
    assert_said(listener, BEGINS, FAILED)
    listener.reply.get_by_role("button", name="Retry").click()
    listener.wait_for_status("done")
    assert_said(listener, BEGINS, READY)


def test_says_once_what_went_on_while_the_reader_was_elsewhere(listener):
    listener.ask("/say 400 words at 20").wait_for_status("streaming")
    listener.page.locator("nav a.new").click()
    expect(listener.messages).to_have_count(0)
    listener.page.go_back()
    listener.wait_for_status("streaming")
    assert_said(listener, BEGINS)
    listener.composer.press("Escape")
    listener.wait_for_status("stopped")
    assert_said(listener, STOPPED)


def test_says_nothing_of_answers_that_were_there_before(listener):
    listener.ask(SLOW).wait_for_status("done")
    assert_said(listener, BEGINS, READY)
    listener.page.locator("nav a.new").click()
    expect(listener.messages).to_have_count(0)
    listener.page.go_back()
    expect(listener.messages).to_have_count(2)
    assert_said(listener)
    listener.page.reload()
    expect(listener.page.locator("#parley-announcer")).to_have_text("")

"""A conversation of 2,000 messages: opened at its end, read upwards, the place kept."""

import pytest
from playwright.sync_api import expect

from parley.models.branching import PAGE

pytestmark = pytest.mark.browser
COUNT = 2_000
NUMBERS = r"""[...document.querySelectorAll("[data-body]")]
  .map(body => body.textContent.match(/number (\d+)/)?.[1]).filter(Boolean).map(Number)"""


@pytest.fixture
def tab(tab, stack, person):
    conversation = person.start("hello")
    person.settled(conversation)
    texts = [f"number {number}, " + "a long line of words " * (number % 7 * 10) for number in range(COUNT)]
    stack.db.add_messages(conversation, [{"content": text, "html": f"<p>{text}</p>"} for text in texts])
    return tab.goto(f"/c/{conversation}/")


def test_opens_at_its_end_with_the_newest_alone(tab):
    expect(tab.page.get_by_text(f"number {COUNT - 1},")).to_be_in_viewport()
    assert tab.page.evaluate(NUMBERS) == list(range(COUNT - PAGE, COUNT))


def test_brings_older_messages_in_order_and_keeps_the_place(tab):
    for page in range(1, 4):
        first = tab.messages.first
        pk = first.get_attribute("id")
        first.scroll_into_view_if_needed()
        tab.page.evaluate("id => document.getElementById(id).scrollIntoView({block: 'start'})", pk)
        tab.page.evaluate("scrollBy(0, 1)")
        expect(tab.messages).to_have_count(PAGE * (page + 1))
        tab.page.wait_for_timeout(200)
        assert tab.page.evaluate(NUMBERS) == list(range(COUNT - PAGE * (page + 1), COUNT))
        place = tab.page.locator(f"[id='{pk}']").bounding_box()["y"]
        assert -300 < place < 300
    assert tab.page.locator("#transcript > turbo-frame").count() == 1


def test_takes_a_question_and_goes_to_its_answer(tab):
    tab.ask("and now?").wait_for_status("done")
    expect(tab.body).to_have_text("You said: and now?")
    expect(tab.body).to_be_in_viewport()


def test_leaves_a_reader_of_old_messages_alone(tab):
    tab.page.evaluate("scrollTo(0, 0)")
    expect(tab.messages).to_have_count(2 * PAGE)
    tab.page.wait_for_timeout(200)
    before = tab.page.evaluate("scrollY")
    assert before > 500
    expect(tab.page.get_by_role("button", name="Jump to the newest")).to_be_visible()
    tab.page.get_by_role("button", name="Jump to the newest").click()
    expect(tab.page.get_by_text(f"number {COUNT - 1},")).to_be_in_viewport()

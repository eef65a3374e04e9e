"""What a message draws stays in it: nothing of it is seen or clicked over another message, its tools or the page."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
EVIL = "https://evil.example/"
RAISED = '<math><mpadded voffset="{}em"><mtext>{}</mtext></mpadded></math>'
OUTSIDE = {
    "a formula that is raised": RAISED.format(8, "click here " * 40),
    "a formula that is lowered": RAISED.format(-8, "click here " * 40),
    "a formula that is wide": '<math><mspace width="900em"></mspace><mtext>click here</mtext></math>',
    "marks on letters": "a" + "\u0301" * 100 + " a" + "\u0323" * 100,
}
STRANGERS = """() => {
  const strange = []
  for (let y = 2; y < innerHeight; y += 4) for (let x = 2; x < innerWidth; x += 12) {
    const found = document.elementFromPoint(x, y)
    if (!found?.closest("a[href^='https://evil.example']")) continue
    const { left, right, top, bottom } = found.closest("[data-body]").getBoundingClientRect()
    if (x < left - 5 || x > right + 5 || y < top - 5 || y > bottom + 5) strange.push([x, y])
  }
  return strange
}"""
FRAMED = "link => { link.closest('[data-body]').style.outline = '5px solid' }"
"""Over the margin in which an answer may draw."""


@pytest.fixture
def conversation(person):
    conversation = person.start("/say 60 words")
    person.settled(conversation)
    return conversation


def add_answers(stack, conversation, drawn):
    """As rows that an earlier version may have kept: with lengths that are bounded today."""
    html = f'<p>See <a href="{EVIL}">{drawn}</a> and so on.</p>'
    around = {"role": "assistant", "status": "done", "content": "around", "html": "<p>Around it.</p>"}
    question = {"role": "user", "content": "And then?"}
    drawing = {"role": "assistant", "status": "done", "content": "drawn", "html": html}
    stack.db.add_messages(conversation, [question, around, question, drawing, question, around])


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_of_an_answer_is_outside_of_it(tab, stack, conversation, name):
    add_answers(stack, conversation, OUTSIDE[name])
    for path in (f"/c/{conversation}/", shared(tab.goto(f"/c/{conversation}/"))):
        tab.goto(path)
        link = tab.page.locator(f"a[href='{EVIL}']")
        link.scroll_into_view_if_needed()
        expect(link).to_be_attached()
        assert tab.page.evaluate(STRANGERS) == []
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        link.evaluate(FRAMED)
        with_it = seen_around(tab, link)
        link.evaluate("link => { link.style.visibility = 'hidden' }")
        assert seen_around(tab, link) == with_it, "Something of the answer was seen outside of it"


def seen_around(tab, link):
    """The page without the answer; what is only seen, as the marks on a letter, is nowhere in the elements."""
    return tab.page.screenshot(mask=[tab.page.locator("[data-body]", has=link)])


def shared(tab):
    tab.page.get_by_role("button", name="Actions for this conversation").first.click()
    tab.page.locator("#menu").get_by_role("button", name="Share", exact=True).click()
    sheet = tab.page.get_by_role("dialog", name="Share")
    sheet.get_by_role("button", name="Create a link").click()
    expect(sheet.locator("[data-share]")).to_have_count(1)
    return sheet.get_by_role("textbox").first.input_value().removeprefix(tab.url)


def test_a_formula_of_the_provider_is_near_its_place(tab):
    tab.ask('/say-text "Before.\\n\\n[$\\\\raisebox{30em}{x}$](https://evil.example/)"').wait_for_status("done")
    place = "math => math.closest('p').getBoundingClientRect().top - math.getBoundingClientRect().top"
    assert abs(tab.body.locator("math").evaluate(place)) < 50
    assert tab.page.evaluate(STRANGERS) == []


def test_what_belongs_to_an_answer_is_not_cut(tab):
    text = "10000. a number\\n10001. and another\\n\\n| a |\\n|---|\\n| " + "long" * 200 + " |\\n\\n[a link](/x)"
    tab.ask(f'/say-text "{text}"').wait_for_status("done")
    assert tab.body.locator("table").evaluate("table => table.scrollWidth > table.clientWidth")
    box, body = tab.body.locator("a").bounding_box(), tab.body.bounding_box()
    assert box["x"] - body["x"] > 4, "The outline of what has the focus"
    number = tab.body.locator("li").first.bounding_box()
    assert number["x"] - body["x"] > 40, "The number of an item"

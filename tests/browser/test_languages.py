"""The product in German, and text from right to left."""

import json

import pytest
from playwright.sync_api import expect

from tests.support.german import english_left
from tests.support.texts import words_of

pytestmark = pytest.mark.browser

ARABIC = "مرحبا بالعالم"
# How far the first letter of an element is from the right edge of the element's box, and from its left edge.
EDGES = """element => {
  const range = document.createRange(), text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode()
  range.setStart(text, 0)
  range.setEnd(text, 1)
  const letter = range.getBoundingClientRect(), box = element.getBoundingClientRect()
  return { right: box.right - letter.right, left: letter.left - box.left }
}"""


def say(text):
    return "/say-text " + json.dumps(text)


def assert_no_english(tab):
    words = words_of(tab.page.content())
    assert len(words) > 5
    assert english_left(words) == []


@pytest.fixture
def german(browsers, person):
    """A tab of somebody whose browser is in German, at the sign-in."""
    tab = browsers.tab(person.url, locale="de-DE").goto("/accounts/login/")
    yield tab
    assert tab.problems == []


def test_from_sign_in_to_an_answer_in_german(german, browsers, person):
    expect(german.page.get_by_role("heading", name="Anmelden")).to_be_visible()
    assert_no_english(german)
    german.sign_in(person.name)
    expect(german.page.locator("html")).to_have_attribute("lang", "de")
    assert german.page.locator("html").evaluate("page => getComputedStyle(page).direction") == "ltr"
    assert_no_english(german)

    german.ask("/say 400 words at 20").wait_for_status("streaming")
    expect(german.reply.get_by_role("button", name="Stoppen")).to_be_visible()
    assert_no_english(german)
    second = browsers.second(german).goto(f"/c/{german.conversation}/")
    german.page.keyboard.press("Escape")
    for tab in (german, second):
        expect(tab.reply.get_by_text("Gestoppt.")).to_be_visible()
        expect(tab.page.locator("#parley-announcer")).to_have_text("Antwort gestoppt.")
        assert_no_english(tab)


def test_what_another_tab_does_is_told_over_the_socket_in_the_language_of_each(german, browsers, person):
    german.sign_in(person.name).ask("/say hello").wait_for_status("done")
    english = browsers.tab_of(person).goto(f"/c/{german.conversation}/")
    english.ask("/error 500")
    expect(german.reply.get_by_role("alert")).to_have_text(
        "Der Anbieter hat selbst eine Störung. In einem Moment erneut versuchen.", timeout=30_000
    )
    expect(english.reply.get_by_role("alert")).to_have_text("The provider has a problem of its own. Retry in a moment.")
    expect(german.reply.get_by_role("button", name="Erneut versuchen")).to_be_visible()
    assert_no_english(german)


def test_a_person_changes_the_language(tab):
    tab.choose("Deutsch")
    expect(tab.page.locator("html")).to_have_attribute("lang", "de")
    expect(tab.page.get_by_role("button", name="Senden")).to_be_visible()
    assert_no_english(tab)
    tab.choose("English")
    expect(tab.page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def test_text_from_right_to_left_stands_on_the_right(tab):
    tab.ask(say(f"{ARABIC}\n\nSome English.\n\n- {ARABIC}\n\n```\ncode\n```\n")).wait_for_status("done")
    arabic, english = tab.body.locator("p").all()[:2]
    for element in (arabic, tab.body.locator("li")):
        assert_edges(element, near="right", far="left")
    assert_edges(english, near="left", far="right")
    assert tab.body.locator("pre").evaluate("code => getComputedStyle(code).direction") == "ltr"
    expect(tab.page.locator("html")).not_to_have_attribute("dir", "rtl")


def test_a_question_and_its_title_from_right_to_left(tab):
    tab.ask(ARABIC).wait_for_status("done")
    assert_edges(tab.page.locator("[data-role=user] [data-body]"), near="right", far="left", padding=40)
    row = tab.page.locator("#conversations a").first
    assert row.evaluate("row => getComputedStyle(row).direction") == "rtl"
    assert tab.reply.evaluate("reply => getComputedStyle(reply).direction") == "ltr"


def assert_edges(element, *, near, far, padding=2):
    edges = element.evaluate(EDGES)
    assert edges[near] <= padding
    assert edges[far] > edges[near]

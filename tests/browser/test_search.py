"""The search: typed, found, and followed to the very message."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def say(text):
    return "/say-text " + json.dumps(text)


@pytest.fixture
def tab(tab, person):
    for text in ("A pendulum swings.", "The sea is salty, <b>very</b> salty."):
        person.answer(say(text))
    return tab


def field(tab):
    return tab.page.get_by_role("main").get_by_role("searchbox")


def results(tab):
    return tab.page.locator(".result")


def test_finds_as_it_is_typed_and_leads_to_the_very_message(tab):
    tab.page.keyboard.press("Control+k")
    tab.page.wait_for_url("**/search/**")
    expect(field(tab)).to_be_focused()
    tab.page.keyboard.type("sal")
    expect(results(tab).locator("mark").first).to_have_text("salty")
    tab.page.wait_for_url("**/search/?q=sal")
    expect(field(tab)).to_be_focused()
    expect(tab.page.get_by_role("status").filter(has_text="result")).to_be_attached()
    assert tab.barriers() == []
    answer = results(tab).filter(has_text="Assistant").first
    expect(answer.locator(".snippet")).to_contain_text("<b>very</b>")
    answer.get_by_role("link").click()
    tab.page.wait_for_url("**/c/*/?message=*#message_*")
    message = tab.page.locator(f"[id='{urlsplit(tab.page.url).fragment}']")
    expect(message).to_contain_text("The sea is salty")
    expect(message).to_be_in_viewport()
    tab.page.go_back()
    expect(field(tab)).to_have_value("sal")
    expect(results(tab).locator("mark").first).to_have_text("salty")


def test_says_when_there_is_nothing_and_finds_again_when_it_is_corrected(tab):
    tab.goto("/search/?q=pendulunm")
    expect(tab.page.get_by_text("Nothing was found for “pendulunm”.")).to_be_visible()
    field(tab).fill("pendul")
    expect(results(tab).first).to_contain_text("pendulum")
    field(tab).fill("")
    expect(results(tab)).to_have_count(0)
    expect(tab.page.get_by_text("All words must occur")).to_be_visible()


def test_brings_more_results_when_they_are_scrolled_to(tab, stack, person):
    conversation = person.start("hello")
    person.settled(conversation)
    stack.db.add_messages(conversation, [{"content": f"number {number} of the needles"} for number in range(45)])
    tab.goto("/search/?q=needles")
    for count in (20, 40, 45):
        expect(results(tab)).to_have_count(count)
        results(tab).last.scroll_into_view_if_needed()
    results(tab).last.get_by_role("link").click()
    tab.page.wait_for_url("**/c/*/?message=*#message_*")


def test_works_from_the_field_in_the_sidebar_and_without_javascript(tab, browsers, person):
    plain = browsers.tab(person.url, java_script_enabled=False).sign_in(person.name)
    for one in (tab.goto("/"), plain):
        sidebar = one.page.get_by_role("navigation", name="Conversations").get_by_role("searchbox")
        sidebar.fill('"the sea is"')
        sidebar.press("Enter")
        one.page.wait_for_url("**/search/?q=**")
        expect(results(one).locator("mark").first).to_have_text("The sea is")
        expect(field(one)).to_have_value('"the sea is"')


def test_long_words_stay_within_a_narrow_page(tab, stack, person):
    tab.page.set_viewport_size({"width": 390, "height": 844})
    conversation = person.start("needle " + "a" * 500)
    person.settled(conversation)
    stack.db.add_messages(conversation, [{"content": "needle " + "x" * 5000}, {"content": "x" * 3000 + " needle"}])
    tab.goto("/search/?q=needle")
    expect(results(tab).first).to_be_visible()
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

"""The list of models beside the composer: by keyboard, by click, on a phone, and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.support.processes import until
from tests.support.second_provider import asked, connect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def second(_stack, fake_provider):
    """A second provider that the product has a connection to."""
    connect(_stack, "Second & Sons", fake_provider.base_url, "other-1", "other-2", "llama3:8b")
    return fake_provider


@pytest.fixture
def asking(second, tab):
    """A tab with an answered question, for whose composer the models of both are listed."""
    until(lambda: "fake-2" in tab.goto("/models/").page.content(), 20, "No models are listed")
    tab.goto("/").ask("hello").wait_for_status("done")
    return tab


def button(tab):
    return tab.page.locator(".asked a")


def picker(tab):
    return tab.page.get_by_role("dialog", name="Choose a model")


def rows(tab):
    return picker(tab).locator("button[name=model]")


def row(tab, name):
    return picker(tab).get_by_role("button", name=name, exact=True)


def open_picker(tab):
    button(tab).click()
    expect(row(tab, "other-2")).to_be_visible()
    return picker(tab)


def test_chooses_in_two_clicks_what_the_next_question_asks(asking, second, browsers):
    other = browsers.second(asking).goto(f"/c/{asking.conversation}/")
    open_picker(asking)
    row(asking, "other-2").click()
    expect(picker(asking)).to_be_hidden()
    for tab in (asking, other):
        expect(button(tab)).to_contain_text("other-2")
        expect(button(tab)).to_contain_text("Second & Sons")
    asking.ask("Who are you now?")
    assert asked(second, "Who are you now?") == ["other-2"]
    for tab in (asking, other):
        expect(tab.reply.locator(".meta")).to_contain_text("other-2Second & Sons")
    assert other.problems == []


def test_is_gone_through_by_keyboard(asking, second):
    keyboard = asking.page.keyboard
    button(asking).focus()
    keyboard.press("Enter")
    search = picker(asking).get_by_label("Search models")
    expect(search).to_be_focused()
    expect(row(asking, "other-2")).to_be_visible()
    keyboard.press("ArrowDown")
    expect(rows(asking).first).to_be_focused()
    keyboard.press("End")
    expect(rows(asking).last).to_be_focused()
    keyboard.press("ArrowUp")
    expect(rows(asking).nth(-2)).to_be_focused()
    keyboard.press("Home")
    expect(rows(asking).first).to_be_focused()
    keyboard.type("other-1")
    expect(search).to_be_focused()
    expect(search).to_have_value("other-1")
    expect(rows(asking)).to_have_count(1)
    expect(picker(asking).get_by_role("status")).to_have_text("1 model")
    keyboard.press("Enter")
    expect(picker(asking)).to_be_hidden()
    expect(button(asking)).to_contain_text("other-1")
    expect(asking.composer).to_be_focused()


def test_is_closed_by_escape_and_leaves_an_answer_alone(asking):
    asking.ask("/say 4000 words at 100").wait_for_status("streaming")
    open_picker(asking)
    asking.page.keyboard.press("Escape")
    expect(picker(asking)).to_be_hidden()
    expect(button(asking)).to_be_focused()
    assert asking.reply.get_attribute("data-status") == "streaming"
    asking.page.keyboard.press("Escape")
    asking.wait_for_status("stopped")


def test_gives_stars_that_come_first(asking):
    open_picker(asking)
    star = picker(asking).get_by_role("button", name="Favourite: llama3:8b")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(star).to_be_focused()
    expect(picker(asking).get_by_role("heading").first).to_have_text("Favourites")
    expect(rows(asking).nth(1)).to_contain_text("llama3:8bSecond & Sons")
    star.click()
    expect(picker(asking).get_by_role("heading", name="Favourites")).to_have_count(0)


def test_says_what_may_not_be_chosen(asking):
    open_picker(asking)
    row(asking, "other-2").evaluate("button => button.value = 'gone::other-2'")
    row(asking, "other-2").click()
    expect(picker(asking).get_by_role("alert")).to_contain_text("There is no model")
    expect(button(asking)).to_contain_text("fake-1")
    asking.problems[:] = [problem for problem in asking.problems if "422" not in problem]


def test_puts_the_choice_into_the_form_of_a_new_conversation(asking, second):
    asking.goto("/").composer.fill("Begun with another?")
    asking.page.get_by_role("link", name="Search models").click()
    row(asking, "llama3:8b").click()
    expect(picker(asking)).to_be_hidden()
    expect(asking.page.get_by_label("Model", exact=True)).to_have_value("second-sons::llama3:8b")
    asking.composer.press("Enter")
    assert asked(second, "Begun with another?") == ["llama3:8b"]
    expect(button(asking)).to_contain_text("llama3:8b")


def test_has_no_barriers(asking, browsers):
    open_picker(asking)
    assert asking.barriers_in_both() == []
    asking.goto("/models/")
    assert asking.barriers_in_both() == []


def test_fits_a_phone(asking, browsers, person):
    phone = browsers.tab(person.url, viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    phone.page.context.add_cookies(asking.page.context.cookies())
    phone.goto(f"/c/{asking.conversation}/").ready()
    open_picker(phone)
    box = picker(phone).bounding_box()
    assert (box["x"], box["width"]) == (0, 360)
    assert box["y"] + box["height"] == 640
    expect(picker(phone).get_by_label("Search models")).not_to_be_focused()
    row(phone, "other-1").tap()
    expect(button(phone)).to_contain_text("other-1")
    assert phone.problems == []


def test_chooses_without_scripts(asking, browsers, person):
    tab = browsers.tab(person.url, java_script_enabled=False)
    tab.page.context.add_cookies(asking.page.context.cookies())
    tab.goto(f"/c/{asking.conversation}/")
    button(tab).click()
    expect(tab.page.get_by_role("heading", name="Settings")).to_be_visible()
    tab.page.get_by_label("Model", exact=True).select_option(label="other-2")
    tab.page.get_by_role("button", name="Save", exact=True).last.click()
    expect(button(tab)).to_contain_text("other-2")
    tab.goto(f"/models/?for={asking.conversation}")
    tab.page.get_by_label("Search models").fill("llama")
    tab.page.get_by_label("Search models").press("Enter")
    tab.page.get_by_role("button", name="llama3:8b", exact=True).click()
    expect(button(tab)).to_contain_text("llama3:8b")

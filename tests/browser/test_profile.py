"""The menu and the settings of a person."""

import re

import pytest
from playwright.sync_api import expect

from parley.generation.prompt import ABOUT
from tests.browser.test_barriers import PHONE

pytestmark = pytest.mark.browser
NO_SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def menu(tab):
    return tab.page.locator("#account-menu")


def focused(tab):
    return tab.page.evaluate("document.activeElement.textContent.trim()")


def save(tab, **values):
    tab.goto("/settings/")
    for label, value in values.items():
        tab.page.get_by_label(label.replace("_", " ").capitalize(), exact=True).fill(value)
    tab.page.get_by_role("button", name="Save", exact=True).click()
    expect(tab.page.get_by_text("Saved.")).to_be_visible()
    return tab


def test_goes_through_the_menu_by_keyboard(tab, menu):
    button = tab.page.locator("[popovertarget=account-menu]")
    button.focus()
    tab.page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    stops = []
    for _ in range(8):
        tab.page.keyboard.press("Tab")
        stops.append(focused(tab))
    assert stops[:4] == ["Settings", "Usage", "Shared links", "Export and import"]
    assert stops[-3:] == ["Change password", "Deutsch", "Sign out"]
    tab.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
    tab.page.keyboard.press("Space")
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    expect(menu).to_be_hidden()


def test_the_shortcuts_take_the_place_of_the_menu(tab, menu):
    tab.choose("Keyboard shortcuts")
    expect(tab.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    expect(menu).to_be_hidden()


def test_what_a_person_says_of_themselves_reaches_the_model_and_can_be_left_out(tab, stack):
    save(tab, your_name="Ada of the Sea", about_me="I sail.")
    expect(tab.page.locator("[popovertarget=account-menu]")).to_contain_text("Ada of the Sea")
    tab.goto("/").ask("With all?").wait_for_status("done")
    messages = stack.provider.asked("With all?")[0].body["messages"]
    assert messages[0] == {"role": "system", "content": f"{ABOUT}\nI sail."}
    tab.goto(f"/c/{tab.conversation}/settings/").page.get_by_label("Leave out").check()
    tab.page.get_by_role("button", name="Save", exact=True).last.click()
    tab.ask("Without?")
    expect(tab.replies).to_have_count(2)
    tab.wait_for_status("done")
    assert {message["role"] for message in stack.provider.asked("Without?")[0].body["messages"]} == {
        "user",
        "assistant",
    }


def test_enter_makes_a_line_where_it_does_not_send(tab):
    tab.goto("/settings/").page.get_by_label("Enter sends").uncheck()
    tab.page.get_by_role("button", name="Save", exact=True).click()
    expect(tab.page.get_by_text("Saved.")).to_be_visible()
    tab.goto("/").ready().composer.fill("one")
    tab.composer.press("Enter")
    tab.composer.press_sequentially("two")
    expect(tab.composer).to_have_value("one\ntwo")
    expect(tab.page.locator("button.send").first).to_have_attribute("title", re.compile("Ctrl"))
    tab.composer.press("Control+Enter")
    expect(tab.messages.first).to_contain_text("two")
    tab.wait_for_status("done")
    tab.composer.fill("three")
    tab.composer.press("Meta+Enter")
    expect(tab.replies).to_have_count(2)
    tab.wait_for_status("done")


def test_keeps_what_is_typed_when_it_is_refused(tab):
    tab.goto("/settings/").page.get_by_label("About me").fill("x" * 4_001)
    tab.page.get_by_label("Your name").fill("Ada")
    tab.page.get_by_role("button", name="Save", exact=True).click()
    expect(tab.page.get_by_role("alert")).to_contain_text("at most 4000")
    expect(tab.page.get_by_label("Your name")).to_have_value("Ada")
    assert tab.barriers_in_both() == []
    tab.problems[:] = [problem for problem in tab.problems if "422" not in problem]


def test_has_no_barriers(tab, menu):
    save(tab, your_name="Ada")
    assert tab.barriers_in_both() == []
    tab.page.locator("[popovertarget=account-menu]").click()
    expect(menu).to_be_visible()
    assert tab.barriers_in_both() == []


def test_is_the_same_on_a_phone(tab, menu):
    tab.page.set_viewport_size(PHONE)
    tab.goto("/settings/")
    assert tab.page.evaluate(NO_SIDEWAYS)
    assert tab.barriers_in_both() == []
    tab.page.get_by_role("button", name="Conversations", exact=True).click()
    tab.page.locator("[popovertarget=account-menu]").click()
    expect(menu.get_by_text("Sign out")).to_be_in_viewport()
    expect(menu.get_by_text("Settings")).to_be_in_viewport()
    assert tab.barriers_in_both() == []
    tab.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(tab.page.locator("#sidebar")).to_be_visible()
    tab.choose("Export and import")
    expect(tab.page.get_by_role("heading", name="Export and import", level=1)).to_be_visible()


def test_works_without_scripts(browsers, person):
    tab = browsers.tab(person.url, java_script_enabled=False).sign_in(person.name)
    tab.choose("Settings")
    tab.page.get_by_label("How to answer").fill("Briefly.")
    tab.page.get_by_role("button", name="Save", exact=True).click()
    expect(tab.page.get_by_text("Saved.")).to_be_visible()
    expect(tab.page.get_by_label("How to answer")).to_have_value("Briefly.")
    expect(tab.page.get_by_role("group", name="Theme")).to_be_hidden()
    tab.page.get_by_role("form", name="Language").get_by_text("Deutsch").click()
    expect(tab.page.locator("html")).to_have_attribute("lang", "de")

"""Signing out empties every tab of that browser, and leaves nothing of the person in it."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
SIGN_IN = "**/accounts/login/**"
DRAFT = "What nobody else may read"
KEPT = "JSON.stringify([Object.values(sessionStorage), Object.values(localStorage)])"


@pytest.fixture
def tabs(tab, browsers):
    """Two tabs of one person; one is in a conversation, with a draft."""
    tab.ask("/say 5 words").wait_for_status("done")
    tab.composer.fill(DRAFT)
    return tab, browsers.second(tab).goto("/").ready()


def test_the_other_tabs_go_to_the_sign_in_page_at_once(tabs):
    reading, leaving = tabs
    leaving.choose("Sign out")
    reading.page.wait_for_url(SIGN_IN, timeout=15_000)
    expect(reading.page.locator("[data-message]")).to_have_count(0)
    for tab in tabs:
        assert DRAFT not in tab.page.evaluate(KEPT)


def test_no_draft_stays_in_the_tab_that_signs_out(tabs):
    tab, _ = tabs
    tab.choose("Sign out")
    tab.page.wait_for_url(SIGN_IN)
    assert DRAFT not in tab.page.evaluate(KEPT)


def test_a_tab_that_writes_is_emptied_too(tabs, browsers):
    writing, leaving = tabs
    writing.ask("/say 400 words at 20")
    expect(writing.reply).to_have_attribute("data-status", "streaming")
    leaving.choose("Sign out")
    writing.page.wait_for_url(SIGN_IN, timeout=15_000)


def test_a_new_password_keeps_the_other_tabs_of_this_browser(tabs):
    reading, changing = tabs
    changing.goto("/accounts/password_change/")
    changing.page.fill("[name=old_password]", "correct horse battery staple")
    for name in ("new_password1", "new_password2"):
        changing.page.fill(f"[name={name}]", "another correct horse")
    with reading.page.expect_event("load", timeout=20_000):
        changing.page.press("[name=new_password2]", "Enter")
    expect(reading.messages).to_have_count(2)
    expect(reading.composer).to_have_value(DRAFT)

"""A page whose WebSocket is blocked asks instead."""

import pytest
from playwright.sync_api import expect

from tests.fake_provider import expected_text

pytestmark = pytest.mark.browser
BLOCKED = """window.WebSocket = class {
  static OPEN = 1
  constructor() { setTimeout(() => this.onclose?.({code: 1006}), 20) }
  close() {}
}"""
SILENT = "window.WebSocket = class { static OPEN = 1; close() {} }"
NOTICE = "#parley-connection"


@pytest.fixture
def open_blocked(browsers, person):
    def open_tab(script):
        tab = browsers.tab(person.url)
        tab.page.add_init_script(script)
        return tab.sign_in(person.name)

    return open_tab


def test_shows_the_answer_without_a_socket_and_says_that_it_polls(open_blocked):
    tab = open_blocked(BLOCKED)
    tab.ask("/say 120 words at 20").page.wait_for_url("**/c/*/")
    assert len(tab.texts_until_settled()) >= 2
    assert "\n\n".join(tab.body.locator("p").all_inner_texts()) == expected_text("/say 120 words at 20")
    expect(tab.page.locator(NOTICE)).to_have_text("Live updates are slow: polling")
    expect(tab.page.locator(NOTICE)).to_be_visible()
    assert tab.problems == []


def test_polls_when_a_proxy_neither_opens_nor_refuses_the_socket(open_blocked):
    tab = open_blocked(SILENT)
    tab.ask("/say 20 words").wait_for_status("done")


def test_polls_no_more_once_the_socket_is_open(tab):
    asked = []
    tab.ask("hello").wait_for_status("done")
    tab.page.on("request", lambda request: asked.append(request.url) if "catch-up" in request.url else None)
    tab.ask("/say 60 words at 20")
    expect(tab.replies).to_have_count(2)
    tab.wait_for_status("done")
    assert asked == []
    expect(tab.page.locator(NOTICE)).to_be_hidden()


def test_looks_at_once_when_it_is_online_again(tab):
    tab.ask("hello").wait_for_status("done")
    with tab.page.expect_request("**/catch-up/?*"):
        tab.page.evaluate("dispatchEvent(new Event('online'))")


def test_goes_to_the_sign_in_page_when_signed_out_elsewhere(open_blocked, browsers):
    tab = open_blocked(BLOCKED)
    browsers.second(tab).goto("/").choose("Sign out")
    tab.page.wait_for_url("**/accounts/login/**")

"""An answer whose page loses its connection, again and again."""

import pytest

from tests.fake_provider import expected_text

pytestmark = [pytest.mark.browser, pytest.mark.faults]
QUESTION = "/say 600 words at 30"
KEEP_SOCKET = """window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args)
    window.socket = this
    window.opened = (window.opened ?? 0) + 1
  }
}"""
LIVE = "window.socket.readyState === WebSocket.OPEN"


def paragraphs(tab):
    return "\n\n".join(tab.body.locator("p").all_inner_texts())


@pytest.fixture
def tab(browsers, person):
    """A tab that keeps its socket where a test can close it."""
    tab = browsers.tab_of(person)
    tab.page.add_init_script(KEEP_SOCKET)
    return tab.goto("/").ready()


def until_longer(tab, by):
    """Wait until the answer has grown on a connection that is open."""
    length = len(tab.body.inner_text())
    tab.page.wait_for_function(
        f"length => {LIVE} && document.querySelector('[data-role=assistant] [data-body]')?.innerText.length > length",
        arg=length + by,
    )


def test_ends_with_the_exact_text_and_without_a_reload(tab, stack):
    tab.ask(QUESTION).page.wait_for_url("**/c/*/")
    tab.page.evaluate("window.mark = window.opened")
    for by in (1, 20, 150, 5, 80):
        until_longer(tab, by)
        tab.page.evaluate("window.socket.close()")
    until_longer(tab, 20)
    assert stack.db.reply(tab.conversation)["status"] == "streaming"
    stack.restart("web")
    tab.wait_for_status("done", 60)
    assert paragraphs(tab) == expected_text(QUESTION) == stack.db.reply(tab.conversation)["content"]
    assert tab.page.evaluate("window.opened - window.mark") >= 6

"""What a tab shows of a reply that it has followed to the end is what the page shows when it is loaded again."""

import json

import pytest
from playwright.sync_api import expect

from tests.unit.texts import ANSWERS

pytestmark = pytest.mark.browser

SHOWN = """() => {
  const told = (node) => node.nodeType === Node.TEXT_NODE ? node.data : [
    node.nodeName,
    [...node.attributes ?? []].filter(({ name }) => name !== "data-at").map(({ name, value }) => [name, value]).sort(),
    [...node.childNodes].map(told),
  ]
  return [...document.querySelectorAll("[data-message]")].map((message) => {
    message.normalize()
    return told(message)
  })
}"""


def ends_of(tab):
    """Return a list of the ends of logs that this tab is sent from now on."""
    ends = []

    def note(text):
        message = json.loads(text)
        if isinstance(message, list) and isinstance(message[2], dict):
            ends.append(message[2])

    tab.page.on("websocket", lambda socket: socket.on("framereceived", note))
    return ends


def texts():
    return [*ANSWERS.values(), "One line", "A [link] below.\n\n- and a list\n\n[link]: https://example.com/"]


def test_is_the_same_when_the_page_is_loaded_again(tab, browsers):
    tab.ask("/say 2 words").wait_for_status("done")
    second = browsers.second(tab)
    ends = [ends_of(tab), ends_of(second)]
    for each in (tab, second):
        each.goto(f"/c/{tab.conversation}/").ready()
    for number, text in enumerate(texts(), 2):
        tab.ask(f"/say-text {json.dumps(text)} at 200")
        for each in (tab, second):
            expect(each.replies).to_have_count(number)
            each.wait_for_status("done")
    shown = [each.page.evaluate(SHOWN) for each in (tab, second)]
    assert sum(map(len, ends)) > len(texts())  # a tab that follows late is sent the row
    tab.page.reload()
    tab.ready()
    loaded = tab.page.evaluate(SHOWN)
    for settled in shown:
        for was, now in zip(settled, loaded, strict=True):
            assert was == now
    assert second.problems == []


def test_a_page_that_comes_while_it_is_written_has_its_time_and_tools(tab):
    tab.ask("/say 60 words at 20")
    tab.page.wait_for_url("**/c/*/")
    ends = ends_of(tab)
    tab.page.reload()
    tab.wait_for_status("done")
    assert len(ends) == 1
    shown = tab.page.evaluate(SHOWN)
    tab.page.reload()
    assert tab.ready().page.evaluate(SHOWN) == shown


def test_who_was_on_the_stop_button_is_on_the_message_then(tab):
    tab.ask("/say 5 words after 8")
    expect(tab.replies).to_have_count(1)
    expect(tab.composer).to_be_focused()  # or it takes the focus later
    tab.reply.get_by_role("button", name="Stop").focus()
    tab.wait_for_status("done")
    expect(tab.reply).to_be_focused()

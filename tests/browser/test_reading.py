"""What surrounds an answer: code tools, diagrams, copying, times, scrolling, themes, keys."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
CODE = (
    "```python\nprint('"
    + "long " * 60
    + "')\n```\n\n```mermaid\ngraph TD; A-->B\n```\n\n```mermaid\ngraph TD; A[[[\n```"
)


def say(text, pace=""):
    return f"/say-text {json.dumps(text)} {pace}"


@pytest.fixture
def clipboard(tab):
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return lambda: tab.page.evaluate("navigator.clipboard.readText()")


def test_copies_and_wraps_code(tab, clipboard):
    tab.ask(say(CODE)).wait_for_status("done")
    block = tab.body.locator("pre").first
    tools = tab.body.locator("[data-tools]").first
    tools.get_by_role("button", name="Copy the code").click()
    expect(tab.page.get_by_text("Copied.")).to_be_attached()
    assert clipboard() == block.inner_text()
    tools.get_by_role("button", name="Wrap long lines").click()
    assert block.evaluate("block => block.scrollWidth <= block.clientWidth")


def test_copies_the_last_answer_as_markdown_with_a_key(tab, clipboard, stack):
    tab.ask("/markdown").wait_for_status("done")
    tab.page.keyboard.press("Control+Shift+Y")
    expect(tab.page.get_by_text("Copied.")).to_be_attached()
    assert clipboard() == stack.db.reply(tab.conversation)["content"]


def test_shows_times_in_the_zone_of_the_reader(browsers, person):
    tab = browsers.tab_of(person)
    tab.ask("hello").wait_for_status("done")
    time = tab.reply.locator("time")
    local = time.evaluate("time => new Intl.DateTimeFormat('en', {timeStyle: 'short'}).format(new Date(time.dateTime))")
    expect(time).to_have_text(local)
    expect(tab.reply.locator(".meta a:has(time)")).to_have_attribute(
        "href", re.compile("#" + tab.reply.get_attribute("id"))
    )


def test_closes_the_reasoning_when_the_answer_is_there(tab):
    tab.ask("/reasoning").wait_for_status("done")
    details = tab.reply.locator("[data-reasoning]")
    expect(details).not_to_have_attribute("open", "")
    details.locator("summary").click()
    expect(details.locator("[data-reasoning-body]")).to_contain_text("think about it")


# Until it stays there: an answer that has just ended may still be followed to its end.
SCROLL_TO = """place => new Promise(resolve => {
  let frames = 0
  const look = () => {
    if (scrollY !== place) frames = 0, scrollTo(0, place)
    frames += 1
    frames > 20 ? resolve() : requestAnimationFrame(look)
  }
  look()
})"""
# Where the page is when it has not moved for half a second of frames.
PLACE = """() => new Promise(resolve => {
  let frames = 0, last = -1
  const look = () => {
    frames = scrollY === last ? frames + 1 : 0
    last = scrollY
    frames > 30 ? resolve(last) : requestAnimationFrame(look)
  }
  look()
})"""


def test_keeps_the_place_on_back_and_on_reload(tab):
    tab.ask("/say 1500 words at 3000").wait_for_status("done")
    tab.page.evaluate(SCROLL_TO, 400)
    tab.page.locator("nav a.new").click()
    expect(tab.messages).to_have_count(0)
    tab.page.go_back()
    expect(tab.messages).to_have_count(2)
    assert abs(tab.page.evaluate(PLACE) - 400) < 5
    tab.page.reload()
    assert abs(tab.page.evaluate(PLACE) - 400) < 5


def test_leaves_a_reader_alone_who_scrolls_up_and_brings_them_back(tab):
    tab.ask("/say 1500 words at 3000").wait_for_status("done")
    tab.ask("/say 200 words at 60")
    tab.wait_for_status("streaming")
    tab.page.mouse.move(700, 300)
    tab.page.mouse.wheel(0, -1500)
    tab.page.wait_for_timeout(300)
    place = tab.page.evaluate("scrollY")
    tab.wait_for_status("done")
    assert tab.page.evaluate("scrollY") == place
    tab.page.get_by_role("button", name="Jump to the newest").click()
    tab.page.wait_for_timeout(200)
    assert tab.page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 2")


BELOW = "() => document.documentElement.scrollHeight - innerHeight - scrollY"


def test_follows_an_answer_that_grows_while_the_reader_is_at_the_bottom(tab):
    tab.ask("/say 1500 words at 3000").wait_for_status("done")
    tab.ask("/say 300 words at 60").wait_for_status("streaming")
    for _ in range(4):
        height = tab.page.evaluate("document.documentElement.scrollHeight")
        tab.page.wait_for_function("height => document.documentElement.scrollHeight > height", arg=height)
        tab.page.wait_for_function(f"{BELOW} <= 2")
    expect(tab.reply).to_have_attribute("data-status", "streaming")


def test_leaves_a_reader_alone_who_scrolls_up_a_little_until_they_are_back(tab):
    tab.ask("/say 1500 words at 3000").wait_for_status("done")
    tab.ask("/say 4000 words at 60").wait_for_status("streaming")
    tab.page.mouse.move(700, 300)
    tab.page.mouse.wheel(0, -20)
    tab.page.wait_for_function(f"{BELOW} > 150")
    tab.page.mouse.wheel(0, 100_000)
    tab.page.wait_for_function(f"{BELOW} <= 2")
    height = tab.page.evaluate("document.documentElement.scrollHeight")
    tab.page.wait_for_function("height => document.documentElement.scrollHeight > height + 100", arg=height)
    tab.page.wait_for_function(f"{BELOW} <= 2")
    tab.composer.press("Escape")
    tab.wait_for_status("stopped")


GROWING = {
    "li": "- the **first** item\n" + "- one *more*\n" * 100,
    "td": "| a | b |\n|---|---|\n| the **first** cell | 1 |\n" + "| one *more* | 2 |\n" * 100,
}


@pytest.mark.parametrize("part", GROWING)
def test_keeps_what_a_reader_has_selected_in_a_block_that_grows(tab, part):
    tab.ask(say(GROWING[part], "at 50"))
    expect(tab.body.locator(part).nth(3)).to_be_attached()
    tab.body.locator(part).first.evaluate("part => getSelection().selectAllChildren(part)")
    expect(tab.body.locator(part).nth(20)).to_be_attached()
    assert tab.page.evaluate("getSelection().toString()").startswith("the first")
    expect(tab.reply).to_have_attribute("data-status", "streaming")


def test_keeps_the_theme_that_was_chosen(tab):
    tab.choose("Settings").page.get_by_role("button", name="Dark", exact=True).click()
    tab.page.reload()
    expect(tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert tab.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_lists_its_keys_and_obeys_them(tab):
    tab.ask("hello").wait_for_status("done")
    tab.page.locator("h1[tabindex]").click()
    tab.page.keyboard.press("?")
    expect(tab.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("dialog")).to_be_hidden()
    tab.page.keyboard.press("Control+b")
    expect(tab.page.locator("#sidebar")).to_be_hidden()
    tab.page.keyboard.press("Control+b")
    tab.page.keyboard.press("Control+Shift+L")
    expect(tab.composer).to_be_focused()
    tab.composer.press("?")
    expect(tab.composer).to_have_value("?")
    tab.page.keyboard.press("Control+Shift+O")
    expect(tab.messages).to_have_count(0)


def test_leaves_single_keys_to_whoever_needs_them_otherwise(tab):
    tab.choose("Keyboard shortcuts").page.get_by_label("Shortcuts of a single sign").uncheck()
    tab.page.reload()
    tab.ready().page.locator("h1").click()
    tab.page.keyboard.press("?")
    expect(tab.page.get_by_role("dialog")).to_be_hidden()
    tab.choose("Keyboard shortcuts")
    expect(tab.page.get_by_label("Shortcuts of a single sign")).not_to_be_checked()


def test_prints_the_conversation_and_nothing_around_it(tab):
    tab.ask(say(CODE)).wait_for_status("done")
    tab.page.emulate_media(media="print", color_scheme="dark")
    expect(tab.body).to_be_visible()
    for around in ("#sidebar", "form[data-composer]", ".message .does"):
        expect(tab.page.locator(around).first).to_be_hidden()
    colour = tab.body.evaluate("body => getComputedStyle(body).color.match(/\\d+/g).map(Number)")
    assert max(colour) < 64, "Dark words, though the page is dark"
    assert tab.body.locator("pre").first.evaluate("block => block.scrollWidth <= block.clientWidth")


def test_loses_nothing_at_twice_the_size(tab):
    tab.page.set_viewport_size({"width": 640, "height": 400})
    tab.ask(say(CODE)).wait_for_status("done")
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 640
    for control in (tab.composer, tab.page.get_by_role("button", name="Conversations", exact=True)):
        expect(control).to_be_in_viewport()


@pytest.mark.exhaustive
@pytest.mark.parametrize("width", [1280, 320])
def test_has_no_barrier_that_axe_finds(tab, width):
    tab.page.set_viewport_size({"width": width, "height": 800})
    assert tab.barriers_in_both() == []
    tab.ask(say(CODE)).wait_for_status("done")
    assert tab.barriers_in_both() == []
    tab.ask("/say 400 words at 20")
    expect(tab.replies).to_have_count(2)
    assert tab.barriers_in_both() == []
    tab.composer.press("Escape")
    tab.wait_for_status("stopped")
    assert tab.barriers_in_both() == []
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width

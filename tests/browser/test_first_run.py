"""The first run, as a person sees it: an empty install, the real local model, a real browser."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from parley.markdown import render
from tests.browser.test_attachments import png
from tests.support.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

PATIENCE = 240
"""Seconds: the model is small, and so may be what the machine has left for it."""
FIRST = "What is the sea? Answer in one sentence."
SECOND = "And what is a ship? Answer in one sentence."


@pytest.fixture(scope="module")
def product(make_stack):
    stack = make_stack(local_model=True)
    yield stack
    stack.down()


def test_from_the_first_account_to_a_streamed_answer(product, browsers):
    tab = browsers.tab(product.url).goto("/")
    assert tab.page.url.endswith("/setup/")
    tab.set_up("captain")
    expect(tab.page.locator("main")).to_contain_text("small model")
    stranger = browsers.tab_of(product.person("stranger"))

    tab.watch().ask(FIRST)
    assert_grew(tab.texts_until_settled(PATIENCE))
    assert_shows_what_is_kept(tab, product)

    second = browsers.second(tab).goto(f"/c/{tab.conversation}/")
    second.watch()
    tab.watch().ask(SECOND)
    for each in (tab, second):
        assert_grew(each.texts_until_settled(PATIENCE))
        assert_shows_what_is_kept(each, product)
        expect(each.messages).to_have_count(4)
        assert each.problems == []
    assert_knows_nothing(stranger, tab.conversation)


def test_reads_a_text_file_and_says_beforehand_that_it_takes_no_pictures(product, browsers, tmp_path):
    tab = browsers.tab_of(product.person("mate")).goto("/")
    note, chips = (
        tab.page.get_by_text("The model that is chosen takes no pictures."),
        tab.page.locator("[data-state=ready]"),
    )
    for name, content in {"ship.txt": b"The ship is called Marigold.", "sea.png": png(60, 40)}.items():
        (tmp_path / name).write_bytes(content)
    tab.page.locator("input[name=files][multiple]").set_input_files(tmp_path / "ship.txt")
    expect(chips).to_have_count(1, timeout=30_000)
    expect(note).to_be_hidden()
    tab.ask("What is the ship called?").wait_for_status("done", PATIENCE)
    expect(tab.page.locator("[data-role=assistant]")).to_contain_text("Marigold")
    tab.page.locator("input[name=files][multiple]").set_input_files(tmp_path / "sea.png")
    expect(note).to_be_visible()


def assert_grew(texts):
    """At least three texts before the last; none takes back more than a word, whose Markdown was not closed yet."""
    assert len(set(texts) - {texts[-1]}) >= 3, texts
    for before, after in pairwise(texts):
        assert len(plain(after)) >= len(plain(before)) - 5


def assert_shows_what_is_kept(tab, product):
    tab.wait_for_status("done")
    reply = product.db.reply(tab.conversation)
    assert reply["status"] == "done"
    assert reply["content"].strip()
    assert tab.body.inner_text() == text_as_shown(tab, "".join(render(reply["content"])))


def assert_knows_nothing(stranger, conversation):
    expect(stranger.page.locator("#conversations .entry")).to_have_count(0)
    assert stranger.page.goto(f"{stranger.url}/c/{conversation}/").status == 404


def text_as_shown(tab, html):
    """Return what a browser shows of HTML in the place of the newest reply's text."""
    return tab.body.evaluate(
        """(body, html) => {
          const copy = body.cloneNode(false)
          copy.innerHTML = html
          body.after(copy)
          const text = copy.innerText
          copy.remove()
          return text
        }""",
        html,
    )


def plain(text):
    return " ".join(text.split())


def test_offers_the_setup_only_once(product, browsers):
    tab = browsers.tab(product.url).goto("/setup/")
    assert "/accounts/login/" in tab.page.url
    tab.page.fill("[name=username]", "captain")
    tab.page.fill("[name=password]", PASSWORD + "x")
    tab.page.press("[name=password]", "Enter")
    expect(tab.page.locator("[role=alert]")).to_be_visible()

"""Images of other hosts in answers: nothing is asked for before a click, and then only that image."""

import base64
import json

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
HOST = "https://pictures.example"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ADD = """address => new Promise(done => {
  const image = new Image()
  image.onload = image.onerror = ({ type }) => done(type)
  image.src = address
})"""
LEFT = """() => {
  window.left = []
  addEventListener("click", (event) => { left.push(!event.defaultPrevented); event.preventDefault() })
}"""
ANSWER = (
    f"Here is ![a cat]({HOST}/cat.png?asked=secret) and ![a dog]({HOST}/missing.png) "
    "and ![old](http://old.example/x.png)."
)


@pytest.fixture
def requests(tab, browsers):
    """What the page asks of the host with the pictures, which has one."""
    asked = []

    def answer(route):
        asked.append(route.request)
        found = "cat.png" in route.request.url
        route.fulfill(status=200 if found else 404, content_type="image/png", body=PIXEL if found else b"")

    tab.page.context.route(f"{HOST}/**", answer)
    yield asked
    browsers.offences[:] = [offence for offence in browsers.offences if HOST not in offence]
    tab.problems[:] = [problem for problem in tab.problems if HOST not in problem]


@pytest.fixture
def answered(tab, requests):
    tab.goto("/").ask(f"/say-text {json.dumps(ANSWER)}").wait_for_status("done")
    expect(tab.body).to_contain_text("a cat")
    return tab


def test_an_image_is_a_link_until_it_is_clicked(answered, requests):
    cat = answered.body.get_by_role("link", name="a cat")
    expect(cat).to_have_attribute("title", "pictures.example")
    cat.hover()
    cat.focus()
    answered.page.reload()
    expect(cat).to_be_visible()
    assert requests == []
    assert answered.body.locator("img, iframe").count() == 0


def picture(tab):
    return tab.body.frame_locator("iframe.image").locator("img")


def test_a_click_loads_the_image_below_its_link(answered, requests, browsers):
    cat = answered.body.get_by_role("link", name="a cat")
    cat.click()
    expect(picture(answered)).to_be_visible()
    assert picture(answered).evaluate("image => image.naturalWidth") == 1
    assert [request.url for request in requests] == [f"{HOST}/cat.png?asked=secret"]
    assert "referer" not in requests[0].headers
    expect(cat).to_be_focused()
    assert answered.barriers() == []
    assert not [offence for offence in browsers.offences if "Policy" in offence]


def test_the_page_itself_lets_in_nothing_of_that_host(answered, requests, browsers):
    answered.body.get_by_role("link", name="a cat").click()
    expect(picture(answered)).to_be_visible()
    before = len(requests)
    assert answered.page.evaluate(ADD, f"{HOST}/cat.png") == "error"
    assert len(requests) == before
    browsers.offences.clear()
    answered.problems[:] = [problem for problem in answered.problems if "Policy" not in problem]


def test_the_keyboard_loads_it_too(answered):
    answered.body.get_by_role("link", name="a cat").press("Enter")
    expect(picture(answered)).to_be_visible()


def test_an_image_that_does_not_load_stays_a_link_and_says_so(answered, requests):
    dog = answered.body.get_by_role("link", name="a dog")
    dog.click()
    expect(answered.body.get_by_role("alert")).to_contain_text("could not be loaded")
    with answered.page.context.expect_page() as opened:
        dog.click()
    opened.value.close()
    expect(answered.body.locator("img, iframe")).to_have_count(0)


def test_a_click_that_means_a_new_tab_is_left_to_the_browser(answered):
    answered.page.evaluate(LEFT)
    answered.body.get_by_role("link", name="a cat").click(modifiers=["ControlOrMeta"])
    assert answered.page.evaluate("left") == [True]
    expect(answered.body.locator("img, iframe")).to_have_count(0)


def test_an_answer_that_is_still_written_keeps_its_link(tab, requests):
    tab.goto("/").ask(f"/say-text {json.dumps(ANSWER + ' more' * 300)} at 5")
    cat = tab.body.get_by_role("link", name="a cat")
    with tab.page.context.expect_page() as opened:
        cat.click()
    opened.value.close()
    expect(tab.reply).to_have_attribute("data-status", "streaming")
    expect(tab.body.locator("img, iframe")).to_have_count(0)

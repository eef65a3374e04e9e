"""A second provider, connected in the browser: from the first account to its answer."""

import time

import pytest
from playwright.sync_api import expect

from tests.fake_provider import expected_text

pytestmark = pytest.mark.browser
KEY = "sk-typed-into-a-page-once"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def product(make_stack):
    """An install that nobody has configured; in place of its small model answers a fast provider."""
    stack = make_stack(conf={"LOCAL_MODEL": True})
    yield stack
    stack.down()


@pytest.fixture
def captain(product):
    return product.person(staff=True)


def press(tab, name):
    tab.page.locator("main").get_by_role("button", name=name).click()


def follow(tab, name):
    tab.page.locator("main").get_by_role("link", name=name).first.click()


def fill_in(tab, provider, name, key=KEY):
    tab.page.get_by_label("Name", exact=True).fill(name)
    tab.page.get_by_label("Address", exact=True).fill(provider.base_url)
    tab.page.get_by_label("Key", exact=True).fill(key)


def test_from_the_first_account_to_an_answer_of_a_second_provider(product, browsers, fake_provider):
    tab, began = browsers.tab(product.url).goto("/"), time.monotonic()
    tab.set_up("ada")
    follow(tab, "Connect a better model")
    follow(tab, "Another address")
    fill_in(tab, fake_provider, "Basement")
    press(tab, "Save and test")
    expect(tab.page.get_by_text("It works.")).to_be_visible()
    press(tab, "Start a conversation with")
    expect(tab.page.get_by_text("very small model")).to_have_count(0)
    tab.ask("/say 7 words").wait_for_status("done")
    assert time.monotonic() - began < 60
    expect(tab.body).to_have_text(expected_text("/say 7 words"))
    asked = fake_provider.asked("/say 7 words")
    assert [request.headers["authorization"] for request in asked] == [f"Bearer {KEY}"]
    assert tab.problems == []


def test_has_no_barriers_and_fits_a_phone(product, browsers, captain, fake_provider):
    tab = browsers.tab_of(captain)
    tab.page.set_viewport_size(PHONE)
    for path in ("/", "/connections/", "/connections/new/", "/connections/new/?template=ollama"):
        assert_looks_well(tab.goto(path))
    tab.page.locator("details.more summary").click()
    fill_in(tab, fake_provider, "Cellar", "ключ")
    press(tab, "Save and test")
    expect(tab.page.get_by_role("alert").first).to_be_visible()
    assert_looks_well(tab)
    fill_in(tab, fake_provider, "Cellar", "sk-wrong")
    press(tab, "Save and test")
    expect(tab.page.get_by_text("Test again")).to_be_visible()
    assert_looks_well(tab)
    assert_looks_well(tab.goto("/connections/"))
    tab.problems[:] = [problem for problem in tab.problems if " 422 " not in problem]
    assert tab.problems == []


def assert_looks_well(tab):
    assert tab.barriers_in_both() == [], tab.page.url
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab.page.url


def test_needs_no_scripts(product, browsers, captain, fake_provider):
    tab = browsers.tab(product.url, java_script_enabled=False).sign_in(captain.name).goto("/connections/new/")
    follow(tab, "Another address")
    fill_in(tab, fake_provider, "Attic")
    press(tab, "Save and test")
    works = tab.page.get_by_text("It works.")
    for _ in range(30):
        if works.or_(tab.page.get_by_text("Test again")).count():
            break
        time.sleep(0.2)
        follow(tab, "Look again")
    expect(works).to_be_visible()

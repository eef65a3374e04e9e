"""A link that is made, read without JavaScript, copied by somebody else, and revoked."""

import pytest
from playwright.sync_api import expect

from tests.fake_provider import expected_text

pytestmark = pytest.mark.browser
QUESTION = "/say 12 words"


@pytest.fixture
def conversation(person):
    conversation = person.start(QUESTION)
    person.settled(conversation)
    return conversation


def open_sheet(tab, conversation):
    tab.goto(f"/c/{conversation}/")
    tab.page.get_by_role("button", name="Actions for this conversation").first.click()
    tab.page.locator("#menu").get_by_role("button", name="Share", exact=True).click()
    sheet = tab.page.get_by_role("dialog", name="Share")
    expect(sheet.get_by_role("button", name="Create a link")).to_be_visible()
    return sheet


def create(sheet):
    sheet.get_by_role("button", name="Create a link").click()
    expect(sheet.locator("[data-share]")).to_have_count(1)
    return sheet.get_by_role("textbox").input_value()


def path_of(tab, link):
    assert link.startswith(f"{tab.url}/s/")
    return link.removeprefix(tab.url)


def test_a_link_is_made_read_copied_and_revoked(tab, browsers, stack, conversation):
    path = path_of(tab, create(sheet := open_sheet(tab, conversation)))
    anybody = browsers.tab(tab.url, java_script_enabled=False).goto(path)
    expect(anybody.page.get_by_role("heading", level=1)).to_have_text(QUESTION)
    expect(anybody.page.locator("[data-role=assistant] [data-body]")).to_have_text(expected_text(QUESTION))
    assert anybody.page.context.cookies() == []
    copies_after_signing_in(anybody, stack.person(), tab.url + path)
    sheet.get_by_role("button", name="Revoke").click()
    expect(sheet.locator("[data-share]")).to_have_count(0)
    assert anybody.page.goto(tab.url + path).status == 404
    expect(anybody.page.get_by_role("heading")).to_have_text("This link shows nothing")


def copies_after_signing_in(anybody, person, link):
    anybody.page.get_by_role("link", name="Sign in to go on").click()
    anybody.page.fill("[name=username]", person.name)
    anybody.page.fill("[name=password]", "correct horse battery staple")
    anybody.page.press("[name=password]", "Enter")
    anybody.page.get_by_role("button", name="Copy into my conversations").click()
    anybody.page.wait_for_url("**/c/*/")
    expect(anybody.body).to_have_text(expected_text(QUESTION))
    anybody.goto(link.removeprefix(anybody.url)).page.get_by_role("link", name="Copy into my conversations").click()
    anybody.page.get_by_role("button", name="Copy into my conversations").click()
    expect(anybody.page.locator("li[id^=conversation_]")).to_have_count(1)


def test_the_link_is_copied_with_a_button(tab, conversation):
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=tab.url)
    link = create(sheet := open_sheet(tab, conversation))
    sheet.get_by_role("button", name="Copy the link").click()
    expect(tab.page.locator("#parley-announcer")).to_have_text("Copied.")
    assert tab.page.evaluate("navigator.clipboard.readText()") == link


def test_the_list_counts_views_and_revokes(tab, browsers, conversation):
    path = path_of(tab, create(open_sheet(tab, conversation)))
    browsers.tab(tab.url).goto(path)
    tab.goto(path)
    tab.goto("/").choose("Shared links")
    row = tab.page.locator("[data-share]")
    expect(row).to_contain_text("1 view")
    row.get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("Revoked")
    expect(row.get_by_role("button")).to_have_count(0)


def test_everything_works_without_javascript(browsers, person, conversation):
    plain = browsers.tab(person.url, java_script_enabled=False).sign_in(person.name).goto(f"/c/{conversation}/share/")
    plain.page.get_by_label("The link ends").select_option("after a day")
    plain.page.get_by_role("button", name="Create a link").click()
    link = plain.page.get_by_role("textbox").input_value()
    expect(plain.goto(path_of(plain, link)).page.locator("[data-body]")).to_have_count(2)
    plain.goto("/shares/").page.get_by_role("button", name="Revoke").click()
    expect(plain.page.locator("[data-share]")).to_contain_text("Revoked")


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["wide", "phone"])
def test_has_no_barriers(tab, browsers, person, size):
    conversation = person.start("/markdown")
    person.settled(conversation)
    tab.page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    path = path_of(tab, create(open_sheet(tab, conversation)))
    assert tab.barriers_in_both() == []
    for page in (path, f"{path}copy/", "/shares/", f"/c/{conversation}/share/", "/s/nonsense/"):
        assert tab.goto(page).barriers_in_both() == [], page
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page
    tab.problems[:] = [problem for problem in tab.problems if " 404 " not in problem]

"""Whoever signs in again in another tab loses nothing that was typed in this one."""

import pytest
from playwright.sync_api import expect

from tests.support.people import PASSWORD

pytestmark = pytest.mark.browser
VOID = """document.head.querySelector('meta[name="csrf-token"]').content = "x".repeat(64)
for (const field of document.querySelectorAll('[name=csrfmiddlewaretoken]')) field.value = "x".repeat(64)"""
LOCKED = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("Access is denied.", "SecurityError") } })"""
DROP = """(target) => {
  const dataTransfer = new DataTransfer()
  dataTransfer.items.add(new File(["x"], "notes.txt", { type: "text/plain" }))
  return !target.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }))
}"""


def fill_in(tab, name):
    tab.page.fill("[name=username]", name)
    tab.page.fill("[name=password]", PASSWORD)
    return tab


def test_a_second_tab_to_sign_in_goes_on_where_the_first_is(browsers, person):
    first = browsers.tab(person.url)
    second = browsers.second(first)
    for tab in (first, second):
        fill_in(tab.goto("/accounts/login/"), person.name)
    for tab in (first, second):
        tab.page.press("[name=password]", "Enter")
        tab.ready()
        assert tab.problems == []


def test_a_form_with_a_void_token_is_sent_all_the_same(tab, stack):
    tab.ask("hello").wait_for_status("done")
    tab.page.evaluate(VOID)
    tab.ask("And then?").wait_for_status("done")
    expect(tab.messages).to_have_count(4)
    assert [row["content"] for row in stack.db.messages(tab.conversation)].count("And then?") == 1
    tab.problems[:] = [problem for problem in tab.problems if " 403 " not in problem]


def test_a_form_that_stays_refused_keeps_what_was_typed(tab):
    tab.ask("hello").wait_for_status("done")
    tab.page.route("**/messages/", lambda route: route.fulfill(status=403, content_type="text/html", body="No."))
    tab.ask("And then?")
    expect(tab.page.get_by_text("Your message could not be sent.")).to_be_visible()
    expect(tab.composer).to_have_value("And then?")
    tab.problems[:] = [problem for problem in tab.problems if " 403 " not in problem]


def test_works_where_storage_is_forbidden_to_scripts(browsers, person):
    tab = browsers.tab(person.url)
    tab.page.context.add_init_script(LOCKED)
    tab.sign_in(person.name).ask("/say 5 words").wait_for_status("done")
    with tab.page.expect_response(lambda response: "A+draft" in (response.request.post_data or "")):
        tab.composer.fill("A draft")
    tab.page.reload()
    expect(tab.composer).to_have_value("A draft")
    assert tab.problems == []


def test_a_file_that_is_dropped_on_the_page_does_not_replace_it(tab):
    tab.composer.fill("Half a question")
    assert tab.page.locator("main").evaluate(DROP)
    assert tab.composer.evaluate(DROP)
    expect(tab.composer).to_have_value("Half a question")
    tab.goto("/transfers/")
    assert not tab.page.locator("input[type=file]").evaluate(DROP)

"""Budgets in a real browser: an administrator sets one, and a person who has used it up loses nothing."""

import pytest
from playwright.sync_api import expect

from parley.models.budget import KEPT_FOR
from tests.browser.test_barriers import PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def administrator(browsers, stack):
    tab = browsers.tab_of(stack.person(staff=True))
    yield tab
    assert tab.problems == []
    stack.db.query("DELETE FROM parley_budget")
    tab.page.wait_for_timeout(1000 * KEPT_FOR + 200)


def refused(tab):
    """The console's own words of a form that was refused are no problem."""
    tab.problems[:] = [problem for problem in tab.problems if "422" not in str(problem)]


def test_one_that_is_used_up_refuses_and_keeps_what_was_typed(administrator, tab, person):
    tab.ask("/say 30 words").wait_for_status("done")
    page = administrator.goto("/budgets/").page
    assert administrator.barriers_in_both() == []
    page.get_by_role("link", name="New budget").click()
    page.get_by_label("For whom").select_option("person")
    page.get_by_label("Limit").fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Give the budget a limit above 0.")).to_be_visible()
    assert administrator.barriers_in_both() == []
    refused(administrator)
    page.get_by_label("Name of the person").fill(person.name)
    page.get_by_label("Limit").fill("250")
    page.get_by_label("Counted in").select_option("tokens")
    page.get_by_role("button", name="Save").click()
    named = page.get_by_role("link", name=f"{person.name}, per month", exact=True)
    expect(named).to_be_visible()
    page.set_viewport_size(PHONE)
    named.click()
    expect(page.get_by_role("heading", name=f"{person.name}, per month")).to_be_visible()
    assert administrator.barriers_in_both() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Limit").fill("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It is used up.")).to_be_visible()
    assert administrator.barriers_in_both() == []

    tab.page.wait_for_timeout(1000 * KEPT_FOR + 200)
    tab.page.reload()
    expect(tab.page.get_by_text("used up. It begins anew on")).to_be_visible()
    tab.composer.fill("What I have typed")
    tab.page.get_by_role("button", name="Send").click()
    expect(tab.page.get_by_role("alert").get_by_text("Too little is left for an answer: 0 tokens")).to_be_visible()
    expect(tab.composer).to_have_value("What I have typed")
    assert tab.barriers_in_both() == []
    refused(tab)


def test_retry_says_at_the_reply_why_it_is_refused(administrator, tab, person, stack):
    tab.ask("/fail-first 1 with 401 then /say 12 words").wait_for_status("failed")
    page = administrator.goto("/budgets/new/").page
    page.get_by_label("Limit").fill("1")
    page.get_by_label("Counted in").select_option("tokens")
    page.get_by_label("Each of them has it alone").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="each person, per month", exact=True)).to_be_visible()
    tab.page.wait_for_timeout(1000 * KEPT_FOR + 200)
    tab.page.reload()
    tab.composer.fill("Being typed")
    for _ in range(2):
        tab.reply.get_by_role("button", name="Retry").click()
        expect(tab.reply.get_by_text("Too little is left for an answer: 1 token")).to_have_count(1)
        tab.page.wait_for_timeout(300)
    expect(tab.composer).to_have_value("Being typed")
    assert tab.barriers_in_both() == []
    refused(tab)

"""The pages of usage and prices can be read by everybody, on every screen."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from parley.ids import uuid7

pytestmark = [pytest.mark.browser]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
MODELS = (
    *(("gpt-5-mini", "", "api.openai.com", 0.0123), ("claude-sonnet-4-5-20250929", "gateway", "Gateway", 0.12)),
    ("anthropic/a-model-with-a-very-long-name-that-somebody-chose", "gateway", "Gateway", None),
)


@pytest.fixture
def person(stack):
    """An administrator who has asked each day for weeks, and others who have."""
    person = stack.person(staff=True)
    ids = [
        stack.db.one("SELECT id FROM auth_user WHERE username = ?", name)["id"]
        for name in (person.name, stack.person().name)
    ]
    calls = [call(ids[number % 2], number) for number in range(60)]
    stack.db.query("DELETE FROM parley_call")
    stack.db.insert("parley_call", [{**row, "id": stack.db.key(str(row["id"]))} for row in calls])
    return person


def call(owner_id, number):
    model, connection, provider, cost = MODELS[number % 3]
    at = datetime.now(UTC) - timedelta(days=number % 20)
    values = {"model": model, "connection": connection, "provider": provider, "cost": cost and cost * (1 + number % 7)}
    values |= {"outcome": "failed", "error": "provider_down"} if number % 9 == 8 else {"outcome": "done", "error": ""}
    times = {
        "started_at": str(at),
        "first_token_ms": 100 * number,
        "day": str(at.date()),
    }
    return {
        **values, **times, "id": uuid7(), "owner_id": owner_id, "owner_name": "", "purpose": "answer", "attempt": 1,
        "number": 1, "prompt_tokens": 1234 * number, "completion_tokens": 321, "estimated": number % 5 == 0,
    }  # fmt: skip


def looked_at(tab, name):
    """No barrier in light and dark, and on a phone nothing to the side; a picture of each, where a folder is named."""
    assert tab.barriers_in_both() == []
    expect(tab.page.locator("main h1")).to_have_count(1)
    for scheme in ("light", "dark"):
        tab.page.emulate_media(color_scheme=scheme)
        for size in (DESKTOP, PHONE):
            tab.page.set_viewport_size(size)
            assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            if folder := os.environ.get("PICTURES"):
                tab.page.screenshot(path=f"{folder}/{name}-{scheme}-{size['width']}.png", full_page=True)
    tab.page.set_viewport_size(DESKTOP)
    tab.page.emulate_media(color_scheme="light")


def test_pages_of_usage(tab):
    looked_at(tab.goto("/usage/"), "mine")
    assert tab.page.locator("svg.chart rect").count() == datetime.now(UTC).day
    tab.page.get_by_role("link", name="Usage of everybody").click()
    expect(tab.page.get_by_role("heading", name="By person")).to_be_visible()
    looked_at(tab, "all")
    looked_at(tab.goto("/usage/?month=2020-01"), "empty")


@pytest.fixture
def tab(tab):
    yield tab
    tab.problems[:] = [problem for problem in tab.problems if " 422 " not in problem]


def test_a_price_is_entered_for_a_model_without_one(tab):
    tab.goto("/prices/")
    tab.page.get_by_role("link", name="gateway: claude-sonnet").click()
    expect(tab.page.get_by_label("Model", exact=True)).to_have_value("gateway::claude-sonnet-4-5-20250929")
    tab.page.get_by_label("Input", exact=True).fill("-3")
    tab.page.get_by_label("Output").fill("15")
    tab.page.locator("form.generation-settings").evaluate("form => { form.noValidate = true }")
    tab.page.get_by_role("button", name="Save").click()
    expect(tab.page.get_by_role("alert")).to_have_text("Prices are 0 or more.")
    looked_at(tab, "price-refused")
    tab.page.get_by_label("Input", exact=True).fill("3")
    tab.page.get_by_role("button", name="Save").click()
    expect(tab.page.get_by_role("row", name="gateway: claude-sonnet")).to_be_visible()
    looked_at(tab, "prices")
    tab.page.set_viewport_size(PHONE)
    tab.page.get_by_role("link", name="gateway: claude-sonnet").click()
    expect(tab.page.get_by_label("Output")).to_have_value("15")
    looked_at(tab, "price-changed")
    tab.page.get_by_role("button", name="Delete this price").click()
    tab.page.get_by_role("button", name="Delete", exact=True).click()
    expect(tab.page.get_by_text("There are no prices yet")).to_be_visible()


def test_a_message_shows_what_it_took(tab, person):
    person.settled(conversation := person.start("/usage-last 5"))
    tab.goto(f"/c/{conversation}/")
    tab.page.get_by_role("link", name="More for this message").last.click()
    tab.page.get_by_text("Tokens and cost").click()
    expect(tab.page.locator(".calls")).to_contain_text("Tokens written5")
    looked_at(tab, "message")

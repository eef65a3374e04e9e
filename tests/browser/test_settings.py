"""Models, settings and presets in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.processes import until

pytestmark = pytest.mark.browser


@pytest.fixture
def listed(tab):
    """A tab for whose composer the models are listed."""
    until(
        lambda: tab.goto("/").page.locator('[name="model"] option[value="fake-2"]').count(), 20, "No models are listed"
    )
    return tab


def model_of(tab):
    return tab.page.locator(".asked")


def open_settings(tab):
    model_of(tab).get_by_role("link").click()
    tab.page.get_by_role("link", name="Settings of this conversation").click()
    expect(tab.page.get_by_role("heading", name="Settings")).to_be_visible()


def test_asks_the_model_that_was_chosen_beside_the_composer(listed, stack):
    listed.page.get_by_label("Model", exact=True).select_option("fake-2")
    listed.ask("Who are you?").wait_for_status("done")
    expect(listed.reply).to_contain_text("fake-2")
    expect(model_of(listed)).to_contain_text("fake-2")
    assert stack.provider.asked("Who are you?")[0].body["model"] == "fake-2"


def test_changes_the_settings_of_a_conversation_in_every_tab(listed, browsers, stack):
    listed.ask("hello").wait_for_status("done")
    second = browsers.second(listed).goto(f"/c/{listed.conversation}/")
    open_settings(listed)
    listed.page.get_by_label("Model", exact=True).select_option("fake-2")
    listed.page.get_by_label("Instructions").fill("Be brief.")
    listed.page.get_by_label("Temperature").fill("0.5")
    listed.page.get_by_role("button", name="Save", exact=True).click()
    expect(model_of(listed)).to_contain_text("fake-2")
    expect(model_of(second)).to_contain_text("fake-2")
    listed.ask("With settings?")
    expect(listed.replies).to_have_count(2)
    listed.wait_for_status("done")
    body = stack.provider.asked("With settings?")[0].body
    assert (body["model"], body["temperature"]) == ("fake-2", 0.5)
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert second.problems == []


def test_keeps_settings_as_a_preset_and_starts_from_it(listed, stack):
    listed.ask("hello").wait_for_status("done")
    open_settings(listed)
    listed.page.get_by_label("Instructions").fill("Talk like a pirate.")
    listed.page.get_by_label("Name of the preset").fill("Pirate")
    listed.page.get_by_role("button", name="Save as a preset").click()
    listed.page.wait_for_url("**/presets/")
    listed.goto("/").page.get_by_role("link", name="Pirate").click()
    expect(listed.page.locator(".beginning .chosen")).to_have_text("Pirate")
    listed.ask("Ahoy?").wait_for_status("done")
    assert stack.provider.asked("Ahoy?")[0].body["messages"][0]["content"] == "Talk like a pirate."


def test_lists_the_models_anew_and_keeps_what_is_typed(listed):
    listed.goto("/presets/new/")
    listed.page.get_by_label("Name", exact=True).fill("Half-typed")
    before = listed.page.locator("#model_field .hint").inner_text()
    with listed.page.expect_response("**/models/refresh/"):
        listed.page.get_by_role("button", name="Ask again").click()
    expect(listed.page.locator("#model_field .hint")).to_contain_text(before.partition(":")[0])
    expect(listed.page.get_by_label("Name", exact=True)).to_have_value("Half-typed")
    expect(listed.page).to_have_url(re.compile("/presets/new/$"))


def test_keeps_what_is_typed_when_the_page_is_told_to_load_again(tab, stack):
    tab.ask("hello").wait_for_status("done")
    conversation = tab.conversation
    open_settings(tab)
    tab.page.get_by_label("Instructions").fill("Half-typed")
    code = (
        "from parley.models import Conversation, Feed;"
        f"Feed.advance(Conversation.objects.get(pk='{conversation}').owner_id, removed=True)"
    )
    with tab.page.expect_event("console", lambda message: message.text == "kept"):
        tab.page.evaluate(
            "addEventListener('turbo:before-stream-render', event => setTimeout(() => "
            "console.log(event.defaultPrevented ? 'kept' : 'lost')))"
        )
        stack.manage("shell", "-c", code)
    expect(tab.page.get_by_label("Instructions")).to_have_value("Half-typed")


def test_says_what_is_wrong_and_keeps_what_was_typed(tab):
    tab.goto("/presets/new/")
    tab.page.get_by_label("Name", exact=True).fill("Too hot")
    tab.page.get_by_label("Temperature").fill("7")
    tab.page.locator("form.generation-settings").evaluate("form => form.noValidate = true")
    tab.page.get_by_role("button", name="Save", exact=True).last.click()
    expect(tab.page.get_by_role("alert")).to_contain_text("2")
    expect(tab.page.get_by_label("Name", exact=True)).to_have_value("Too hot")
    expect(tab.page.get_by_label("Temperature")).to_have_value("7")
    tab.problems[:] = [problem for problem in tab.problems if "422" not in problem]


def test_deletes_a_preset_after_a_question(tab, person):
    person.post("/presets/new/", name="Pirate")
    tab.goto("/presets/").page.get_by_role("link", name="Edit Pirate").click()
    tab.page.get_by_role("button", name="Delete this preset").click()
    tab.page.get_by_role("button", name="Delete", exact=True).click()
    tab.page.wait_for_url("**/presets/")
    expect(tab.page.get_by_text("You have no presets yet.")).to_be_visible()


@pytest.mark.exhaustive
@pytest.mark.parametrize("path", ["/", "/presets/", "/presets/new/"])
def test_has_no_barriers(tab, person, path):
    person.post("/presets/new/", name="Pirate", instructions="Talk like one.")
    assert tab.goto(path).barriers_in_both() == []


def test_saves_without_javascript(browsers, person, stack):
    conversation = person.start("hello")
    person.settled(conversation)
    tab = browsers.tab(person.url, java_script_enabled=False).sign_in(person.name)
    tab.goto(f"/c/{conversation}/settings/")
    tab.page.get_by_label("Instructions").fill("Be brief.")
    tab.page.get_by_label("Instructions").press("Tab")
    tab.page.get_by_role("button", name="Save", exact=True).last.click()
    tab.page.wait_for_url(f"**/c/{conversation}/")
    person.ask(conversation, "On paper?")
    person.settled(conversation)
    assert stack.provider.asked("On paper?")[0].body["messages"][0]["content"] == "Be brief."

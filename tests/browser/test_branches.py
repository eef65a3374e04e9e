"""Versions of questions and answers, forks and deletions, in two tabs."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.processes import until

pytestmark = pytest.mark.browser


@pytest.fixture
def asked(tab):
    """A tab with two answered questions."""
    tab.ask("first question").page.wait_for_url("**/c/*/")
    tab.wait_for_status("done").ask("second question")
    expect(tab.replies).to_have_count(2)
    expect(tab.body).to_have_text("You said: second question")
    return tab.wait_for_status("done")


@pytest.fixture
def second(asked, browsers):
    second = browsers.second(asked).goto(f"/c/{asked.conversation}/")
    expect(second.messages).to_have_count(4)
    yield second
    assert second.problems == []


def question(tab, text):
    return tab.page.locator("[data-role=user]").filter(has_text=text)


def reply_to(tab, text):
    return tab.page.locator("[data-role=assistant]").filter(has_text=f"You said: {text}")


def edit(tab, text, better):
    question(tab, text).get_by_role("link", name="Edit").click()
    expect(tab.composer).to_have_value(text)
    expect(tab.composer).to_be_focused()
    tab.ask(better)


def menu(tab, message):
    message.get_by_role("link", name="More for this message").click()
    return tab.page.locator("#message-actions")


def sort_key(element):
    """How far from the top it is, when that has been the same for half a second; it may be replaced meanwhile."""
    places = []

    def rests():
        box = element.bounding_box()
        places.append(box and box["y"])
        return places[-6:] == places[-1:] * 6 and places[-1] is not None

    until(rests, 15, "It does not stay where it is", every=0.1)
    return places[-1]


def texts(tab):
    return tab.page.locator("[data-body]")


def test_edits_an_earlier_question_and_goes_back_in_both_tabs(asked, second):
    edit(asked, "first question", "better question")
    for tab in (asked, second):
        expect(texts(tab)).to_have_text(["better question", "You said: better question"])
    arrows = question(second, "better question").locator(".versions")
    expect(arrows).to_contain_text("2 / 2")
    arrows.get_by_role("button", name="Previous version").click()
    for tab in (second, asked):
        expect(tab.messages).to_have_count(4)
        expect(question(tab, "first question").locator(".versions")).to_contain_text("1 / 2")
        expect(tab.body).to_have_text("You said: second question")
    expect(asked.composer).to_have_value("")


def test_gives_back_what_was_typed_before_an_edit(asked):
    asked.composer.fill("half a thought")
    question(asked, "second question").get_by_role("link", name="Edit").click()
    expect(asked.composer).to_have_value("second question")
    asked.composer.press("Escape")
    expect(asked.composer).to_have_value("half a thought")
    edit(asked, "second question", "better question")
    expect(texts(asked).last).to_have_text("You said: better question")
    expect(asked.composer).to_have_value("half a thought")
    expect(asked.composer).to_be_focused()
    asked.wait_for_status("done").page.reload()
    expect(asked.composer).to_have_value("half a thought")


def test_keeps_what_is_being_edited_while_another_tab_deletes(asked, second):
    question(asked, "second question").get_by_role("link", name="Edit").click()
    asked.composer.fill("better question")
    sheet = menu(second, reply_to(second, "first question"))
    sheet.get_by_text("Delete this message").click()
    sheet.get_by_role("button", name="Delete").click()
    expect(second.messages).to_have_count(3)
    asked.page.wait_for_timeout(1_000)
    expect(asked.composer).to_have_value("better question")
    asked.composer.press("Enter")
    joined = "You said: first questionbetter question"
    expect(texts(asked)).to_have_text(["first question", "better question", joined])


def test_shows_what_another_tab_deleted_when_an_edit_is_cancelled(asked, second):
    question(asked, "second question").get_by_role("link", name="Edit").click()
    sheet = menu(second, reply_to(second, "first question"))
    sheet.get_by_text("Delete this message").click()
    sheet.get_by_role("button", name="Delete").click()
    expect(second.messages).to_have_count(3)
    asked.page.wait_for_timeout(1_000)
    expect(asked.messages).to_have_count(4)
    asked.composer.press("Escape")
    expect(asked.messages).to_have_count(3)
    expect(asked.composer).to_have_value("")


def test_answers_again_and_keeps_the_place_and_the_focus_between_versions(asked, second):
    reply_to(asked, "first question").get_by_role("button", name="Answer again").click()
    for tab in (asked, second):
        expect(tab.messages).to_have_count(2)
        expect(tab.reply.locator(".versions")).to_contain_text("2 / 2")
        tab.wait_for_status("done")
    sort_key(asked.reply.locator(".versions"))
    asked.reply.get_by_role("button", name="Previous version").focus()
    before = sort_key(asked.reply.locator(".versions"))
    asked.page.keyboard.press("Enter")
    expect(asked.messages).to_have_count(4)
    expect(second.messages).to_have_count(4)
    arrows = reply_to(asked, "first question").locator(".versions")
    expect(arrows.get_by_role("button", name="Previous version")).to_be_focused()
    assert abs(sort_key(arrows) - before) < 8
    assert asked.page.url == second.page.url


def test_answers_again_by_another_model(asked, stack):
    menu(asked, reply_to(asked, "second question")).get_by_text("Answer again by").click()
    picker = asked.page.get_by_role("dialog", name="Choose a model")
    picker.get_by_label("Search models").fill("fake-2")
    expect(picker.locator("button[name=model]")).to_have_count(1)
    picker.get_by_role("button", name="fake-2", exact=True).click()
    expect(asked.reply.locator(".versions")).to_contain_text("2 / 2")
    for sheet in (picker, asked.page.locator("#message-actions")):
        expect(sheet).to_be_hidden()
    asked.wait_for_status("done")
    models = [row["model"] for row in stack.db.messages(asked.conversation) if row["role"] == "assistant"]
    assert len(set(models)) == 2
    expect(asked.reply.locator(".meta")).to_contain_text(models[-1])


def test_leaves_a_branch_alone_while_an_answer_streams_on_another(asked, second):
    asked.ask("/say 60 words at 20").wait_for_status("streaming")
    expect(second.messages).to_have_count(6)
    edit(second, "second question", "another question")
    for tab in (second, asked):
        expect(texts(tab)).to_have_text(
            ["first question", "You said: first question", "another question", "You said: another question"],
            timeout=20_000,
        )
    question(asked, "another question").get_by_role("button", name="Previous version").click()
    expect(asked.messages).to_have_count(6)
    asked.wait_for_status("done")
    expect(second.messages).to_have_count(6)


def test_forks_and_goes_on_in_the_fork_alone(asked, second):
    original = asked.page.url
    menu(asked, reply_to(asked, "first question")).get_by_role("button", name="Fork from here").click()
    asked.page.wait_for_url(lambda url: url != original)
    expect(asked.page.get_by_role("heading", level=1)).to_have_text("first question (fork)")
    expect(second.page.locator("#conversations")).to_contain_text("first question (fork)")
    expect(asked.messages).to_have_count(2)
    asked.ask("a question of the fork")
    expect(asked.body).to_have_text("You said: a question of the fork")
    expect(asked.messages).to_have_count(4)
    expect(second.messages).to_have_count(4)
    expect(second.body).to_have_text("You said: second question")


def test_goes_on_in_a_fork_with_an_answer_that_was_stopped(asked, second):
    asked.ask("/say 4000 words at 100").wait_for_status("streaming")
    asked.composer.press("Escape")
    asked.wait_for_status("stopped")
    menu(asked, asked.reply).get_by_role("button", name="Fork from here").click()
    expect(asked.page.get_by_role("heading", level=1)).to_have_text("first question (fork)")
    asked.page.get_by_role("button", name="Retry").click()
    asked.wait_for_status("streaming")
    expect(second.page.get_by_role("button", name="Retry")).to_be_visible()
    asked.composer.press("Escape")
    asked.wait_for_status("stopped")
    expect(second.page.locator("[data-message][aria-busy]")).to_have_count(0)


def test_deletes_a_message_and_a_branch_after_a_confirmation(asked, second):
    sheet = menu(asked, reply_to(asked, "first question"))
    expect(sheet.get_by_role("button", name="Delete")).to_have_count(0)
    sheet.get_by_text("Delete this message").click()
    sheet.get_by_role("button", name="Delete").click()
    for tab in (asked, second):
        expect(texts(tab)).to_have_text(["first question", "second question", "You said: second question"])
    sheet = menu(second, question(second, "second question"))
    sheet.get_by_text("Delete from here on").click()
    sheet.get_by_role("button", name="Delete").click()
    for tab in (asked, second):
        expect(texts(tab)).to_have_text(["first question"])
    second.ask("and on")
    for tab in (second, asked):  # with the question that is without an answer
        expect(tab.body.locator("p")).to_have_text(["You said: first question", "and on"])


def test_goes_to_a_message_of_a_long_conversation_and_on_from_there(tab, stack, person):
    conversation = person.start("hello")
    person.settled(conversation)
    added = [{"content": f"number {each}.", "html": f"<p>number {each}.</p>"} for each in range(100)]
    ids = stack.db.add_messages(conversation, added)
    tab.goto(f"/c/{conversation}/?message={ids[50]}#message_{ids[50]}")
    found = tab.page.locator("[data-found]")
    expect(found).to_contain_text("number 50.")
    expect(found).to_be_in_viewport()
    expect(found).to_be_focused()
    tab.page.locator(".newer").last.scroll_into_view_if_needed()
    expect(tab.page.get_by_text("number 70.")).to_have_count(1)
    tab.page.get_by_role("button", name="Jump to the newest").click()
    expect(tab.page.get_by_text("number 99.")).to_be_in_viewport()
    expect(tab.page.get_by_text("number 50.")).to_have_count(0)
    tab.goto(f"/c/{conversation}/?message={ids[50]}")
    tab.ask("and now?")
    expect(tab.body).to_have_text("You said: and now?")
    expect(tab.body).to_be_in_viewport()


def test_turns_edits_and_deletes_without_javascript(browsers, person):
    conversation = person.start("first question")
    person.settled(conversation)
    plain = browsers.tab(person.url, java_script_enabled=False).sign_in(person.name)
    plain.goto(f"/c/{conversation}/")
    question(plain, "first question").get_by_role("link", name="Edit").click()
    plain.composer.fill("better question")
    plain.page.get_by_role("button", name="Send").click()
    expect(question(plain, "better question").locator(".versions")).to_contain_text("2 / 2")
    person.settled(conversation)
    plain.page.reload()
    question(plain, "better question").get_by_role("button", name="Previous version").click()
    expect(texts(plain)).to_have_text(["first question", "You said: first question"])
    question(plain, "first question").get_by_role("link", name="More for this message").click()
    plain.page.get_by_text("Delete from here on").click()
    plain.page.get_by_role("button", name="Delete").last.click()
    expect(texts(plain)).to_have_text(["better question", "You said: better question"])


def assert_no_barriers(tab):
    expect(tab.page.locator("html")).not_to_have_attribute("aria-busy", re.compile(""))
    assert tab.barriers_in_both() == []


@pytest.mark.exhaustive
def test_puts_up_no_barriers(asked):
    edit(asked, "first question", "better question")
    expect(asked.body).to_have_text("You said: better question")
    asked.page.reload()
    expect(asked.reply.get_by_role("link", name="More for this message")).to_be_visible()
    assert_no_barriers(asked)
    sheet = menu(asked, asked.reply)
    expect(sheet.get_by_role("button", name="Fork from here")).to_be_focused()
    assert_no_barriers(asked)
    sheet.get_by_text("Delete this message").click()
    assert_no_barriers(asked)
    asked.page.keyboard.press("Escape")
    expect(asked.reply.get_by_role("link", name="More for this message")).to_be_focused()
    asked.reply.get_by_role("link", name=re.compile(r"\d")).click()
    expect(asked.page.locator("[data-found]")).to_be_visible()
    assert_no_barriers(asked)

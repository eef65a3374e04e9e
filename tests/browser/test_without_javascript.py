"""The product in a browser that runs no script."""

import pytest
from playwright.sync_api import expect

from tests.fake_provider import expected_text

pytestmark = pytest.mark.browser
QUESTION = "/fail-first 1 with 401 then /say 12 words"


@pytest.fixture
def plain(browsers, person):
    """A person's tab without JavaScript."""
    return browsers.tab(person.url, java_script_enabled=False).sign_in(person.name)


def ask(tab, text):
    tab.composer.fill(text)
    tab.page.get_by_role("button", name="Send").click()


def reload_until(tab, person, status):
    person.settled(tab.conversation)
    tab.page.reload()
    expect(tab.reply).to_have_attribute("data-status", status)


def test_begins_a_conversation_and_reads_the_answer_after_a_reload(plain, person):
    ask(plain, "/say 12 words")
    plain.page.wait_for_url("**/c/*/")
    reload_until(plain, person, "done")
    expect(plain.body).to_have_text(expected_text("/say 12 words"))
    ask(plain, "/say 5 words")
    expect(plain.messages).to_have_count(4)
    reload_until(plain, person, "done")
    expect(plain.body).to_have_text(expected_text("/say 5 words"))
    expect(plain.composer).to_have_value("")


def test_tries_again_and_stops(plain, person):
    ask(plain, QUESTION)
    plain.page.wait_for_url("**/c/*/")
    reload_until(plain, person, "failed")
    plain.reply.get_by_role("button", name="Retry").click()
    reload_until(plain, person, "done")
    ask(plain, "/say 400 words at 10")
    with plain.page.expect_navigation():
        plain.reply.get_by_role("button", name="Stop").click()
    reload_until(plain, person, "stopped")
    plain.reply.get_by_role("button", name="Retry").wait_for()


def test_is_told_what_is_wrong_with_a_question(plain):
    ask(plain, " ")
    expect(plain.page.get_by_role("alert")).to_contain_text("Write a message first")


def test_reads_older_messages(plain, person, stack):
    conversation = person.start("the first of all")
    person.settled(conversation)
    stack.db.add_messages(conversation, [{"content": f"message {number}", "html": ""} for number in range(70)])
    plain.goto(f"/c/{conversation}/")
    for _ in range(5):
        if not (older := plain.page.get_by_role("link", name="Older messages")).count():
            break
        older.click()
        plain.page.wait_for_url("**/older/**")
    expect(plain.messages.first).to_contain_text("the first of all")


def test_brings_no_question_back_that_was_sent(plain, person):
    """The page is fetched anew, with a key of its own: what its form still held would be asked a second time."""
    ask(plain, "/say 5 words")
    plain.page.wait_for_url("**/c/*/")
    conversation = plain.page.url
    plain.page.go_back()
    expect(plain.composer).to_have_value("")
    plain.page.get_by_role("button", name="Send").click()
    expect(plain.page.get_by_role("alert")).to_contain_text("Write a message first")
    plain.page.goto(conversation)
    ask(plain, "/say 6 words")
    expect(plain.messages).to_have_count(4)
    plain.page.go_back()
    expect(plain.composer).to_have_value("")
    expect(plain.messages).to_have_count(4)


def test_asks_once_when_a_form_is_sent_twice(plain, person):
    person.settled(conversation := person.start("hello"))
    plain.goto(f"/c/{conversation}/").composer.fill("/say 5 words")
    plain.page.get_by_role("button", name="Send").dblclick()
    plain.page.wait_for_load_state()
    expect(plain.messages).to_have_count(4)
    plain.page.reload()
    expect(plain.messages).to_have_count(4)


def test_signs_out(plain):
    plain.choose("Sign out")
    plain.page.wait_for_url("**/accounts/login/**")
    assert "/accounts/login/" in plain.goto("/").page.url

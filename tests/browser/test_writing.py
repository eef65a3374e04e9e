"""The composer: its keys, stopping, editing, drafts, and forms that are sent again."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.support.processes import until

pytestmark = pytest.mark.browser
SEND, STOP = ".composer .send:not(.stop)", ".composer .send.stop"


def test_stops_in_place_of_sending_while_it_answers_and_nothing_is_typed(tab):
    tab.ask("/say 400 words at 20").wait_for_status("streaming")
    expect(tab.page.locator(STOP)).to_be_visible()
    expect(tab.page.locator(SEND)).to_be_hidden()
    tab.composer.fill("next")
    expect(tab.page.locator(SEND)).to_be_visible()
    tab.composer.fill("")
    tab.page.locator(STOP).click()
    tab.wait_for_status("stopped")
    expect(tab.page.locator(SEND)).to_be_visible()
    expect(tab.composer).to_be_focused()


def test_stops_with_escape(tab):
    tab.ask("/say 400 words at 20").wait_for_status("streaming")
    tab.composer.press("Escape")
    tab.wait_for_status("stopped")


def test_says_thinking_first_and_queued_when_it_waits(tab):
    tab.ask("/say 400 words at 20").wait_for_status("streaming")
    tab.ask("hello")
    expect(tab.replies).to_have_count(2)
    expect(tab.reply.locator(".now")).to_be_visible()
    expect(tab.reply.locator(".queued")).to_be_visible()
    expect(tab.reply.locator(".now")).to_be_hidden()
    tab.composer.press("Escape")
    tab.wait_for_status("done")


def test_sends_with_control_and_enter(tab):
    tab.composer.fill("hello")
    tab.composer.press("Control+Enter")
    tab.wait_for_status("done")


def test_does_not_send_what_an_input_method_confirms(tab):
    tab.composer.fill("こんにちは")
    tab.composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    tab.composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    expect(tab.composer).to_have_value("こんにちは")
    expect(tab.messages).to_have_count(0)


@pytest.fixture
def held(tab):
    """The request of a second question, which is not let through."""
    tab.ask("hello").wait_for_status("done")
    requests = []
    tab.page.route("**/messages/", lambda route: requests.append(route), times=1)
    with tab.page.expect_request("**/messages/"):
        tab.ask("And then?")
    return until(lambda: requests or tab.page.wait_for_timeout(20))[0]


def test_leaves_alone_what_an_input_method_composes_while_a_question_is_out(tab, held):
    tab.composer.press("End")
    method = tab.page.context.new_cdp_session(tab.page)
    method.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    held.continue_()
    expect(tab.replies).to_have_count(2)
    method.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    method.send("Input.insertText", {"text": "日本"})
    expect(tab.composer).to_have_value("日本")


def test_edits_the_last_question_with_the_up_arrow(tab):
    tab.ask("first words").wait_for_status("done")
    tab.composer.press("ArrowUp")
    expect(tab.composer).to_have_value("first words")
    expect(tab.page.get_by_text("Editing your question")).to_be_visible()
    tab.composer.press("Escape")
    expect(tab.composer).to_have_value("")
    tab.composer.press("ArrowUp")
    tab.ask("better words")
    expect(tab.body).to_have_text("You said: better words")
    expect(tab.messages).to_have_count(2)
    expect(tab.composer).to_have_value("")


def test_keeps_a_draft_for_another_device(tab, browsers, person):
    tab.ask("hello").wait_for_status("done")
    with tab.page.expect_response("**/draft/"):
        tab.composer.press_sequentially("not yet sent")
    other = browsers.tab_of(person).goto(f"/c/{tab.conversation}/")
    expect(other.composer).to_have_value("not yet sent")


def test_keeps_a_draft_through_a_visit_elsewhere_and_forgets_it_when_sent(tab):
    tab.ask("hello").wait_for_status("done")
    tab.composer.press_sequentially("half a thought")
    tab.page.locator("nav a.new").click()
    expect(tab.messages).to_have_count(0)
    expect(tab.composer).to_have_value("")
    tab.page.go_back()
    expect(tab.composer).to_have_value("half a thought")
    tab.composer.press("Enter")
    expect(tab.replies).to_have_count(2)
    tab.wait_for_status("done").page.reload()
    expect(tab.composer).to_have_value("")


def test_saves_a_draft_when_the_network_is_back(tab):
    tab.ask("hello").wait_for_status("done")
    tab.page.context.set_offline(True)
    with tab.page.expect_event("requestfailed", lambda request: "/draft/" in request.url):
        tab.composer.fill("through the tunnel")
    with tab.page.expect_response("**/draft/"):
        tab.page.context.set_offline(False)
    tab.problems.clear()


@pytest.mark.parametrize("saved", [True, False])
def test_goes_on_typing_while_the_page_loads_again(tab, saved):
    tab.ask("hello").wait_for_status("done")
    if saved:
        with tab.page.expect_response("**/draft/"):
            tab.composer.fill("half thought")
    else:
        tab.page.route("**/draft/", lambda route: None)
        tab.composer.fill("half thought")
    for _ in "thought":
        tab.composer.press("ArrowLeft")
    tab.composer.evaluate("""element => {
        element.dataset.old = "yes"
        document.body.insertAdjacentHTML("beforeend", '<turbo-stream action="refresh"></turbo-stream>')
    }""")
    expect(tab.composer).not_to_have_attribute("data-old", "yes")
    expect(tab.composer).to_be_focused()
    tab.page.keyboard.type("a ")
    expect(tab.composer).to_have_value("half a thought")


@pytest.fixture
def left(tab, held):
    """The request of a question whose page was left before it was answered."""
    tab.page.locator("nav a.new").click()
    expect(tab.messages).to_have_count(0)
    return held


@pytest.mark.parametrize("status", [503, 200])
def test_keeps_a_question_that_fails_after_its_page_was_left(tab, left, status):
    with tab.page.expect_response("**/messages/"):
        left.fulfill(status=status, content_type="text/html", body="<h1>Parley is busy, or asks who you are</h1>")
    tab.page.go_back()
    expect(tab.composer).to_have_value("And then?")
    tab.problems.clear()


def test_puts_a_question_that_fails_before_what_was_typed_since(tab, left):
    tab.page.go_back()
    expect(tab.replies).to_have_count(1)
    tab.composer.fill("next")
    with tab.page.expect_response("**/messages/"):
        left.fulfill(status=503, content_type="text/html", body="<h1>Parley is busy</h1>")
    expect(tab.composer).to_have_value("And then?\n\nnext")
    tab.problems.clear()


@pytest.mark.parametrize("length", [20, 50_000])
@pytest.mark.parametrize("page", ["new", "conversation"])
def test_keeps_what_was_typed_just_before_a_reload(tab, page, length):
    if page == "conversation":
        tab.ask("hello").wait_for_status("done")
    typed = ("half a thought " * length)[:length]
    tab.composer.fill(typed)
    tab.page.reload()
    expect(tab.composer).to_have_value(typed)
    tab.composer.press("End")
    tab.page.keyboard.type("!")
    tab.page.reload()
    expect(tab.composer).to_have_value(f"{typed}!")


def test_keeps_what_was_typed_when_sending_fails(tab):
    tab.ask("hello").wait_for_status("done")
    tab.page.context.set_offline(True)
    tab.ask("through the tunnel")
    expect(tab.page.get_by_text("Your message could not be sent")).to_be_visible()
    expect(tab.composer).to_have_value("through the tunnel")
    tab.page.context.set_offline(False)
    tab.composer.press("Enter")
    expect(tab.body).to_have_text("You said: through the tunnel")
    expect(tab.messages).to_have_count(4)
    tab.problems.clear()


def test_goes_on_after_a_question_that_was_refused(tab):
    tab.ask("hello").wait_for_status("done")
    tab.ask("x" * 32_001)
    refusal = tab.page.locator("form[data-composer] [role=alert]:visible")
    expect(refusal).to_contain_text("Shorten it")
    tab.ask("in short")
    expect(tab.body).to_have_text("You said: in short")
    expect(refusal).to_have_count(0)
    expect(tab.composer).to_have_value("")
    tab.ask("and on")
    expect(tab.body).to_have_text("You said: and on")
    tab.problems[:] = [problem for problem in tab.problems if "422" not in problem]


@pytest.mark.parametrize("url", ["**/conversations/", "**/c/*/messages/"])
@pytest.mark.parametrize("status", [413, 503])
def test_keeps_what_was_typed_when_the_server_is_busy(tab, url, status):
    if "messages" in url:
        tab.ask("hello").wait_for_status("done")
    busy = {"status": status, "content_type": "text/html", "body": "<h1>Parley is busy</h1>"}
    tab.page.route(url, lambda route: route.fulfill(**busy), times=1)
    tab.ask("in the rush hour")
    expect(tab.page.get_by_text("Your message could not be sent")).to_be_visible()
    expect(tab.composer).to_have_value("in the rush hour")
    tab.composer.press("Enter")
    expect(tab.body).to_have_text("You said: in the rush hour")
    tab.problems.clear()


def test_sends_another_question_from_a_page_that_the_back_button_brought(tab):
    tab.ask("one").page.wait_for_url("**/c/*/")
    first = tab.page.url
    tab.page.go_back()
    tab.page.wait_for_url(re.compile(r"/$"))
    expect(tab.messages).to_have_count(0)
    tab.ask("two")
    expect(tab.body).to_have_text("You said: two")
    assert tab.page.url != first


def test_sends_once_when_the_button_is_pressed_twice(tab, stack):
    tab.ask("hello").wait_for_status("done")
    tab.composer.fill("only once")
    tab.page.locator(SEND).dblclick()
    expect(tab.body).to_have_text("You said: only once")
    assert [row["content"] for row in stack.db.messages(tab.conversation)].count("only once") == 1


@pytest.mark.parametrize("url", ["**/conversations/", "**/c/*/messages/"])
def test_sends_once_when_the_answer_of_the_server_was_lost(tab, stack, person, url):
    if "messages" in url:
        tab.ask("hello").wait_for_status("done")
    tab.page.route(url, lambda route: (route.fetch(max_redirects=0), route.abort("timedout")), times=1)
    tab.ask("only once")
    expect(tab.page.get_by_text("Your message could not be sent")).to_be_visible()
    expect(tab.composer).to_have_value("only once")
    tab.composer.press("Enter")
    expect(tab.body).to_have_text("You said: only once")
    assert asked(stack, person).count("only once") == 1
    tab.problems.clear()


def test_sends_once_from_a_page_that_the_back_button_brought(tab, stack, person):
    tab.ask("only once").page.wait_for_url("**/c/*/")
    tab.wait_for_status("done").page.go_back()
    tab.page.wait_for_url(re.compile(r"/$"))
    expect(tab.messages).to_have_count(0)
    if tab.composer.input_value():
        tab.composer.press("Enter")
        tab.page.wait_for_url("**/c/*/")
    assert asked(stack, person).count("only once") == 1


def asked(stack, person):
    """Return all questions of a person."""
    statement = (
        "SELECT content FROM parley_message WHERE role = 'user' AND conversation_id IN "
        "(SELECT id FROM parley_conversation WHERE owner_id = (SELECT id FROM auth_user WHERE username = ?))"
    )
    return [row["content"] for row in stack.db.query(statement, person.name)]


def test_takes_a_hundred_thousand_characters_without_growing_over_the_page(tab):
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.page.evaluate("navigator.clipboard.writeText('word word word word\\n'.repeat(5000))")
    tab.composer.focus()
    started = time.monotonic()
    tab.page.keyboard.press("Control+v")
    tab.page.keyboard.type("!")
    assert time.monotonic() - started < 15
    assert len(tab.composer.input_value()) == 100_001
    assert tab.composer.bounding_box()["height"] <= 320
    expect(tab.page.locator(SEND)).to_be_in_viewport()

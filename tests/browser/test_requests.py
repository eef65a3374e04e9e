"""What a question costs in requests, counted in a real browser."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
QUIET = 2_000
AFTER_IT = QUIET + 1_000


@pytest.fixture
def requests(tab):
    """The requests of the tab since this was cleared: method and path."""
    sent = []

    def note(request):
        if request.resource_type in ("document", "fetch"):
            sent.append(f"{request.method} {urlsplit(request.url).path}")

    tab.page.on("request", note)
    return sent


@pytest.fixture
def path(tab, requests):
    """The path of a conversation with one answer; nothing was requested since."""
    tab.ask("hello").wait_for_status("done")
    tab.page.wait_for_timeout(AFTER_IT)
    requests.clear()
    return f"/c/{tab.conversation}"


def ask(tab, count=2):
    """Send what is typed, and wait until its answer is there and nothing more is requested."""
    tab.composer.press("Enter")
    expect(tab.replies).to_have_count(count)
    tab.wait_for_status("done").page.wait_for_timeout(AFTER_IT)
    expect(tab.composer).to_have_value("")


def drafts(stack, tab):
    conversation = tab.conversation.replace("-", "")
    statement = "SELECT text FROM parley_draft WHERE replace(conversation_id, '-', '') = ?"
    return [row["text"] for row in stack.db.query(statement, conversation)]


def test_a_question_is_one_request(tab, requests, path):
    tab.composer.press_sequentially("And then?")
    ask(tab)
    assert requests == [f"POST {path}/messages/"]


def test_the_first_question_is_two(tab, requests):
    tab.composer.press_sequentially("hello")
    ask(tab, count=1)
    assert requests == ["POST /conversations/", f"GET /c/{tab.conversation}/"]


def test_a_pause_while_typing_is_one_more(tab, requests, path, stack):
    with tab.page.expect_response("**/draft/"):
        tab.composer.press_sequentially("And")
    assert drafts(stack, tab) == ["And"]
    tab.composer.press_sequentially(" then?")
    ask(tab)
    assert requests == ["POST /draft/", f"POST {path}/messages/"]
    assert drafts(stack, tab) == []


def test_what_the_server_has_is_not_saved(tab, requests, path):
    tab.composer.press_sequentially("x")
    tab.composer.press("Backspace")
    tab.page.wait_for_timeout(AFTER_IT)
    tab.page.reload()
    tab.page.wait_for_timeout(AFTER_IT)
    assert requests == [f"GET {path}/"]


def test_what_is_typed_while_a_question_is_out_is_saved_alone(tab, requests, path, stack):
    held = []
    tab.page.route("**/messages/", lambda route: held.append(route))
    tab.composer.fill("And then?")
    tab.composer.press("Enter")
    tab.composer.press("End")
    tab.composer.press_sequentially("Wait")
    with tab.page.expect_response("**/draft/"):
        held[0].continue_()
    expect(tab.composer).to_have_value("Wait")
    assert requests == [f"POST {path}/messages/", "POST /draft/"]
    assert drafts(stack, tab) == ["Wait"]


def test_a_draft_that_crosses_its_question_does_not_come_back(tab, requests, path, stack):
    held = []
    tab.page.route("**/draft/", lambda route: held.append(route), times=1)
    with tab.page.expect_request("**/draft/"):
        tab.composer.fill("And then?")
    tab.composer.press("Enter")
    expect(tab.replies).to_have_count(2)
    with tab.page.expect_response(lambda response: response.request.post_data.endswith("text=")):
        held[0].continue_()
    tab.wait_for_status("done").page.wait_for_timeout(AFTER_IT)
    assert requests == ["POST /draft/", f"POST {path}/messages/", "POST /draft/"]
    assert drafts(stack, tab) == []


def test_a_question_stays_though_the_session_has_ended(tab, requests, path):
    tab.page.context.clear_cookies(name="sessionid")
    tab.composer.fill("And then?")
    tab.composer.press("Enter")
    expect(tab.page.get_by_text("Your message could not be sent")).to_be_visible()
    expect(tab.composer).to_have_value("And then?")

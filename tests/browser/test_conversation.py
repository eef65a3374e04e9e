"""A conversation in a real browser."""

import json
import re
import time
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.fake_provider import expected_text
from tests.support.browsers import WATCH
from tests.support.processes import until

pytestmark = pytest.mark.browser


def paragraphs(tab):
    return "\n\n".join(tab.body.locator("p").all_inner_texts())


def test_streams_an_answer_into_one_element(tab, stack):
    tab.ask("hello").wait_for_status("done")
    question = "/say 120 words at 40"
    tab.watch().ask(question)
    texts = tab.texts_until_settled()
    assert len(set(texts)) >= 10
    assert all(after.startswith(before) for before, after in pairwise(texts))
    expect(tab.messages).to_have_count(4)
    assert paragraphs(tab) == expected_text(question) == stack.db.reply(tab.conversation)["content"]


def slowly(socket):
    """Let each frame take longer than the browser takes to draw it."""
    server = socket.connect_to_server()
    server.on_message(lambda frame: (time.sleep(0.03), socket.send(frame)))


def test_goes_on_from_the_text_that_a_page_came_with(tab):
    tab.ask("/say 400 words at 60").page.wait_for_url("**/c/*/")
    until(lambda: len(tab.body.inner_text()) > 900)
    tab.page.add_init_script(f"addEventListener('DOMContentLoaded', () => ({WATCH})(0))")
    tab.page.route_web_socket("**", slowly)
    tab.page.reload()
    texts = tab.texts_until_settled()
    assert len(texts[0]) > 900
    assert all(after.startswith(before) for before, after in pairwise(texts))


def test_empties_the_composer_at_once_and_shows_that_it_thinks(tab):
    tab.ask("hello").wait_for_status("done")
    tab.ask("/say 5 words after 6")
    expect(tab.composer).to_have_value("")
    expect(tab.replies).to_have_count(2)
    expect(tab.reply).to_contain_text("Thinking")
    expect(tab.reply.locator(".meta")).to_be_hidden()
    assert tab.body.inner_text() == ""
    tab.wait_for_status("done")
    expect(tab.reply).not_to_contain_text("Thinking")


def test_keeps_the_focus_in_the_composer(tab):
    tab.ask("hello").wait_for_status("done")
    tab.ask("and again")
    expect(tab.replies).to_have_count(2)
    expect(tab.composer).to_be_focused()


def test_is_the_same_in_two_tabs_while_it_streams(tab, browsers):
    tab.ask("hello").wait_for_status("done")
    second = browsers.second(tab).goto(f"/c/{tab.conversation}/").watch()
    tab.ask("/say 100 words at 50")
    expect(second.replies).to_have_count(2)
    texts = second.texts_until_settled()
    assert len(set(texts)) >= 10
    tab.wait_for_status("done")
    assert paragraphs(second) == paragraphs(tab) == expected_text("/say 100 words at 50")
    assert [row.get_attribute("id") for row in second.messages.all()] == [
        row.get_attribute("id") for row in tab.messages.all()
    ]
    assert second.problems == []


def test_stops_in_three_tabs_when_one_of_them_stops_it(tab, browsers, stack):
    tab.ask("hello").wait_for_status("done")
    tabs = [tab, *(browsers.second(tab).goto(f"/c/{tab.conversation}/").ready() for _ in range(2))]
    tab.ask("/say 900 words at 30")
    for each in tabs:
        expect(each.replies).to_have_count(2)
        expect(each.body).to_contain_text(expected_text("/say 8 words"))
    tabs[1].page.locator("form[data-composer]").get_by_role("button", name="Stop").click()
    for each in tabs:
        each.wait_for_status("stopped")
    until(lambda: stack.db.reply(tab.conversation)["html"])
    kept = stack.db.reply(tab.conversation)["content"]
    assert kept
    assert expected_text("/say 900 words at 30").startswith(kept)
    for each in tabs:
        expect(each.body.locator("p")).to_have_text(kept.strip().split("\n\n"))
    assert [each.problems for each in tabs[1:]] == [[], []]


def test_shows_a_new_conversation_in_the_list_of_another_tab(tab, browsers):
    second = browsers.second(tab).goto("/")
    tab.ask("A tale of two tabs")
    expect(second.page.locator("#conversations .entry").first).to_contain_text("A tale of two tabs")


def test_is_nothing_to_a_second_person(tab, browsers, stack):
    other = browsers.tab_of(stack.person())
    tab.ask("/say 60 words at 30")
    tab.page.wait_for_url("**/c/*/")
    response = other.page.goto(f"{stack.url}/c/{tab.conversation}/")
    assert response.status == 404
    other.goto("/")
    tab.wait_for_status("done")
    expect(other.page.locator("#conversations .entry")).to_have_count(0)
    expect(other.messages).to_have_count(0)


def test_has_the_same_tools_after_a_reload(tab):
    tab.ask("hello").wait_for_status("done")
    tab.ask("and again")
    expect(tab.body).to_have_text("You said: and again")
    tab.wait_for_status("done")
    tools = "() => [...document.querySelectorAll('.message')].map(each => each.querySelector('.meta').outerHTML)"
    before = tab.page.evaluate(tools)
    tab.page.reload()
    assert tab.page.evaluate(tools) == before
    assert len({*before}) == 4


def test_goes_on_after_a_reload_in_the_middle(tab):
    question = "/say 120 words at 40"
    tab.ask(question)
    expect(tab.body).to_contain_text(expected_text("/say 8 words"))
    tab.page.reload()
    assert expected_text("/say 8 words") in tab.body.inner_text()
    tab.wait_for_status("done")
    assert paragraphs(tab) == expected_text(question)


def test_goes_on_after_a_visit_elsewhere_and_back(tab):
    question = "/say 120 words at 40"
    tab.ask(question)
    expect(tab.body).to_contain_text(expected_text("/say 8 words"))
    tab.page.locator("nav a.new").click()
    expect(tab.messages).to_have_count(0)
    tab.page.go_back()
    tab.wait_for_status("done")
    assert paragraphs(tab) == expected_text(question)
    expect(tab.messages).to_have_count(2)


def test_fails_with_a_sentence_and_answers_on_retry(tab):
    question = "/fail-first 1 with 401 then /say 12 words"
    tab.ask(question).wait_for_status("failed")
    expect(tab.reply.locator("[role=alert]")).to_contain_text("API key")
    tab.reply.get_by_role("button", name="Retry").click()
    tab.wait_for_status("done")
    assert paragraphs(tab) == expected_text(question)
    expect(tab.messages).to_have_count(2)
    expect(tab.reply.get_by_role("button", name="Retry")).to_have_count(0)


def test_renders_markdown_and_highlights_code(tab):
    tab.ask("/markdown").wait_for_status("done")
    for selector in ("h1", "h2", "ul ul li", "ol li", "table td", "blockquote", "strong", "em", "pre code span[class]"):
        expect(tab.body.locator(selector).first).to_be_visible()
    expect(tab.body.locator("pre")).to_contain_text('return f"Hello, {name} <b>&</b>"')
    assert colour(tab, "pre code span.k") != colour(tab, "pre code")


def colour(tab, selector):
    return tab.body.locator(selector).first.evaluate("element => getComputedStyle(element).color")


def test_opens_links_safely(tab):
    tab.ask("/markdown").wait_for_status("done")
    link = tab.body.get_by_role("link", name="link")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", re.compile("noopener"))


EVIL = """<script>document.title = "owned"</script>
<img src=x onerror="document.title='owned'">
![x](http://127.0.0.1:9/pixel.png) <style>body { display: none }</style>
<turbo-stream action="remove" target="transcript"></turbo-stream>
<form action="/accounts/logout/" method="post"><button data-turbo-method="delete">x</button></form>
[run](javascript:document.title='owned') <iframe src="http://127.0.0.1:9/"></iframe>
<div id="composer" style="position:fixed" data-parley-controller="composer">x</div>
"""


def test_runs_and_requests_nothing_that_an_answer_names(tab):
    requests = []
    tab.page.on("request", lambda request: requests.append(request.url))
    tab.ask("/say-text " + json.dumps(EVIL)).wait_for_status("done")
    assert "owned" not in tab.page.title()
    assert all(url.startswith((tab.url, "data:")) for url in requests), requests
    assert (
        tab.body.locator(
            "script, img, style, form, iframe, turbo-stream, [style], [id], [data-parley-controller]"
        ).count()
        == 0
    )
    expect(tab.body).to_contain_text("<script>")
    expect(tab.page.locator("#transcript")).to_be_visible()


def test_sends_with_enter_and_breaks_the_line_with_shift(tab, stack):
    tab.composer.fill("first line")
    tab.composer.press("Shift+Enter")
    tab.page.keyboard.type("second line")
    expect(tab.composer).to_have_value("first line\nsecond line")
    tab.composer.press("Enter")
    tab.wait_for_status("done")
    assert stack.db.messages(tab.conversation)[0]["content"] == "first line\nsecond line"


def test_grows_with_its_text(tab):
    before = tab.composer.bounding_box()["height"]
    tab.composer.fill("line\n" * 6)
    assert tab.composer.bounding_box()["height"] > before + 40


def test_does_not_send_twice(tab, stack):
    tab.ask("hello").wait_for_status("done")
    tab.composer.fill("once only")
    for _ in range(3):
        tab.page.keyboard.press("Enter")
    expect(tab.replies).to_have_count(2)
    tab.wait_for_status("done")
    assert [row["content"] for row in stack.db.messages(tab.conversation)].count("once only") == 1


def test_is_told_its_own_question_by_the_answer_to_its_form_alone(tab, browsers):
    received, held = [], []
    tab.page.on("websocket", lambda socket: socket.on("framereceived", received.append))
    tab.ask("hello").wait_for_status("done")
    second = browsers.second(tab).goto(f"/c/{tab.conversation}/")
    tab.page.route("**/messages/", lambda route: held.append((route, route.fetch())))
    tab.ask("/say 120 words at 10")
    expect(second.replies).to_have_count(2)
    [(route, response)] = held
    route.fulfill(response=response)
    tab.wait_for_status("done")
    expect(tab.replies).to_have_count(2)
    assert [frame for frame in received if 'data-role=\\"user' in frame] == []


def test_shows_its_question_though_the_answer_to_its_form_is_lost(tab):
    tab.ask("hello").wait_for_status("done")
    tab.page.route("**/messages/", lambda route: (route.fetch(), route.abort()))
    tab.ask("told by the feed")
    expect(tab.replies).to_have_count(2)
    tab.wait_for_status("done")
    tab.problems.clear()


def test_keeps_what_was_typed_when_it_is_refused(tab):
    tab.ask("hello").wait_for_status("done")
    text = "x" * 32_001
    tab.composer.fill(text)
    tab.composer.press("Enter")
    expect(tab.page.locator("form[data-composer] [role=alert]").first).to_be_visible()
    expect(tab.composer).to_have_value(text)
    tab.problems[:] = [problem for problem in tab.problems if "422" not in problem]


def test_shows_messages_that_other_code_makes(tab, stack):
    tab.ask("hello").wait_for_status("done")
    code = (
        "from parley.models import Conversation, Message;"
        f"c = Conversation.objects.get(pk='{tab.conversation}');"
        "Message.objects.create(conversation=c, parent=c.leaf(), role='assistant', status='done', "
        "content='From a *shell*')"
    )
    stack.manage("shell", "-c", code)
    expect(tab.body).to_have_text("From a shell")


def test_reads_and_asks_without_javascript(browsers, person):
    conversation = person.start("/say 12 words")
    person.settled(conversation)
    tab = browsers.tab(person.url, java_script_enabled=False).sign_in(person.name)
    tab.goto(f"/c/{conversation}/")
    expect(tab.body).to_contain_text(expected_text("/say 12 words"))
    tab.composer.fill("And on paper?")
    tab.page.get_by_role("button", name="Send").click()
    expect(tab.page.locator("[data-role=user]").last).to_contain_text("And on paper?")


def test_signs_out(tab):
    tab.choose("Sign out")
    tab.page.wait_for_url("**/accounts/login/**")
    tab.goto("/")
    assert "/accounts/login/" in tab.page.url

"""axe finds nothing on any page, in light and dark."""

import uuid

import pytest
from playwright.sync_api import expect

from tests.support.people import PASSWORD
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.exhaustive]


@pytest.fixture
def conversation(person):
    conversation = person.start("/markdown")
    person.settled(conversation)
    return conversation


@pytest.fixture(scope="module")
def new_install(tmp_path_factory):
    """A product in which there is no account yet; only its pages are served."""
    stack = Stack(tmp_path_factory.mktemp("new-install"))
    stack.migrate()
    stack.start("valkey")
    stack.start("web")
    yield stack
    stack.down()


def test_on_the_page_of_the_first_account(new_install, browsers):
    tab = browsers.tab(new_install.url).goto("/setup/")
    assert tab.barriers_in_both() == []
    tab.page.fill("[name=username]", "captain")
    tab.page.fill("[name=password1]", "1234")
    tab.page.fill("[name=password2]", "1234")
    tab.page.press("[name=password2]", "Enter")
    expect(tab.page.get_by_role("alert").first).to_be_visible()
    assert tab.barriers_in_both() == []


def test_on_the_page_to_sign_in(person, browsers):
    tab = browsers.tab(person.url).goto("/accounts/login/")
    assert tab.barriers_in_both() == []
    tab.page.fill("[name=username]", "nobody")
    tab.page.fill("[name=password]", "wrong")
    tab.page.press("[name=password]", "Enter")
    expect(tab.page.get_by_role("alert").first).to_be_visible()
    assert tab.barriers_in_both() == []


def test_on_the_pages_to_change_the_password(tab):
    tab.goto("/accounts/password_change/")
    assert tab.barriers_in_both() == []
    for name, value in (
        ("old_password", PASSWORD),
        ("new_password1", PASSWORD + "2"),
        ("new_password2", PASSWORD + "2"),
    ):
        tab.page.fill(f"[name={name}]", value)
    tab.page.press("[name=new_password2]", "Enter")
    tab.page.wait_for_url("**/done/")
    assert tab.barriers_in_both() == []


def test_on_pages_that_refuse(tab):
    tab.goto(f"/c/{uuid.uuid4()}/")
    assert tab.barriers_in_both() == []
    tab.goto("/accounts/password_change/")
    tab.page.locator("main [name=csrfmiddlewaretoken]").evaluate("field => { field.value = 'x'.repeat(64) }")
    tab.page.locator("main form").evaluate("form => form.submit()")
    expect(tab.page.get_by_role("heading", name="older than your session")).to_be_visible()
    assert tab.barriers_in_both() == []
    tab.problems[:] = [problem for problem in tab.problems if " 404 " not in problem and " 403 " not in problem]


def test_on_a_conversation_without_messages(tab, stack, conversation):
    row = stack.db.one("SELECT * FROM parley_conversation WHERE id = ?", stack.db.key(conversation))
    empty = str(uuid.uuid4())
    stack.db.insert("parley_conversation", [{**row, "id": stack.db.key(empty)}])
    assert tab.goto(f"/c/{empty}/").barriers_in_both() == []


def test_on_a_conversation_with_a_reply_of_every_kind(tab, stack, conversation):
    worker = stack.db.add_worker()
    begun = {"role": "assistant", "content": "A *begin", "html": "", "attempt": 1, "worker": worker}
    question = {"role": "user", "content": "And then?"}
    replies = [
        {**begun, "status": "failed", "error": "provider_down"},
        {**begun, "status": "failed", "error": "provider_down", "content": ""},
        {**begun, "status": "interrupted", "error": "provider_down"},
        {**begun, "status": "stopped"},
        {
            **begun,
            "status": "done",
            "finish_reason": "length",
            "left_out": 3,
            "reasoning": "Well.",
            "reasoning_seconds": 4,
        },
        {**begun, "status": "streaming"},
        {**begun, "status": "pending", "content": "", "attempt": 0},
    ]
    blank = dict.fromkeys(("error", "finish_reason", "reasoning"), "") | {"left_out": 0, "reasoning_seconds": None}
    stack.db.add_messages(conversation, [{**blank, **message} for reply in replies for message in (question, reply)])
    tab.goto(f"/c/{conversation}/")
    expect(tab.reply.locator(".queued")).to_be_visible()
    assert tab.barriers_in_both() == []
    tab.choose("Keyboard shortcuts")
    assert tab.barriers_in_both() == []


def test_on_a_conversation_to_which_older_messages_came(tab, stack, conversation):
    stack.db.add_messages(conversation, [{"content": f"message {number}", "html": ""} for number in range(30)])
    tab.goto(f"/c/{conversation}/")
    tab.page.evaluate("scrollTo(0, 0)")
    expect(tab.page.get_by_text("message 0", exact=True)).to_be_attached()
    assert tab.barriers_in_both() == []
    tab.goto(f"/c/{conversation}/older/?before={tab.messages.nth(25).get_attribute('data-message')}")
    assert tab.barriers_in_both() == []


@pytest.fixture
def pages(tab, person, conversation):
    """Pages of what a person has: a preset, a folder, a conversation and its messages."""
    person.post("/presets/new/", name="Terse")
    named = tab.goto("/presets/").page.locator("main a[href*='/presets/']:not([href$='new/'])").first
    preset = named.get_attribute("href").removesuffix("start/")
    folder = person.post("/folders/new/", name="Seafaring").headers["location"]
    tab.goto(f"/c/{conversation}/")
    message = f"/c/{conversation}/messages/{tab.reply.get_attribute('data-message')}/"
    return [preset, folder, f"/c/{conversation}/rename/", f"/c/{conversation}/move/", message]


def test_on_the_pages_of_what_a_person_has(tab, pages):
    for path in pages:
        assert tab.goto(path).barriers_in_both() == [], path
        expect(tab.page.locator("main h1")).to_have_count(1)


GO = """path => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: path })
  form.append(document.querySelector("[name=csrfmiddlewaretoken]").cloneNode())
  document.body.append(form)
  form.submit()
}"""


def test_on_the_pages_of_a_deleted_conversation(tab, person, conversation):
    person.post(f"/c/{conversation}/delete/")
    assert tab.goto(f"/c/{conversation}/").barriers_in_both() == []
    tab.goto("/").page.evaluate(GO, f"/c/{uuid.uuid4()}/restore/")
    expect(tab.page.get_by_role("heading", name="Nothing to bring back")).to_be_visible()
    assert tab.barriers_in_both() == []
    tab.problems[:] = [problem for problem in tab.problems if " 404 " not in problem]


MOVING = "document.getAnimations().filter(({ playState }) => playState === 'running').length"


def test_nothing_moves_for_people_who_asked_for_that(tab):
    tab.ask("/say 5 words after 8")
    expect(tab.reply).to_contain_text("Thinking")
    tab.page.wait_for_function(f"() => {MOVING} > 0")
    tab.page.emulate_media(reduced_motion="reduce")
    tab.page.wait_for_function(f"() => {MOVING} === 0")
    expect(tab.reply).to_have_attribute("aria-busy", "true")
    tab.wait_for_status("done")


# The stop has an outline of its own, or its label has one; around what is typed it is a line of shadow.
STOP = """() => {
  const stop = document.activeElement
  if (stop === document.body) return null
  const shown = [stop, stop.parentElement, ...(stop.labels ?? [])].some(element => {
    const { boxShadow, outlineStyle, outlineWidth } = getComputedStyle(element)
    return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow.includes("0px 0px 0px 1px")
  })
  const { width, height } = stop.getBoundingClientRect()
  return [stop.outerHTML.slice(0, 120), shown && width > 0 && height > 0]
}"""


def test_shows_where_the_focus_is_all_the_way_round(tab, conversation):
    tab.goto(f"/c/{conversation}/").ready()
    tab.page.evaluate("document.activeElement.blur()")
    tab.page.keyboard.press("Tab")
    stops = [tab.page.evaluate(STOP)]
    while len(stops) < 100 and (not stops[1:] or stops[-1] not in (None, stops[0])):
        tab.page.keyboard.press("Tab")
        stops.append(tab.page.evaluate(STOP))
    assert 15 < len(stops) < 100
    assert [stop for stop in stops if stop and not stop[1]] == []
    assert any("<textarea" in stop[0] for stop in stops if stop)


PHONE = {"width": 390, "height": 844}
ON_A_PHONE = (
    "/",
    "/shares/",
    "/archived/",
    "/presets/",
    "/settings/",
    "/transfers/",
    "/folders/new/",
    "/search/?q=say",
    "/accounts/password_change/",
)


def test_on_a_phone(tab, conversation):
    tab.page.set_viewport_size(PHONE)
    for path in (*ON_A_PHONE, f"/c/{conversation}/share/", f"/c/{conversation}/settings/", f"/c/{conversation}/"):
        assert tab.goto(path).barriers_in_both() == [], path
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    tab.page.get_by_role("button", name="Actions for this conversation").first.click()
    assert tab.barriers_in_both() == []
    tab.page.keyboard.press("Escape")
    tab.page.get_by_role("button", name="Conversations", exact=True).click()
    expect(tab.page.locator("#sidebar")).to_be_visible()
    assert tab.barriers_in_both() == []

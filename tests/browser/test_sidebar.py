"""The lists of the sidebar: what one tab does is seen in the other."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from parley.ids import uuid7
from tests.support.processes import until

pytestmark = pytest.mark.browser

SOON = 5_000
"""Milliseconds within which another tab shows a change, on a machine that may be busy; tests/test_live.py measures."""


@pytest.fixture
def conversation(person):
    conversation = person.start("What is a parley?")
    person.settled(conversation)
    return conversation


@pytest.fixture
def other(browsers, tab, conversation):
    """Another tab of the same person, which shows the conversation."""
    other = browsers.second(tab).goto(f"/c/{conversation}/")
    expect(other.replies).to_have_count(1)
    yield other
    assert other.problems == []


@pytest.fixture
def tab(tab, conversation):
    tab.goto("/")
    expect(row(tab, conversation)).to_be_visible()
    return tab


def row(tab, conversation):
    return tab.page.locator(f"#conversation_{conversation}")


def act(tab, conversation, name):
    """Choose from the menu of a row."""
    row(tab, conversation).hover()
    row(tab, conversation).get_by_role("link", name="Actions for").click()
    tab.page.locator("#row-actions").get_by_text(name, exact=True).click()


def create_folder(tab):
    """Create a folder, and see its page: one that still comes would take an open menu away."""
    tab.page.get_by_role("link", name="New folder").click()
    tab.page.get_by_label("Name", exact=True).fill("Seafaring")
    tab.page.get_by_role("button", name="Create the folder").click()
    expect(tab.page.get_by_role("main").get_by_text("Seafaring")).to_be_visible()


def soon(tab, change, shown):
    """Do something in a tab, and see another tab show it."""
    with tab.page.expect_request(lambda request: request.method == "POST"):
        change()
    shown(timeout=SOON)


def make(stack, person, number):
    """Rows of conversations, each an hour older than the one before."""
    owner = stack.db.one("SELECT id FROM auth_user WHERE username = ?", person.name)["id"]
    like = stack.db.one("SELECT * FROM parley_conversation WHERE owner_id = ?", owner)
    newest = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=40)
    rows = [
        {
            **like,
            "id": stack.db.key(str(uuid7())),
            "shown_id": None,
            "title": f"old talk {hours:03}",
            "updated_at": (newest - timedelta(hours=hours)).isoformat(" "),
        }
        for hours in range(number)
    ]
    stack.db.insert("parley_conversation", rows)


def test_renames_in_the_row_and_shows_it_in_the_other_tab(tab, other, conversation):
    act(tab, conversation, "Rename")
    field = tab.page.get_by_role("textbox", name="Title")
    expect(field).to_be_focused()
    field.fill("War and peace")
    heading = expect(other.page.get_by_role("heading", level=1))
    soon(tab, lambda: field.press("Enter"), lambda **limit: heading.to_have_text("War and peace", **limit))
    expect(other.page).to_have_title("War and peace · Parley")
    for here in (tab, other):
        expect(row(here, conversation).locator("a").first).to_have_text("War and peace")
        expect(here.page.locator("form.rename")).to_have_count(0)


def test_renames_at_the_title_and_keeps_the_old_one_after_esc(tab, other, conversation):
    other.page.get_by_role("button", name="Actions for this conversation").click()
    other.page.locator("#menu").get_by_text("Rename").click()
    field = other.page.get_by_role("textbox", name="Title")
    field.fill("Not this")
    field.press("Escape")
    expect(field).to_have_count(0)
    expect(other.page.get_by_role("heading", level=1)).to_have_text("What is a parley?")
    other.page.get_by_role("button", name="Actions for this conversation").click()
    other.page.locator("#menu").get_by_text("Rename").click()
    field.fill("War and peace")
    shown = expect(row(tab, conversation).locator("a").first)
    soon(other, lambda: field.press("Enter"), lambda **limit: shown.to_have_text("War and peace", **limit))
    expect(other.page.get_by_role("heading", level=1)).to_have_text("War and peace")


def test_pins_and_unpins_in_both_tabs(tab, other, conversation):
    pinned = expect(other.page.locator("#pinned > li"))
    soon(tab, lambda: act(tab, conversation, "Pin"), lambda **limit: pinned.to_have_count(1, **limit))
    expect(tab.page.locator("#pinned > li")).to_have_count(1)
    expect(other.page.locator(".pinned")).to_be_visible()
    soon(tab, lambda: act(tab, conversation, "Unpin"), lambda **limit: pinned.to_have_count(0, **limit))
    expect(other.page.locator(f"#group_today + #conversation_{conversation}")).to_be_visible()
    expect(other.page.locator(".pinned")).to_be_hidden()


def test_deletes_in_both_tabs_and_brings_back(tab, other, conversation):
    gone = expect(row(other, conversation))
    soon(tab, lambda: act(tab, conversation, "Delete"), lambda **limit: gone.to_have_count(0, **limit))
    expect(other.page.get_by_text("This conversation was deleted.")).to_be_visible()
    expect(other.composer).to_be_hidden()
    undo = other.page.get_by_role("button", name="Undo")
    back = expect(row(tab, conversation))
    soon(other, undo.click, lambda **limit: back.to_be_visible(**limit))
    expect(tab.page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(other.composer).to_be_visible()
    expect(other.replies).to_have_count(1)


def test_renews_the_lists_when_something_is_deleted_during_a_visit(tab, other, conversation):
    create_folder(tab)
    other.page.get_by_role("link", name="Edit the folder").click()
    other.page.get_by_role("button", name="Delete this folder").click()
    with tab.page.expect_websocket() as socket:
        tab.page.reload()
    expect(tab.page.locator("#folders > li")).to_have_count(1)
    held = []
    tab.page.route(f"**/c/{conversation}/", lambda route: held.append(route))
    with tab.page.expect_request(f"**/c/{conversation}/"):
        row(tab, conversation).locator("a").first.click()
    with socket.value.expect_event("framereceived", lambda frame: "refresh" in str(frame)):
        other.page.get_by_role("button", name="Delete", exact=True).click()
    tab.page.route(f"**/c/{conversation}/", lambda route: route.continue_())
    for route in held:
        route.continue_()
    expect(tab.replies).to_have_count(1)
    expect(tab.page.locator("#folders > li")).to_have_count(0)


def test_deletes_for_good_when_nobody_brings_it_back(tab, conversation, stack):
    act(tab, conversation, "Delete")
    undo = tab.page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    expect(undo).to_have_count(0, timeout=12_000)
    count = "SELECT COUNT(*) AS number FROM parley_message WHERE conversation_id = ?"
    until(lambda: stack.db.one(count, stack.db.key(conversation))["number"] == 0, 20, "The messages are still there")


def test_leaves_the_page_of_what_it_deletes(other, conversation):
    other.page.get_by_role("button", name="Actions for this conversation").click()
    other.page.locator("#menu").get_by_text("Delete", exact=True).click()
    expect(other.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    other.page.get_by_role("button", name="Undo").click()
    expect(other.replies).to_have_count(1)


def test_shows_a_new_conversation_in_the_other_tab_and_in_its_own(tab, other):
    newest = expect(other.page.locator("#group_today + li a").first)
    tab.ask("A tale of two tabs")
    newest.to_have_text("A tale of two tabs")
    expect(tab.page.locator("#group_today + li a").first).to_have_text("A tale of two tabs")
    expect(tab.page.locator("#group_today + li a").first).to_have_attribute("aria-current", "page")
    expect(tab.page.locator("#conversations a[aria-current]")).to_have_count(1)


def test_archives_and_takes_out_again(tab, other, conversation):
    gone = expect(row(tab, conversation))
    tab.page.get_by_role("link", name="Archived conversations").click()
    expect(tab.page.get_by_text("Nothing is archived.")).to_be_visible()
    act(other, conversation, "Archive")
    expect(tab.page.locator("#archived > li")).to_have_count(1)
    expect(row(other, conversation)).to_have_count(0)
    tab.page.locator("#archived input").check()
    tab.page.get_by_role("main").get_by_role("button", name="Take out of the archive").click()
    expect(tab.page.locator("#archived > li")).to_have_count(0)
    gone.to_have_count(1)
    expect(row(other, conversation)).to_be_visible()


def test_loads_more_as_the_list_is_scrolled_and_stays_there(tab, stack, person):
    make(stack, person, 130)
    tab.page.reload()
    rows = tab.page.locator("#conversations .entry")
    expect(rows).to_have_count(50)
    while rows.count() < 131:
        before = rows.count()
        rows.last.evaluate("row => row.scrollIntoView()")  # what is below it, the rows to come take the place of
        expect(rows).not_to_have_count(before)
    ids = rows.evaluate_all("rows => rows.map(row => row.id)")
    assert len(set(ids)) == 131
    rows.last.locator("a").first.click()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("old talk 129")
    expect(rows).to_have_count(131)
    expect(rows.last).to_be_in_viewport()
    expect(rows.last.locator("a").first).to_have_attribute("aria-current", "page")


def test_puts_an_old_conversation_under_its_month(tab, other, stack, person):
    make(stack, person, 60)
    for here in (tab, other):
        here.page.reload()
    oldest_shown = other.page.locator("#conversations .entry").nth(20)
    pk = oldest_shown.get_attribute("id").removeprefix("conversation_")
    before = oldest_shown.evaluate("row => row.previousElementSibling.id")
    act(tab, pk, "Pin")
    for here in (tab, other):
        expect(here.page.locator(f"#pinned #conversation_{pk}")).to_be_visible()
    act(tab, pk, "Unpin")
    expect(other.page.locator(f"#conversations #conversation_{pk}")).to_be_visible()
    assert row(other, pk).evaluate("row => row.previousElementSibling.id") == before


def test_moves_by_menu_and_by_drag(tab, other, conversation):
    create_folder(tab)
    folder = other.page.locator("#folders > li")
    expect(folder).to_contain_text("Seafaring")
    act(tab, conversation, "Move to a folder")
    tab.page.locator("#row-actions").get_by_label("Folder").select_option("Seafaring")
    tab.page.locator("#row-actions").get_by_role("button", name="Move").click()
    for here in (tab, other):
        expect(row(here, conversation)).to_have_count(0)
    folder.locator("summary").click()
    expect(folder.locator("ol .entry")).to_have_count(1)
    other.page.drag_and_drop(f"#conversation_{conversation} a", "#listed-title")
    expect(other.page.locator(f"#conversations #conversation_{conversation}")).to_be_visible()
    expect(row(tab, conversation)).to_be_visible()
    tab.page.drag_and_drop(f"#conversation_{conversation} a", "#folders summary")
    expect(folder.locator("ol .entry")).to_have_count(1)


def test_begins_a_conversation_in_a_folder(tab):
    create_folder(tab)
    tab.ask("How deep is the sea?")
    expect(tab.replies).to_have_count(1)
    tab.page.locator("#folders summary").click()
    expect(tab.page.locator("#folders ol .entry")).to_have_count(1)


def test_changes_several_at_once(tab, other, person):
    for title in ("second", "third"):
        person.settled(person.start(title))
    expect(tab.page.locator("#conversations .entry")).to_have_count(3)
    tab.page.locator("label[for=selecting]").click()
    for title in ("second", "third"):
        tab.page.get_by_role("checkbox", name=f"Select {title}").check()
    expect(tab.page.get_by_text("2 selected")).to_be_visible()
    tab.page.locator("#selection").get_by_role("button", name="Delete").click()
    for here in (tab, other):
        expect(here.page.locator("#conversations .entry")).to_have_count(1)
    expect(other.page.get_by_text("2 conversations were deleted.")).to_be_visible()
    tab.page.get_by_role("button", name="Undo").click()
    for here in (tab, other):
        expect(here.page.locator("#conversations .entry")).to_have_count(3)


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, {"width": 390, "height": 844}])
def test_has_no_barriers(tab, other, conversation, size):
    other.page.set_viewport_size(size)
    other.page.get_by_role("button", name="Actions for this conversation").click()
    expect(other.page.locator("#menu")).to_be_visible()
    assert other.barriers() == []
    other.page.keyboard.press("Escape")
    other.goto(f"/c/{conversation}/menu/")
    assert other.barriers() == []
    other.goto("/archived/")
    assert other.barriers() == []
    other.goto("/folders/new/")
    assert other.barriers() == []


def test_groups_by_the_days_of_the_reader(browsers, person, stack, conversation):
    """In a zone a day ahead of another, the same conversation is of another day."""
    zones = {}
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        tab = browsers.tab(person.url, timezone_id=zone).sign_in(person.name)
        tab.goto("/")
        tab.page.wait_for_function(f"document.cookie.includes({json.dumps(zone.split('/')[1])})")
        expect(tab.page.locator("[data-lists-zone-value]")).to_have_attribute("data-lists-zone-value", zone)
        zones[zone] = tab.page.locator("[data-lists-until-value]").get_attribute("data-lists-until-value")
        assert tab.problems == []
    assert len(set(zones.values())) == 2

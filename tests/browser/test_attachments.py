"""Files in a real browser: chosen, dropped, pasted, taken out, cut off, sent, looked at."""

import struct
import zlib
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.support.processes import until
from tests.support.proxy import Proxy

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = "A file with a very long name that nobody would give to a file, but people do " + "x" * 60
PASTE = """(field, [name, type, words]) => {
  const clipboardData = new DataTransfer()
  clipboardData.items.add(new File(["pasted"], name, { type }))
  for (const kind of words) clipboardData.setData(kind, "words")
  return !field.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }))
}"""


def png(width, height):
    """A picture of one colour."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x30\x80\x90" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def file(tmp_path):
    """A function: the path of a file with this name and content."""

    def write(name, content=None):
        path = tmp_path / name
        path.write_bytes(name.encode() if content is None else content)
        return path

    return write


@pytest.fixture
def refused(browsers, person):
    """A tab whose console may tell of answers that are no success."""
    return browsers.tab_of(person)


def choose(tab, *paths):
    tab.page.locator("input[name=files][multiple]").set_input_files(paths)


def chips(tab):
    return tab.page.locator("#attachments > [data-attachment]")


def on_the_way(tab):
    return tab.page.locator("#attachments > :not([data-attachment])")


def rows(stack, person):
    select = "SELECT a.name, a.drafted FROM parley_attachment a JOIN auth_user u ON u.id = a.owner_id"
    return stack.db.query(f"{select} WHERE u.username = ? AND a.status <> 'gone' ORDER BY a.id", person.name)


@contextmanager
def network(tab, **conditions):
    usual = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    cdp = tab.page.context.new_cdp_session(tab.page)
    cdp.send("Network.enable")
    cdp.send("Network.emulateNetworkConditions", {**usual, **conditions})
    try:
        yield
    finally:
        cdp.send("Network.emulateNetworkConditions", usual)
        cdp.detach()


def drop(tab, path, onto):
    box = tab.page.locator(onto).bounding_box()
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + min(40, box["height"] / 2)}
    given = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    cdp = tab.page.context.new_cdp_session(tab.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        cdp.send("Input.dispatchDragEvent", {"type": kind, "data": given, **where})
    cdp.detach()


@pytest.mark.parametrize("address", ["/accounts/login/", "/s/none/", "/nowhere/"])
def test_a_file_that_is_dropped_on_a_page_without_a_composer_is_not_opened(browsers, stack, person, file, address):
    tab = browsers.tab(stack.url)
    tab.page.goto(f"{stack.url}{address}", wait_until="networkidle")
    drop(tab, file("page.html", b"<title>Opened</title>"), "body")
    tab.page.wait_for_timeout(500)
    assert [page.url for page in tab.page.context.pages] == [f"{stack.url}{address}"]


def test_sends_what_was_chosen_dropped_and_pasted_without_a_word(tab, browsers, stack, person, file):
    tab.ask("hello").wait_for_status("done")
    second = browsers.second(tab).goto(f"/c/{tab.conversation}/").ready()
    choose(tab, file("one.txt"), file("two.txt"))
    drop(tab, file("three.txt"), "#transcript")
    assert tab.composer.evaluate(PASTE, ["four.txt", "text/plain", []])
    assert not tab.composer.evaluate(PASTE, ["words.png", "image/png", ["text/plain", "text/html"]])
    for each in (tab, second):
        expect(chips(each)).to_have_count(4)
    expect(on_the_way(tab)).to_have_count(0)
    tab.page.get_by_role("button", name="Remove: two.txt").click()
    for each in (tab, second):
        expect(chips(each)).to_have_count(3)
        expect(chips(each).filter(has_text="two.txt")).to_have_count(0)
    tab.composer.press("Enter")
    for each in (tab, second):
        expect(each.page.locator("[data-role=user]").last.locator("[data-file]")).to_have_count(3)
        expect(chips(each)).to_have_count(0)
    assert [row["name"] for row in rows(stack, person) if not row["drafted"]] == ["one.txt", "three.txt", "four.txt"]
    assert tab.page.url == second.page.url


def test_begins_a_conversation_with_a_file_alone_which_is_there_once(tab, file):
    path = file("notes.txt", b"The same words.")
    choose(tab, path)
    expect(chips(tab)).to_have_count(1)
    choose(tab, path)
    expect(on_the_way(tab)).to_have_count(0)
    expect(chips(tab)).to_have_count(1)
    tab.page.get_by_role("button", name="Send").click()
    tab.page.wait_for_url("**/c/*/")
    expect(tab.page.locator("[data-file]")).to_have_count(1)
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("notes.txt")


def test_a_question_waits_for_its_files_and_then_goes_by_itself(tab, file):
    with network(tab, uploadThroughput=100_000):
        choose(tab, file("large.txt", b"x" * 200_000))
        tab.composer.fill("What is in it?")
        tab.composer.press("Enter")
        expect(tab.page.get_by_text("Your question is sent as soon as its files are there.")).to_be_visible()
        expect(on_the_way(tab).get_by_role("progressbar")).to_be_visible()
        tab.page.get_by_role("button", name="Cancel").click()
        expect(chips(tab)).to_have_count(1)
        expect(tab.composer).to_have_value("What is in it?")
        choose(tab, file("larger.txt", b"y" * 200_000))
        tab.composer.press("Enter")
        tab.page.wait_for_url("**/c/*/")
    expect(tab.page.locator("[data-role=user]").locator("[data-file]")).to_have_count(2)


def test_what_is_taken_out_on_its_way_is_not_kept(tab, stack, person, file):
    with network(tab, uploadThroughput=50_000):
        choose(tab, file("large.txt", b"x" * 500_000))
        expect(on_the_way(tab)).to_have_attribute("data-state", "sending")
        tab.page.get_by_role("button", name="Remove: large.txt").click()
        expect(on_the_way(tab)).to_have_count(0)
        expect(tab.page.get_by_label("Attach files").first).to_be_focused()
    assert rows(stack, person) == []


def test_a_file_that_the_feed_brings_first_has_one_chip_which_takes_it_out(tab, stack, person, file):
    with network(tab, latency=4_000):
        choose(tab, file("one.txt"))
        expect(chips(tab)).to_have_count(1, timeout=3_000)
        assert tab.page.locator("#attachments > li").count() == 1
        tab.page.get_by_role("button", name="Remove: one.txt").click()
    until(lambda: rows(stack, person) == [], 10, "the file is still in the draft")
    expect(tab.page.locator("#attachments > li")).to_have_count(0)


def test_a_file_that_is_taken_out_before_its_answer_is_taken_out_of_the_draft(tab, stack, person, file):
    tab.page.evaluate("""() => {
      const list = document.querySelector("#attachments")
      const look = () => {
        const remove = list.querySelector("[aria-label^=Remove]")
        const sent = remove && (list.querySelector("progress")?.value ?? 1) === 1
        sent ? remove.click() : setTimeout(look, 0)
      }
      look()
    }""")
    choose(tab, file("one.txt"))
    tab.page.wait_for_timeout(1_500)  # The server may have all of it or not: the row comes, if it does, and goes.
    assert rows(stack, person) == []
    expect(tab.page.locator("#attachments > li")).to_have_count(0)


def test_a_connection_that_is_lost_on_the_way_is_tried_again_and_then_by_hand(browsers, stack, person, file):
    with Proxy(stack.port) as proxy:
        tab = browsers.tab_of(person, proxy.url)
        with network(tab, uploadThroughput=50_000):
            choose(tab, file("large.txt", b"x" * 400_000))
            tab.composer.fill("What is in it?")
            expect(on_the_way(tab).locator("progress")).not_to_have_attribute("value", "0")
            proxy.refuse()
            expect(on_the_way(tab)).to_contain_text("Trying again…")
        again = tab.page.get_by_role("button", name="Retry: large.txt")
        expect(again).to_be_visible(timeout=40_000)
        tab.composer.press("Enter")
        expect(tab.page.get_by_role("alert").filter(has_text="Remove it, or try again.")).to_be_visible()
        proxy.accept_again()
        again.click()
        expect(chips(tab)).to_have_count(1)
        expect(tab.composer).to_have_value("What is in it?")
    assert [row["name"] for row in rows(stack, person)] == ["large.txt"]


def test_says_why_a_file_is_not_taken(refused, file):
    choose(refused, file("empty.txt", b""), file("odd.zip", b"PK\3\4" + b"x" * 60), file("good.txt"))
    expect(on_the_way(refused).filter(has_text="“empty.txt” is empty.")).to_be_visible()
    expect(on_the_way(refused).filter(has_text="odd.zip")).to_have_attribute("data-state", "failed")
    expect(chips(refused)).to_have_count(1)
    expect(refused.page.get_by_role("button", name="Retry: empty.txt")).to_be_hidden()
    assert refused.barriers_in_both() == []
    choose(refused, *(file(f"{number}.txt") for number in range(9)))
    expect(refused.page.get_by_role("alert").filter(has_text="At most 10 files")).to_be_visible()


def test_other_files_make_another_question_of_what_could_not_be_sent(browsers, stack, person, file):
    with Proxy(stack.port) as proxy:
        tab = browsers.tab_of(person, proxy.url)
        key = tab.page.locator("[name=idempotency_key]")
        first = key.input_value()
        proxy.refuse()
        tab.ask("hello")
        expect(tab.page.get_by_text("Your message could not be sent.")).to_be_visible()
        assert key.input_value() == first
        proxy.accept_again()
        choose(tab, file("one.txt"))
        expect(chips(tab)).to_have_count(1)
        second = key.input_value()
        assert second != first


def test_says_before_sending_that_the_model_takes_no_pictures(tab, file):
    note = tab.page.get_by_text("The model that is chosen takes no pictures.")
    tab.page.locator("select[name=model] option").first.evaluate("option => (option.dataset.pictures = 'no')")
    choose(tab, file("notes.txt"))
    expect(chips(tab)).to_have_count(1)
    expect(note).to_be_hidden()
    choose(tab, file("sea.png", png(60, 40)))
    expect(note).to_be_visible()
    tab.page.locator("select[name=model]").select_option("fake-2")
    expect(note).to_be_hidden()


def test_a_page_that_is_loaded_again_goes_on_with_its_files(tab, browsers, file):
    tab.ask("hello").wait_for_status("done")
    second = browsers.second(tab).goto(f"/c/{tab.conversation}/").ready()
    with network(tab, uploadThroughput=50_000):
        choose(tab, file("large.txt", b"x" * 300_000))
        expect(on_the_way(tab)).to_have_count(1)
        second.page.locator("[data-role=user]").hover()
        second.page.locator("[data-role=user] [data-edit]").click()
        second.ask("hello again").wait_for_status("done")
        expect(tab.page.locator("[data-role=user] [data-body]")).to_have_text("hello again")
        expect(on_the_way(tab)).to_have_count(1)
        expect(chips(tab)).to_have_count(1)
        expect(on_the_way(tab)).to_have_count(0)


def test_the_page_of_a_file_shows_its_text_as_soon_as_it_is_read(tab, stack, person, file):
    choose(tab, file("one.txt"))
    expect(chips(tab)).to_have_attribute("data-state", "ready")
    become = "UPDATE parley_attachment SET status = ? WHERE name = 'one.txt' AND status <> 'gone'"
    stack.db.query(become, "reading")
    tab.goto(chips(tab).locator("a.name").get_attribute("href"))
    expect(tab.page.get_by_role("link", name="Look again")).to_be_visible()
    stack.db.query(become, "ready")
    expect(tab.page.locator("pre.extracted")).to_have_text("one.txt")


def test_an_edited_question_has_its_files_and_may_leave_one_out(tab, file):
    choose(tab, file("one.txt"), file("two.txt"))
    expect(chips(tab)).to_have_count(2)
    tab.ask("Which is longer?")
    tab.page.wait_for_url("**/c/*/")
    tab.wait_for_status("done")
    tab.composer.press("ArrowUp")
    expect(chips(tab)).to_have_count(2)
    expect(tab.composer).to_have_value("Which is longer?")
    tab.page.get_by_role("button", name="Remove: one.txt").click()
    expect(chips(tab)).to_have_count(1)
    tab.composer.press("Enter")
    expect(tab.page.locator("[data-role=user] [data-file]")).to_have_count(1)
    expect(tab.page.locator("[data-role=user] [data-file]")).to_contain_text("two.txt")
    expect(chips(tab)).to_have_count(0)


def test_a_file_on_its_way_for_the_next_question_does_not_join_the_one_that_is_edited(tab, stack, person, file):
    choose(tab, file("one.txt"))
    expect(chips(tab)).to_have_count(1)
    tab.ask("What is in it?")
    tab.page.wait_for_url("**/c/*/")
    tab.wait_for_status("done")
    with network(tab, uploadThroughput=100_000):
        choose(tab, file("draft.txt", b"x" * 400_000))
        expect(on_the_way(tab)).to_have_attribute("data-state", "sending")
        tab.page.locator("[data-role=user]").hover()
        tab.page.locator("[data-role=user] [data-edit]").click()
        expect(tab.composer).to_have_value("What is in it?")
        until(lambda: len(rows(stack, person)) == 2, 20, "the file was not sent")
    choose(tab, file("two.txt"))
    expect(chips(tab)).to_have_count(2)
    expect(tab.page.locator("#attachments > li")).to_contain_text(["one.txt", "two.txt"])
    tab.ask("And what is in it now?")
    expect(tab.page.locator("[data-role=user] [data-file]")).to_have_count(2)
    expect(chips(tab)).to_contain_text(["draft.txt"])


@pytest.mark.parametrize("files", [["one.txt"], []])
def test_an_edited_question_leaves_the_draft_and_its_files_as_they_are(tab, file, files):
    choose(tab, *map(file, files))
    expect(chips(tab)).to_have_count(len(files))
    tab.ask("What is in it?")
    tab.page.wait_for_url("**/c/*/")
    tab.wait_for_status("done")
    choose(tab, file("draft.txt"))
    expect(chips(tab)).to_have_count(1)
    with tab.page.expect_response("**/draft/"):
        tab.composer.fill("half typed")
    tab.page.locator("[data-role=user]").hover()
    tab.page.locator("[data-role=user] [data-edit]").click()
    expect(tab.composer).to_have_value("What is in it?")
    expect(chips(tab)).to_have_count(len(files))
    tab.ask("And what is in it now?")
    expect(tab.page.locator("[data-role=user] [data-body]")).to_have_text("And what is in it now?")
    expect(tab.page.locator("[data-role=user] [data-file]")).to_have_count(len(files))
    for _ in range(2):
        expect(tab.composer).to_have_value("half typed")
        expect(chips(tab)).to_contain_text(["draft.txt"])
        expect(tab.page.get_by_text("Editing your question")).to_be_hidden()
        tab.page.reload()


def test_has_names_states_and_no_barriers_on_a_phone_as_well(browsers, person, file):
    tab = browsers.tab(person.url, **PHONE)
    tab.sign_in(person.name)
    expect(tab.page.get_by_label("Take a photo")).to_have_attribute("capture", "environment")
    assert "hei" not in tab.page.get_by_label("Attach files").first.get_attribute("accept")
    choose(tab, *(file(f"{number} {LONG}.txt") for number in range(10)))
    expect(chips(tab)).to_have_count(10)
    expect(tab.page.get_by_role("list", name="Files of this question").get_by_role("listitem")).to_have_count(10)
    expect(tab.page.get_by_role("button", name=f"Remove: 3 {LONG}.txt")).to_have_count(1)
    expect(tab.page.locator("[data-attachments-target=status]")).to_contain_text(LONG)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    send = tab.page.get_by_role("button", name="Send").bounding_box()
    assert send["y"] + send["height"] <= 844
    assert tab.barriers_in_both() == []


@pytest.mark.parametrize("size", [{}, PHONE])
def test_a_chip_says_and_announces_how_its_file_was_read(browsers, person, file, size):
    tab = browsers.tab(person.url, **size)
    tab.sign_in(person.name)
    choose(tab, file("prices.csv", "Größe;Preis\n".encode("cp1252")))
    expect(chips(tab)).to_have_attribute("data-state", "ready")
    told = chips(tab).get_by_text("Encoding guessed: cp1252")
    expect(told).to_be_visible()
    assert "save it as UTF-8" in told.get_attribute("title")
    assert told.evaluate("told => told.scrollWidth <= told.clientWidth")
    expect(tab.page.get_by_role("status").filter(has_text="prices.csv: Encoding guessed: cp1252")).to_have_count(1)
    assert tab.barriers_in_both() == []


def test_sends_files_without_scripts(browsers, person, stack, file):
    tab = browsers.tab(person.url, java_script_enabled=False).sign_in(person.name)
    choose(tab, file("one.txt"), file("two.txt"))
    tab.page.get_by_role("button", name="Send").click()
    tab.page.wait_for_url("**/c/*/")
    expect(tab.page.locator("[data-role=user] [data-file]")).to_have_count(2)
    person.settled(tab.conversation)
    tab.page.reload()
    expect(tab.reply).to_have_attribute("data-status", "done")


def test_a_picture_is_shown_large_by_keyboard_and_the_focus_comes_back(tab, stack, person, file):
    choose(tab, file("sea.png", png(640, 400)))
    expect(chips(tab)).to_have_attribute("data-state", "ready")
    tab.ask("What is this?").wait_for_status("done")
    link = tab.page.locator("[data-file] a")
    expect(link.locator("img")).to_have_js_property("naturalWidth", 320)
    link.focus()
    tab.page.keyboard.press("Enter")
    dialog = tab.page.get_by_role("dialog", name="Picture")
    expect(dialog.get_by_role("img", name="sea.png")).to_have_js_property("naturalWidth", 640)
    assert tab.barriers_in_both() == []
    tab.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    until(lambda: tab.reply.get_attribute("data-status") == "done", 5, "Escape has stopped the answer")

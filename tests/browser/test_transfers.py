"""Exports and imports in a real browser."""

import re
from zipfile import ZipFile

import pytest
from playwright.sync_api import expect

from tests.support.processes import until
from tests.support.transfers import archive_of, count_of_conversations

pytestmark = pytest.mark.browser
MANY = 1500


@pytest.fixture
def archive(tmp_path):
    """A function: the path of a ZIP with so many conversations."""

    def write(count):
        path = tmp_path / "export.zip"
        path.write_bytes(archive_of(count))
        return path

    return write


def newest(tab):
    return tab.page.locator("[data-transfer]").first


def send(tab, path):
    tab.page.set_input_files("input[type=file]", path)
    tab.page.get_by_role("button", name="Import").click()


def test_exports_everything_into_two_tabs(tab, browsers, person, tmp_path):
    person.answer("/say 12 words")
    tab.goto("/transfers/")
    second = browsers.second(tab).goto("/transfers/")
    expect(tab.page.get_by_text("Nothing yet.")).to_be_visible()
    tab.page.get_by_role("button", name="Export everything").click()
    for each in (tab, second):
        expect(newest(each)).to_have_attribute("data-status", "done")
        expect(newest(each)).to_contain_text("1 conversation,")
    with second.page.expect_download() as downloaded:
        newest(second).get_by_role("link", name="Download").click()
    downloaded.value.save_as(tmp_path / "export.zip")
    assert re.fullmatch(r"Parley \d{4}-\d\d-\d\d\.zip", downloaded.value.suggested_filename)
    with ZipFile(tmp_path / "export.zip") as archive:
        assert any("say 12 words" in name for name in archive.namelist())
    newest(tab).get_by_role("button", name="Delete").click()
    for each in (tab, second):
        expect(each.page.locator("[data-transfer]")).to_have_count(0)


def test_imports_with_progress_and_a_report(tab, browsers, archive):
    tab.goto("/transfers/")
    second = browsers.second(tab).goto("/")
    send(tab, archive(MANY))
    expect(newest(tab).locator("progress")).to_be_visible()
    expect(newest(tab)).to_contain_text(re.compile(r"[1-9]\d* (of [\d,]+ conversations|conversations so far)"))
    expect(newest(tab)).to_have_attribute("data-status", "done", timeout=60_000)
    expect(second.page.locator("#sidebar")).to_contain_text("Conversation 1")
    newest(tab).get_by_role("link", name="See the report").click()
    expect(tab.page.get_by_text("Nothing was left out.")).to_be_visible()
    assert tab.barriers() == []
    tab.page.locator(".came-in").get_by_role("link", name="Conversation 0", exact=True).click()
    expect(tab.body).to_have_text("Answer 0")


def test_an_import_that_is_cancelled_ends(tab, person, archive):
    tab.goto("/transfers/")
    send(tab, archive(MANY))
    expect(newest(tab).locator("progress")).to_be_visible()
    newest(tab).get_by_role("button", name="Cancel").click()
    expect(tab.page.locator("[data-transfer]")).to_have_count(0)
    counts = [-1]

    def at_rest():
        counts.append(count_of_conversations(person))
        return counts[-1] == counts[-2]

    until(at_rest, 20, "It goes on", every=1.5)
    assert counts[-1] < MANY


def test_says_what_is_wrong_with_a_file(tab, tmp_path):
    tab.goto("/transfers/")
    assert tab.barriers() == []
    (tmp_path / "nothing.zip").touch()
    send(tab, tmp_path / "nothing.zip")
    expect(tab.page.locator("form [role=alert]")).to_contain_text("This file is empty")
    assert tab.barriers() == []
    (tmp_path / "letter.txt").write_text("hello")
    send(tab, tmp_path / "letter.txt")
    expect(newest(tab).locator("[role=alert]")).to_contain_text("Nothing in this file could be read")
    tab.problems[:] = [problem for problem in tab.problems if "422" not in problem]


def test_saves_one_conversation_from_its_menu(tab, browsers, person, tmp_path):
    conversation = person.start("/markdown")
    person.settled(conversation)
    tab.goto(f"/c/{conversation}/")
    tab.page.get_by_role("button", name="Actions for this conversation").click()
    tab.page.locator(".exports summary").click()
    with tab.page.expect_download() as downloaded:
        tab.page.get_by_role("link", name="HTML, to print").click()
    downloaded.value.save_as(tmp_path / "page.html")
    assert downloaded.value.suggested_filename == "markdown.html"
    saved = tab.page.context.new_page()
    asked = []
    saved.on("request", lambda request: asked.append(request.url))
    saved.goto(f"file://{tmp_path / 'page.html'}")
    expect(saved.locator("article.assistant pre code span.k").first).to_be_visible()
    expect(saved.locator("math").first).to_be_visible()
    assert len(asked) == 1
    browsers.offences.remove(f"asked for {asked[0]}")


def test_works_without_javascript(browsers, person, archive):
    tab = browsers.tab(person.url, java_script_enabled=False).sign_in(person.name)
    tab.goto("/transfers/")
    send(tab, archive(3))
    until(lambda: "3 conversations came in" in tab.goto("/transfers/").page.content(), 30)
    newest(tab).get_by_role("link", name="See the report").click()
    expect(tab.page.locator(".came-in").get_by_role("link", name="Conversation 2")).to_be_visible()

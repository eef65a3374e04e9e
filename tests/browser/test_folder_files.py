"""Files of a folder, and the page of a file."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
FILES = [
    {"name": name, "mimeType": "text/plain", "buffer": b"The sea is salty. " * 200 + name.encode()}
    for name in ("tides.txt", "a name that is long " * 9 + ".md")
]


@pytest.fixture
def folder(tab):
    """A tab at the page of a folder."""
    return with_a_folder(tab)


def with_a_folder(tab):
    tab.goto("/folders/new/").page.get_by_label("Name", exact=True).fill("Seafaring")
    tab.page.get_by_role("button", name="Create the folder").click()
    tab.page.wait_for_url("**/?folder=*")
    tab.page.locator(".into-folder").get_by_role("link", name="Edit").click()
    tab.page.wait_for_url("**/folders/*/")
    return tab


def add(tab, *files):
    tab.page.locator("#folder-file").set_input_files(list(files))
    tab.page.get_by_role("button", name="Add files").click()


def rows(tab):
    return tab.page.locator(".folder-files li")


def read_by_itself(tab):
    expect(tab.page.locator('[data-sent="yes"]')).to_have_count(2, timeout=20_000)


def test_keeps_files_in_a_folder_switches_them_off_and_removes_them(folder):
    add(folder, *FILES)
    expect(rows(folder)).to_have_count(2)
    expect(rows(folder).first).to_contain_text("tides.txt")
    assert folder.barriers_in_both() == []
    read_by_itself(folder)
    rows(folder).first.get_by_role("button", name="Switch off").click()
    expect(rows(folder).first.get_by_role("button", name="Switch on")).to_be_visible()
    rows(folder).first.get_by_role("button", name="Remove").click()
    expect(rows(folder)).to_have_count(1)
    assert folder.problems == []


def test_says_why_a_file_is_not_taken(folder):
    add(folder, {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""})
    expect(folder.page.get_by_role("alert")).to_contain_text("“empty.txt” is empty.")
    expect(folder.page.get_by_label("Name", exact=True)).to_have_value("Seafaring")
    folder.problems[:] = [problem for problem in folder.problems if "422" not in problem]


def test_has_a_page_for_each_file_that_fits_a_phone(folder):
    add(folder, *FILES)
    rows(folder).last.get_by_role("link").click()
    folder.page.wait_for_url("**/attachments/*/")
    expect(folder.page.get_by_role("heading", name="What the model gets")).to_be_visible()
    assert folder.barriers_in_both() == []
    folder.page.set_viewport_size({"width": 360, "height": 700})
    assert folder.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with folder.page.expect_download() as download:
        folder.page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".md")
    folder.page.get_by_label("Name", exact=True).fill("tides of the sea.txt")
    folder.page.get_by_role("button", name="Save").click()
    expect(folder.page.get_by_role("heading", level=1)).to_have_text("tides of the sea.txt")


def test_needs_no_javascript(browsers, person):
    plain = with_a_folder(browsers.tab(person.url, java_script_enabled=False).sign_in(person.name))
    add(plain, *FILES)
    expect(rows(plain)).to_have_count(2)
    rows(plain).last.get_by_role("button", name="Switch off").click()
    expect(rows(plain).last.get_by_role("button", name="Switch on")).to_be_visible()

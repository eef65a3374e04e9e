"""An export of ChatGPT, from the file to the branches of a conversation."""

import pytest
from playwright.sync_api import expect

from tests.support.exports import asked, chatgpt, node, root, zipped

pytestmark = pytest.mark.browser


@pytest.fixture
def archive(tmp_path):
    search = {"content_type": "code", "language": "unknown", "text": 'search("shade")'}
    plants = chatgpt(
        root("q"),
        node("q", "client-created-root", "user", "What grows in the shade?", children=["t", "b"]),
        node("t", "q", "assistant", search, recipient="web", children=["a"]),
        node("a", "t", "assistant", "Ferns do **well**.", metadata={"model_slug": "gpt-5"}),
        node("b", "q", "assistant", "Ivy."),
        name="plants",
        title="Shade plants",
        current="a",
    )
    path = tmp_path / "chatgpt.zip"
    path.write_bytes(
        zipped({"conversations-000.json": [plants], "conversations-001.json": [asked("2")], "user.json": {}})
    )
    return path


def test_imports_an_archive_of_chatgpt(tab, archive):
    page = tab.goto("/transfers/").page
    page.set_input_files("input[type=file]", archive)
    page.get_by_role("button", name="Import").click()
    transfer = page.locator("[data-transfer]").first
    expect(transfer).to_have_attribute("data-status", "done")
    transfer.get_by_role("link").first.click()
    expect(page.get_by_text("Steps of answers")).to_be_visible()
    page.locator(".came-in").get_by_role("link", name="Shade plants").click()
    answer = page.locator('[data-role="assistant"]')
    expect(answer.locator("strong")).to_have_text("well")
    expect(answer).to_contain_text("1 / 2")
    answer.get_by_text("1 item kept from the import").click()
    expect(answer.locator(".parts pre")).to_have_text('search("shade")')
    tab.composer.fill("/say 3 words")
    tab.composer.press("Enter")
    expect(page.locator('[data-role="assistant"][data-status="done"]')).to_have_count(2)

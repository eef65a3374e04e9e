import pytest

from tests.views.conftest import forbids_keeping
from tests.views.transfers import transfer_of

pytestmark = pytest.mark.django_db
FILE = {
    "file": "<b>conversations</b>.json", "format": "chatgpt", "conversations": 2, "messages": 9, "existing": 1,
    "left_out": [{"what": "picture", "why": "picture", "count": 3, "where": ["A <i>title</i>"]}], "error": "",
}  # fmt: skip


@pytest.fixture
def report(owner, conversation):
    came_in = [{"id": str(conversation.pk), "title": "A <u>name</u>"}] * 120
    return transfer_of(
        owner, "import", status="done", total=2, report=[{**FILE, "came_in": came_in}], name="chatgpt.zip"
    )


def test_shows_at_owner_what_came_in_and_what_did_not(at_owner, report, conversation):
    response = at_owner.get(report.get_absolute_url())
    assert '</span>&#32;<span class="format">ChatGPT' in response.text
    assert "&lt;b&gt;conversations&lt;/b&gt;.json" in response.text
    assert "Pictures, not copied; their names are kept with the messages: 3 " in response.text
    assert "A &lt;i&gt;title&lt;/i&gt;" in response.text
    assert f'href="/c/{conversation.pk}/"' in response.text
    assert forbids_keeping(response)


def test_shows_many_links_in_pages(at_owner, report):
    first, last = (at_owner.get(f"{report.get_absolute_url()}?page={page}").text for page in (1, 2))
    assert first.count("A &lt;u&gt;name") == 100
    assert last.count("A &lt;u&gt;name") == 20
    assert "?page=2" in first
    assert 'start="101"' in last


def test_says_why_a_file_could_not_be_read(at_owner, owner):
    broken = {**FILE, "format": "", "left_out": [], "error": "not_json"}
    transfer = transfer_of(owner, "import", status="failed", error="unrecognised", report=[broken])
    page = at_owner.get(transfer.get_absolute_url()).text
    assert "not read" in page
    assert "Nothing in this file could be read" in page


@pytest.mark.parametrize("status", ["waiting", "running"])
def test_says_that_it_goes_on_without_the_page(at_owner, owner, status):
    page = at_owner.get(transfer_of(owner, "import", status=status).get_absolute_url()).text
    assert "goes on when you close the page" in page


def test_shows_an_export(at_owner, owner):
    page = at_owner.get(transfer_of(owner, status="done", report=[{"conversations": 3}]).get_absolute_url())
    assert page.status_code == 200
    assert "Download" in page.text


def test_shows_what_an_earlier_version_counted(at_owner, owner):
    known_no_more = [{"why": "not_text", "count": 3}, {"why": "tag"}, {}]
    transfer = transfer_of(owner, "import", status="done", report=[{**FILE, "left_out": known_no_more}])
    page = at_owner.get(transfer.get_absolute_url()).text
    assert "<li>not_text: 3</li>" in page
    assert "<li>Tags, left out: 1</li>" in page

"""What an import could not show as text, on the page of a conversation."""

import pytest

from parley.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(conversation, at_owner):
    """A function: the page of a conversation whose answer has these parts."""

    def look(parts):
        Message.objects.filter(conversation=conversation, role="assistant").update(parts=parts)
        return at_owner.get(conversation.get_absolute_url()).content.decode()

    return look


def test_shows_parts_below_the_message_as_text(page):
    shown = page([{"type": "tool_result", "name": "<b>", "text": "<script>alert(1)</script>"}])
    assert "1 item kept from the import" in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown


def test_links_to_the_web_only(page):
    shown = page(
        [{"type": "citation", "url": "https://example.com/a"}, {"type": "image", "url": "javascript:alert(1)"}]
    )
    assert 'href="https://example.com/a"' in shown
    assert "javascript:" not in shown


def test_shows_nothing_where_there_are_none(page):
    assert "kept from the import" not in page([])

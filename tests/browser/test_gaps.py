"""What other code put into a conversation behind the feed's back swallows nobody's questions."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def added(db, conversation):
    db.add_messages(conversation, [{"role": "assistant", "content": "The backup is done.", "html": ""}])


def taken_away(db, conversation):
    reply = db.reply(conversation)
    db.query("UPDATE parley_conversation SET shown_id = NULL WHERE shown_id = ?", reply["id"])
    db.query("DELETE FROM parley_message WHERE id = ?", reply["id"])


@pytest.fixture(params=[added, taken_away], ids=lambda change: change.__name__)
def gap(request, stack, tab):
    """A tab whose conversation ends otherwise than the page shows."""
    tab.ask("/say 5 words").wait_for_status("done")
    request.param(stack.db, tab.conversation)
    return tab


def test_the_next_question_and_its_answer_are_shown(gap):
    gap.ask("What was that?")
    expect(gap.messages.filter(has_text="What was that?").first).to_be_visible()
    gap.wait_for_status("done")
    expect(gap.composer).to_have_value("")
    gap.ask("And now?")
    expect(gap.messages.filter(has_text="And now?").first).to_be_visible()
    gap.wait_for_status("done")


def test_they_are_shown_in_the_other_tabs_as_well(gap, person):
    person.ask(gap.conversation, "What was that?")
    expect(gap.messages.filter(has_text="What was that?").first).to_be_visible()
    gap.wait_for_status("done")

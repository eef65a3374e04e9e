"""Stop says so at once everywhere, and closes the connection to the provider within a second."""

import time

import pytest

from tests.faults.conftest import assert_agree, assert_begun, question, until_settled
from tests.support.processes import until

pytestmark = pytest.mark.alone

WITHIN = 1.0


def stop(person, reader):
    """Press Stop: the moment it was pressed."""
    pressed = time.monotonic()
    response = person.post(f"/messages/{reader.reply.id}/stop/", turbo=True)
    assert time.monotonic() - pressed < WITHIN
    assert 'data-status="stopped"' in response.text
    return pressed


def assert_hung_up(stack, asked, pressed):
    [request] = stack.provider.asked(asked)
    until(lambda: stack.provider.asked(asked)[0].closed_by_client, 3, f"The provider still writes: {request}")
    assert stack.provider.asked(asked)[0].closed_by_client - pressed < WITHIN


def test_stops_in_the_middle_of_an_answer(quick_stack, person, reading):
    asked = question(1000, at=50)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(200)
    seen = len(reader.reply.text)
    pressed = stop(person, reader)
    reader.until(lambda reply: reply.status == "stopped", WITHIN)
    assert min(length for _, length, status in reader.history if status == "stopped") >= seen
    assert_hung_up(quick_stack, asked, pressed)
    time.sleep(max(0, pressed + WITHIN - time.monotonic()))
    row = until_settled(quick_stack, conversation)
    assert_begun(row, asked)
    assert len(row["content"]) >= seen
    assert_agree(quick_stack, conversation, person, reader)


@pytest.mark.parametrize("asked", ["/no-first-byte", "/say 10 words after 60", "/stall-after 5"])
def test_stops_while_the_provider_is_silent(quick_stack, person, reading, asked):
    asked += " " + question(0)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    quick_stack.provider.wait_for(lambda requests: any(request.question == asked for request in requests))
    time.sleep(0.5)
    pressed = stop(person, reader)
    reader.until(lambda reply: reply.status == "stopped", WITHIN)
    assert_hung_up(quick_stack, asked, pressed)
    assert until_settled(quick_stack, conversation)["status"] == "stopped"
    assert_agree(quick_stack, conversation, person, reader)


def test_stops_what_has_not_begun(quick_stack, person, reading):
    quick_stack.processes["worker"].freeze()
    asked = question(10)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    stop(person, reader)
    reader.until(lambda reply: reply.status == "stopped", WITHIN)
    quick_stack.processes["worker"].thaw()
    time.sleep(1)
    assert until_settled(quick_stack, conversation)["status"] == "stopped"
    assert_agree(quick_stack, conversation, person, reader)
    assert quick_stack.provider.asked(asked) == []


def test_three_tabs_agree_within_a_second(quick_stack, person, reading):
    asked = question(1000, at=50)
    conversation = person.start(asked)
    readers = [reading(person, conversation) for _ in range(3)]
    for reader in readers:
        reader.until_shown(100)
    pressed = stop(person, readers[0])
    until(lambda: quick_stack.db.reply(conversation)["html"], WITHIN)
    assert_agree(quick_stack, conversation, person, *readers, within=max(0.05, pressed + WITHIN - time.monotonic()))
    assert_hung_up(quick_stack, asked, pressed)


def test_three_tabs_see_a_question_within_a_second(quick_stack, person, reading):
    conversation = person.start(question(5))
    until_settled(quick_stack, conversation)
    readers = [reading(person, conversation) for _ in range(3)]
    until(lambda: all(reader.connections for reader in readers))
    asked = question(100, at=50)
    sent = time.monotonic()
    person.ask(conversation, asked)
    for reader in readers:
        until(lambda reader=reader: len(reader.texts) == 4, max(0.05, sent + WITHIN - time.monotonic()))
    until_settled(quick_stack, conversation)
    assert_agree(quick_stack, conversation, person, *readers)


def test_an_administrator_stops_it(quick_stack, person, reading):
    asked = question(1000, at=50)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    staff = quick_stack.person(staff=True)
    pressed = time.monotonic()
    chosen = {"action": "stop", "_selected_action": reader.reply.id}
    assert staff.post("/admin/parley/message/", **chosen).status_code == 302
    reader.until(lambda reply: reply.status == "stopped", WITHIN)
    assert_hung_up(quick_stack, asked, pressed)
    until_settled(quick_stack, conversation)
    until(lambda: quick_stack.db.reply(conversation)["html"], WITHIN)
    assert_agree(quick_stack, conversation, person, reader)


def test_stops_while_valkey_is_down(quick_stack, person, reading):
    asked = question(1000, at=50)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    quick_stack.kill("valkey")
    pressed = stop(person, reader)
    assert_hung_up(quick_stack, asked, pressed)
    quick_stack.start("valkey")
    until(lambda: quick_stack.db.reply(conversation)["html"], 3)
    assert_begun(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)


def test_a_stopped_answer_goes_on(quick_stack, person, reading):
    asked = question(200, at=50)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    reader.until_shown(100)
    stop(person, reader)
    until(lambda: quick_stack.db.reply(conversation)["html"], 3)
    reader.until(lambda reply: "resume" in reply.actions)
    assert person.post(f"/messages/{reader.reply.id}/resume/").status_code == 303
    row = until_settled(quick_stack, conversation)
    assert row["status"] == "done"
    assert_agree(quick_stack, conversation, person, reader)

"""Whatever a page missed, it shows the exact text within two seconds of having a connection."""

import copy
import random
import threading
import time

import pytest

from parley.markdown import render
from tests.faults.conftest import (
    SOON,
    assert_agree,
    assert_begun,
    assert_whole,
    held_by,
    kept_length,
    question,
    until_settled,
)
from tests.support.dom import Dom, text_of
from tests.support.processes import until
from tests.support.reader import Poller

SEED = random.randrange(2**32)


@pytest.fixture
def dice():
    print(f"seed {SEED}")
    return random.Random(SEED)


def test_a_hundred_drops_in_one_long_answer(quick_stack, person, reading, dice):
    asked = question(6000, at=60)
    conversation = person.start(asked)
    readers = [reading(person, conversation) for _ in range(4)]
    drops = 0
    while drops < 100:
        time.sleep(dice.uniform(0.0, 0.2))
        dropped = [reader for reader in dice.sample(readers, dice.randint(1, 4)) if reader.cut()]
        drops += len(dropped)
        kept = shown_of(quick_stack.db.reply(conversation)["content"])
        for reader in dropped:
            reader.until(has_more_than(reader.reply.text, kept), 10)
    assert quick_stack.db.reply(conversation)["status"] == "streaming"
    person.post(f"/messages/{readers[0].reply.id}/stop/")
    assert_begun(until_settled(quick_stack, conversation), asked)
    until(lambda: quick_stack.db.reply(conversation)["html"])
    assert_agree(quick_stack, conversation, person, *readers)


def has_more_than(before, kept):
    return lambda reply: reply.text.startswith(kept) and len(reply.text) > len(before)


def shown_of(content):
    """The text that a page shows of an answer to `/say` that has come so far."""
    return text_of("".join(render(content))).rstrip()


def test_a_drop_shows_the_exact_text_within_two_seconds(quick_stack, person, reading, dice):
    asked = question(400, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    for _ in range(5):
        reader.until_shown(len(reader.reply.text) + 30)
        reader.sleep()
        time.sleep(dice.uniform(0.1, 1.0))
        kept = kept_length(quick_stack, conversation)
        reader.wake()
        reader.until(lambda reply, kept=kept: len(reply.text) >= kept, SOON)
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)


def test_a_page_of_any_moment_and_the_frames_that_follow_equal_a_fresh_page(quick_stack, person, reading, dice):
    conversation = person.start(question(5000, at=60))
    reader, pages = reading(person, conversation), []
    reply = reader.until_shown().id
    with person.socket() as socket:
        socket.open(conversation, reader.dom.version)
        while len(pages) < 100:
            time.sleep(dice.uniform(0.0, 0.12))
            pages.append(dice.choice([fresh, copy_of])(reader))
            socket.follow(reply, as_=len(pages), position=pages[-1].reply.position)
        time.sleep(1)
        person.post(f"/messages/{reply}/stop/")
        until(lambda: quick_stack.db.reply(conversation)["html"])
        while not socket.silent_for(2):
            continue
        for message in socket.messages:
            tell(pages, reply, message)
    until_settled(quick_stack, conversation)
    held = held_by(quick_stack, conversation)
    assert len(quick_stack.db.reply(conversation)["content"]) > 1000
    for page in pages:
        assert page.mistakes == []
        assert page.texts == held
    assert_agree(quick_stack, conversation, person, reader)


def tell(pages, reply, message):
    """Give a message to the page that follows by its handle, or, about the structure, to all."""
    if isinstance(message, list):
        handle, position, *payload = message
        pages[handle - 1].take_frame(reply, position, payload)
    else:
        for page in pages:
            page.take_stream(message["version"], message["stream"])


def fresh(reader):
    return Dom(reader.person.get(f"/c/{reader.conversation}/").text)


def copy_of(reader):
    """The page that a reader has at this moment."""
    with reader.lock:
        return copy.deepcopy(reader.dom)


def test_frames_alone_show_every_kind_of_block(quick_stack, person, reading, dice):
    conversation = person.start(f"/markdown at 40 number {dice.random()}")
    readers = [reading(person, conversation) for _ in range(3)]
    while quick_stack.db.reply(conversation)["status"] in ("pending", "streaming"):
        time.sleep(dice.uniform(0.05, 0.4))
        dice.choice(readers).cut()
    until_settled(quick_stack, conversation)
    assert_agree(quick_stack, conversation, person, *readers)


def test_polling_alone_follows_an_answer(quick_stack, person, reading):
    asked = question(200, at=40)
    conversation = person.start(asked)
    reader = reading(person, conversation, Poller)
    reader.until_shown()
    for _ in range(4):
        kept = kept_length(quick_stack, conversation)
        reader.until(lambda reply, kept=kept: len(reply.text) >= kept, 2 * Poller.EVERY + SOON)
    assert_whole(until_settled(quick_stack, conversation), asked)
    assert_agree(quick_stack, conversation, person, reader)
    assert len({length for _, length, _ in reader.history}) > 4


def test_polling_alone_sees_what_others_do(quick_stack, person, reading):
    conversation = person.start(question(5))
    until_settled(quick_stack, conversation)
    reader = reading(person, conversation, Poller)
    asked = question(100, at=40)
    person.ask(conversation, asked)
    reader.until(lambda reply: reply.status == "streaming")
    person.post(f"/messages/{reader.reply.id}/stop/")
    reader.until(lambda reply: reply.status == "stopped", SOON)
    until_settled(quick_stack, conversation)
    until(lambda: quick_stack.db.reply(conversation)["html"])
    assert_agree(quick_stack, conversation, person, reader)


def test_two_replies_at_once_do_not_mix(quick_stack, person, reading, dice):
    asked = [question(150, at=50), question(150, at=50)]
    conversations = [person.start(words) for words in asked]
    readers = [reading(person, conversation) for conversation in conversations for _ in range(2)]
    replies = [reader.reply.id for reader in readers[::2]]
    with person.socket() as socket:
        pages = [Dom(person.get(f"/c/{conversation}/").text) for conversation in conversations]
        for handle, reply in enumerate(replies):
            socket.follow(reply, as_=handle)
        for _ in range(12):
            time.sleep(dice.uniform(0.05, 0.3))
            dice.choice(readers).cut()
        for words, conversation in zip(asked, conversations, strict=True):
            assert_whole(until_settled(quick_stack, conversation), words)
        while not socket.silent_for(0.5):
            continue
        for handle, position, *payload in (message for message in socket.messages if isinstance(message, list)):
            pages[handle].take_frame(replies[handle], position, payload)
    for page in pages:
        assert page.mistakes == []
    for conversation, pair in zip(conversations, (readers[:2], readers[2:]), strict=True):
        assert_agree(quick_stack, conversation, person, *pair)


@pytest.fixture(scope="module")
def lossy_stack(make_stack):
    """A product whose channel layer loses messages."""
    stack = make_stack(env={"DJANGO_SETTINGS_MODULE": "tests.support.lossy_settings"})
    yield stack
    for name in ("web", "worker"):
        stack.kill(name)


@pytest.mark.parametrize("loss", [0.05, 1.0])
def test_a_channel_layer_that_loses_messages(lossy_stack, reading, loss):
    for name in ("web", "worker"):
        lossy_stack.kill(name)
        lossy_stack.processes[name].env["TEST_LOSS"] = str(loss)
    lossy_stack.ensure_up()
    people = [lossy_stack.person() for _ in range(6)]
    kept = []

    def talk(person):
        conversation = person.start(question(10))
        readers = [reading(person, conversation) for _ in range(2)]
        for _ in range(5):
            asked = question(20, at=40)
            person.ask(conversation, asked)
            assert_whole(until_settled(lossy_stack, conversation), asked)
        kept.append((person, conversation, readers))

    talks = [threading.Thread(target=talk, args=(person,)) for person in people]
    for thread in talks:
        thread.start()
    for thread in talks:
        thread.join(90)
    assert len(kept) == len(people)
    for person, conversation, readers in kept:
        assert_agree(lossy_stack, conversation, person, *readers)

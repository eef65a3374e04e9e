"""What one tab changes reaches the person's other tabs within a second, by notification: polling is off here."""

import time

import pytest

TRIES = 3
"""The quickest counts: the machine may be busy with other tests."""


def rename(person, conversation, number):
    person.post(f"/c/{conversation}/rename/", title=f"War and peace {number}")


def pin(person, conversation, number):
    person.post(f"/c/{conversation}/{'unpin' if number % 2 else 'pin'}/")


def archive(person, conversation, number):
    person.post(f"/c/{conversation}/{'unarchive' if number % 2 else 'archive'}/")


def delete(person, conversation, number):
    person.post(f"/c/{conversation}/{'restore' if number % 2 else 'delete'}/")


def new(person, conversation, number):
    person.start("/say 3 words")


@pytest.mark.parametrize("change", [new, rename, pin, archive, delete])
def test_tells_another_tab_within_a_second(unpolled_stack, change):
    person = unpolled_stack.person()
    conversation = person.start("/say 3 words")
    person.settled(conversation)
    with person.socket() as tab:
        tab.open()
        assert min(told_after(tab, change, person, conversation, number) for number in range(TRIES)) < 1


def told_after(tab, change, *args):
    """Seconds from when a form is sent to when a tab that was silent has the change."""
    while not tab.silent_for(0.6):
        pass
    began = time.monotonic()
    change(*args)
    tab.until(lambda message: "stream" in message)
    return time.monotonic() - began

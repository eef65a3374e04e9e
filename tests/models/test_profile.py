import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parley.generation import engine
from parley.generation.prompt import ABOUT, STYLE
from parley.models import Conversation, Folder, Message, Profile, Share
from parley.models.profile import MAX_FAVOURITES
from tests.models.conftest import answered

pytestmark = pytest.mark.django_db


def request_of(conversation):
    reply = conversation.messages.filter(role="assistant").select_related("conversation").latest("id")
    return engine._request(reply, 32_000, lambda: None)


def system_of(conversation):
    return [each["content"] for each in request_of(conversation)[0].messages if each["role"] == "system"]


def again(user):
    return get_user_model().objects.get(pk=user.pk)


def test_is_asked_for_once_whether_it_is_there_or_not(owner, stranger):
    Profile.change(owner, name="Ada", about="I sail.")
    with CaptureQueriesContext(connection) as captured:
        for user, name in ((again(owner), "Ada"), (again(stranger), "stranger")):
            assert [str(Profile.of(user)) for _ in range(3)] == [name] * 3
    assert len(captured) == 4
    assert Profile.objects.count() == 1


def test_changes_what_is_named_and_keeps_the_rest(owner):
    Profile.change(owner, name="Ada", enter_sends=False)
    Profile.change(owner, about="I sail.")
    found = Profile.of(again(owner))
    assert (found.name, found.about, found.enter_key) == ("Ada", "I sail.", "enter")
    assert Profile.of(owner).about == "I sail.", "The user at hand knows it as well"


def test_favourites_come_and_go_newest_first_up_to_fifty(owner, stranger):
    assert [Profile.toggle_favourite(owner, choice) for choice in ("a", "b", "site::c", "a")] == [
        True,
        True,
        True,
        False,
    ]
    assert Profile.favourites_of(again(owner)) == ["site::c", "b"]
    for number in range(MAX_FAVOURITES - 2):
        assert Profile.toggle_favourite(owner, f"more {number}")
    assert not Profile.toggle_favourite(owner, "one too many")
    assert len(Profile.favourites_of(again(owner))) == MAX_FAVOURITES
    assert not Profile.toggle_favourite(owner, "b"), "To give one up is possible"
    assert len(Profile.favourites_of(owner)) == MAX_FAVOURITES - 1
    assert Profile.favourites_of(stranger) == []


def test_is_deleted_with_its_owner(owner):
    Profile.change(owner, name="Ada")
    owner.delete()
    assert not Profile.objects.exists()


def test_stands_before_the_instructions_of_the_conversation_or_its_folder(owner, conversation):
    folder = Folder.objects.create(owner=owner, name="any", instructions="As the folder says.")
    Conversation.objects.filter(pk=conversation.pk).update(folder=folder)
    assert system_of(conversation) == ["As the folder says."]
    Profile.change(owner, about="I sail.\nOften.", style="Briefly.")
    personal = f"{ABOUT}\nI sail.\nOften.\n\n{STYLE}\nBriefly."
    assert system_of(conversation) == [f"{personal}\n\nAs the folder says."]
    Conversation.objects.filter(pk=conversation.pk).update(folder=None)
    assert system_of(conversation) == [personal]


def test_is_sent_nowhere_else(owner, stranger, conversation):
    Profile.change(owner, about="I sail.")
    Conversation.objects.filter(pk=conversation.pk).update(without_profile=True)
    assert system_of(conversation) == []
    assert system_of(answered(stranger)) == []


def test_leaves_less_room_for_what_was_said_before(owner):
    conversation = answered(owner, times=4)
    conversation.messages.filter(role="user").update(content="x" * 3_000)
    conversation.ask("last")
    reply = Message.objects.select_related("conversation").latest("id")
    _, before = engine._request(reply, 6_000, lambda: None)
    Profile.change(owner, about="y" * 4_000, style="z" * 4_000)
    sent, after = engine._request(reply, 6_000, lambda: None)
    assert after.left_out > before.left_out
    assert sum(len(message["content"]) for message in sent.messages) / 3 < 6_000 * 0.75
    assert sent.messages[-1]["content"] == "last"


def test_costs_a_reply_one_query(owner, conversation):
    counts = []
    for without in (True, False):
        Conversation.objects.filter(pk=conversation.pk).update(without_profile=without)
        reply = conversation.messages.filter(role="assistant").select_related("conversation").get()
        with CaptureQueriesContext(connection) as captured:
            engine._request(reply, 32_000, lambda: None)
        counts.append(len(captured))
    assert counts[1] == counts[0] + 1


def test_a_fork_leaves_out_what_its_original_does_and_a_link_never_shows_it(owner):
    Profile.change(owner, about="I sail.")
    conversation = answered(owner)
    Conversation.objects.filter(pk=conversation.pk).update(without_profile=True, instructions="Be brief.")
    conversation.refresh_from_db()
    assert conversation.fork(conversation.messages.latest("id")).without_profile
    shared = Share.of(conversation, instructions=True)
    assert ("Be brief." in str(shared.snapshot), "I sail." in str(shared.snapshot)) == (True, False)

"""The tree of a conversation: branches, forks, and what is deleted from them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parley.generation import history
from parley.generation.prompt import build
from parley.ids import uuid7
from parley.models import Conversation, Message
from parley.models.branching import PAGE
from parley.models.conversation import NoQuestion
from tests.models.conftest import answered, put, said_before, settle

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


def fresh(conversation):
    return Conversation.objects.get(pk=conversation.pk)


def contents(messages):
    return [message.content for message in messages]


def shown(conversation):
    return contents(fresh(conversation).whole_branch())


def say(conversation, question, answer="", **options):
    """A question and its answer, at the end of the branch that is shown."""
    asked, reply = conversation.ask(question, **options)
    Message.objects.filter(pk=reply.pk).update(status="done", content=answer or f"re {question}")
    return asked, reply


@pytest.fixture
def talk(owner):
    """q1 – re q1 – q2 – re q2 – q3 – re q3"""
    conversation = Conversation.objects.create(owner=owner, title="A talk", instructions="Be brief.", model="gpt-x")
    for number in (1, 2, 3):
        say(conversation, f"q{number}")
    return conversation


@pytest.fixture
def words(talk):
    """A function: the message with a text."""
    return lambda text, conversation=talk: conversation.messages.get(content=text)


# Branches


def test_shows_an_edited_question_and_keeps_the_other_with_all_that_followed(talk, words):
    say(talk, "q2 again", instead_of=words("q2"))
    assert shown(talk) == ["q1", "re q1", "q2 again", "re q2 again"]
    assert talk.messages.count() == 8


def test_edits_the_very_first_question(talk, words):
    say(talk, "q1 again", instead_of=words("q1"))
    assert shown(talk) == ["q1 again", "re q1 again"]
    talk.show(words("q1"))
    assert shown(talk)[-1] == "re q3"


def test_goes_back_to_the_newest_continuation(talk, words):
    say(talk, "q2 again", instead_of=words("q2"))
    say(talk, "q3 again")
    talk.show(words("q2"))
    assert shown(talk)[-1] == "re q3"
    talk.show(words("q2 again"))
    assert shown(talk)[-1] == "re q3 again"


def test_remembers_the_branch_for_the_next_question(talk, words):
    say(talk, "q2 again", instead_of=words("q2"))
    fresh(talk).show(words("q2"))
    say(fresh(talk), "q4")
    assert shown(talk) == ["q1", "re q1", "q2", "re q2", "q3", "re q3", "q4", "re q4"]


def test_asks_at_the_end_of_the_branch_that_somebody_else_turned_to(talk, words):
    stale = fresh(talk)
    say(talk, "q2 again", instead_of=words("q2"))
    say(stale, "q3 again")
    assert shown(talk)[-4:] == ["q2 again", "re q2 again", "q3 again", "re q3 again"]


def test_goes_on_below_a_message_of_another_branch(talk, words):
    say(talk, "q2 again", instead_of=words("q2"))
    say(talk, "q4", below=words("re q2"))
    assert shown(talk)[-3:] == ["re q3", "q4", "re q4"]


def test_goes_on_with_what_other_code_added_below(talk):
    talk.messages.create(parent=talk.leaf(), role="assistant", content="and another thing")
    assert shown(talk)[-1] == "and another thing"


def test_numbers_the_versions_of_each_message(talk, words):
    for number in range(2):
        say(talk, f"q2 version {number}", instead_of=words("q2"))
    first, _, version, answer = talk.transcript()
    assert [len(message.versions) for message in (first, version, answer)] == [1, 3, 1]
    assert (version.number, version.version_before, version.version_after) == (3, words("q2 version 0").pk, None)
    talk.show(words("q2"))
    assert talk.transcript()[2].version_after == words("q2 version 0").pk


def test_answers_again_beside_the_first_answer(talk, words):
    reply = talk.regenerate(words("re q2"), "gpt-y")
    assert (reply.parent, reply.status, reply.asked_model) == (words("q2"), "pending", "gpt-y")
    assert [message.pk for message in talk.transcript()][-1] == reply.pk
    assert said_before(reply) == ["q1", "re q1", "q2"]
    assert len(talk.transcript()[-1].versions) == 2


def test_answers_a_question_again(talk, words):
    assert talk.regenerate(words("q3")).parent == words("q3")


def test_has_nothing_to_answer_above_the_first_message(owner):
    conversation = Conversation.objects.create(owner=owner, title="begins with an answer")
    with pytest.raises(NoQuestion):
        conversation.regenerate(conversation.messages.create(role="assistant", content="hello"))


@pytest.mark.parametrize(("asked_model", "used"), [("gpt-y", "gpt-y"), ("", "gpt-x")])
def test_asks_the_model_that_was_wanted(talk, words, asked_model, used):
    reply = talk.regenerate(words("re q3"), asked_model)
    assert reply.claim(uuid7())
    reply.refresh_from_db()
    assert reply.model == used


def test_lets_an_answer_stream_on_another_branch(talk, words):
    running = talk.regenerate(words("re q3"))
    assert running.claim(uuid7())
    say(talk, "q2 again", instead_of=words("q2"))
    running.refresh_from_db()
    assert running.finish("written meanwhile")
    assert shown(talk)[-1] == "re q2 again"
    talk.show(running)
    assert shown(talk)[-1] == "written meanwhile"


def test_answers_again_once_when_it_is_asked_twice(talk, words):
    reply = talk.regenerate(words("re q3"))
    assert fresh(talk).regenerate(words("re q3")) == reply == fresh(talk).regenerate(words("q3"))
    assert reply.claim(uuid7())
    assert talk.regenerate(words("re q3")) == reply
    assert talk.regenerate(words("re q3"), "gpt-y") != reply
    Message.objects.filter(pk=reply.pk).update(content="begins")
    assert talk.regenerate(words("re q3")) != reply


# Windows


def test_shows_a_message_on_its_branch_with_what_is_around_it(owner):
    conversation = answered(owner, times=40)
    path = [message.pk for message in conversation.whole_branch()]
    middle = Message.objects.get(pk=path[30])
    window = conversation.window(around=middle)
    ids = [message.pk for message in window.messages]
    assert middle.pk in ids
    assert ids == path[path.index(ids[0]) :][:PAGE]
    assert (window.older, window.newer) == (ids[0], ids[-1])


def test_shows_all_messages_from_any_one_upwards_and_downwards(owner):
    conversation = answered(owner, times=40)
    path = [message.pk for message in conversation.whole_branch()]
    window = conversation.window(around=Message.objects.get(pk=path[33]))
    ids, older, newer = [message.pk for message in window.messages], window.older, window.newer
    while older:
        window = conversation.window(before=Message.objects.get(pk=older))
        ids[:0], older = [message.pk for message in window.messages], window.older
    while newer:
        window = conversation.window(after=Message.objects.get(pk=newer))
        ids, newer = ids + [message.pk for message in window.messages], window.newer
    assert ids == path


def test_shows_a_message_of_another_branch_without_turning_to_it(talk, words):
    say(talk, "q2 again", instead_of=words("q2"))
    assert contents(talk.window(around=words("q2")).messages)[-1] == "re q3"
    assert shown(talk)[-1] == "re q2 again"
    assert talk.branch_of(words("q1"))
    assert not talk.branch_of(words("q2"))


# Forks


@pytest.fixture
def fork(talk, words):
    return talk.fork(words("re q2"))


def test_forks_with_copies_of_what_was_said_until_then(fork, talk):
    assert shown(fork) == ["q1", "re q1", "q2", "re q2"]
    assert {message.conversation for message in fork.whole_branch()} == {fork}
    assert (fork.instructions, fork.model, fork.title) == ("Be brief.", "gpt-x", "A talk (fork)")
    assert shown(talk)[-1] == "re q3"


def test_copies_a_message_as_it_is(talk, words):
    kept = {
        "reasoning": "hm",
        "html": "<p>re q2</p>",
        "error": "cut_off",
        "usage": {"prompt_tokens": 3},
        "model": "gpt-x",
    }
    talk.messages.filter(content="re q2").update(
        **kept, status="interrupted", worker=uuid7(), attempt=2, idempotency_key=uuid7()
    )
    original = words("re q2")
    copy = talk.fork(original).leaf()
    assert {name: getattr(copy, name) for name in kept} == kept
    assert (copy.created_at, copy.settled_at, copy.attempt) == (original.created_at, original.settled_at, 2)
    assert (copy.worker, copy.idempotency_key, copy.version, copy.can_retry) == (None, None, 0, True)
    assert copy.parent.conversation == copy.conversation != talk


def test_ends_in_the_copy_what_is_being_written(talk, words):
    running = talk.regenerate(words("q2"))
    assert running.claim(uuid7())
    Message.objects.checkpoint({(running.pk, running.attempt): "so far"})
    question = talk.messages.create(parent=running, role="user", content="meanwhile")
    fork = talk.fork(question)
    copy = fork.whole_branch()[-2]
    assert (copy.content, copy.status, copy.worker) == ("so far", "stopped", None)
    assert copy.settled_at is not None
    assert not Message.objects.running().exclude(pk=running.pk).exists()


def test_forks_one_branch_alone(talk, words):
    say(talk, "q2 again", instead_of=words("q2"))
    assert contents(talk.fork(words("re q2")).messages.order_by("id")) == ["q1", "re q1", "q2", "re q2"]


def test_goes_on_in_a_fork_and_leaves_the_other_alone(fork, talk):
    _, reply = say(fork, "another q3")
    assert shown(fork) == ["q1", "re q1", "q2", "re q2", "another q3", "re another q3"]
    assert said_before(reply) == ["q1", "re q1", "q2", "re q2", "another q3"]
    assert shown(talk)[-1] == "re q3"


def test_counts_the_versions_of_a_fork_alone(fork, talk, words):
    say(talk, "q2 again", instead_of=words("q2"))
    say(fork, "another q3")
    assert {len(message.versions) for message in fork.transcript()} == {1}
    say(talk, "q3 again", instead_of=words("q3"), below=words("re q2"))
    assert len(talk.transcript()[-2].versions) == 2


def test_edits_in_a_fork_what_was_asked_before_it_and_goes_back(fork, talk, words):
    say(fork, "another q2", instead_of=words("q2", fork))
    assert shown(fork) == ["q1", "re q1", "another q2", "re another q2"]
    assert len(fork.transcript()[-2].versions) == 2
    fork.show(words("q2", fork))
    assert shown(fork) == ["q1", "re q1", "q2", "re q2"]
    assert shown(talk)[-1] == "re q3"


def test_forks_a_fork(fork, words):
    say(fork, "another q3")
    second = fork.fork(words("another q3", fork))
    say(second, "a third")
    assert shown(second) == ["q1", "re q1", "q2", "re q2", "another q3", "a third", "re a third"]


def test_forks_once_until_something_is_said_in_the_fork(fork, talk, words):
    assert fresh(talk).fork(words("re q2")) == fork
    assert talk.fork(words("q2")) != fork
    assert fork.fork(words("re q2", fork)) != fork
    say(fork, "another q3")
    second = talk.fork(words("re q2"))
    assert second != fork
    assert talk.fork(words("re q2")) == second


def test_forks_again_when_the_fork_was_thrown_away_or_changed(fork, talk, words):
    fork.soft_delete()
    second = talk.fork(words("re q2"))
    assert second != fork
    second.set_generation_settings(model="gpt-y")
    third = talk.fork(words("re q2"))
    assert third not in (fork, second)
    third.delete_message(third.leaf())
    assert shown(talk.fork(words("re q2")))[-1] == "re q2"


def test_forks_again_when_what_was_copied_was_written_anew(talk, words):
    again = talk.regenerate(words("q3"))
    put(again, status="failed", settled_at=again.created_at)
    first = talk.fork(again)
    assert fresh(talk).fork(again) == first
    again.retry()
    assert again.claim(uuid7())
    again.finish("all of it")
    assert shown(talk.fork(again))[-1] == "all of it"


def test_forks_again_when_an_answer_was_written_in_the_fork(talk, words):
    again = talk.regenerate(words("q3"))
    put(again, status="failed", settled_at=again.created_at)
    first = talk.fork(again)
    first.leaf().retry()
    assert talk.fork(again) != first


def test_keeps_the_name_that_a_person_gave(talk, words):
    talk.rename("War and peace")
    fork = talk.fork(words("re q2"))
    assert fork.titled_by == "person"
    assert not fork.take_title("A title", {})
    assert fresh(fork).title == "War and peace (fork)"


# What is deleted


def test_attaches_what_followed_a_deleted_message_to_the_one_before(talk, words):
    talk.delete_message(words("re q1"))
    assert shown(talk) == ["q1", "q2", "re q2", "q3", "re q3"]


def test_deletes_the_first_message(talk, words):
    talk.delete_message(words("q1"))
    assert shown(talk) == ["re q1", "q2", "re q2", "q3", "re q3"]


def test_deletes_the_last_message(talk, words):
    talk.delete_message(words("re q3"))
    assert shown(talk)[-1] == "q3"


def test_deletes_a_branch_and_shows_what_remains_beside_it(talk, words):
    say(talk, "q2 again", instead_of=words("q2"))
    talk.delete_branch(words("q2 again"))
    assert shown(talk)[-1] == "re q3"
    talk.delete_branch(words("q2"))
    assert shown(talk) == ["q1", "re q1"]


def test_leaves_the_branch_that_is_shown_when_another_is_deleted(talk, words):
    say(talk, "q2 again", instead_of=words("q2"))
    talk.delete_branch(words("q2"))
    assert shown(talk) == ["q1", "re q1", "q2 again", "re q2 again"]


def test_deletes_everything_and_begins_again(talk, words):
    talk.delete_branch(words("q1"))
    assert (talk.leaf(), talk.transcript()) == (None, [])
    say(talk, "anew")
    assert shown(talk) == ["anew", "re anew"]


def test_sends_what_is_left_when_an_answer_was_deleted(talk, words):
    talk.delete_message(words("re q1"))
    built = build("", history.before(words("re q3"), 1000).turns, window=1000)
    assert [message["content"] for message in built.messages] == ["q1\n\nq2", "re q2", "q3"]


def test_goes_with_its_owner(fork, talk, owner):
    say(fork, "another q3")
    owner.delete()
    assert not Message.objects.exists()


def test_stops_a_reply_that_is_being_written(talk, words):
    reply = talk.regenerate(words("re q3"))
    assert reply.claim(uuid7())
    assert talk.delete_branch(words("q3")) == [reply]
    assert not reply.finish("too late")
    assert shown(talk)[-1] == "re q2"


@pytest.mark.parametrize(
    "verb",
    [
        lambda talk, message: talk.delete(),
        lambda talk, message: talk.delete_branch(message),
        lambda talk, message: talk.delete_message(message),
        lambda talk, message: Conversation.objects.filter(pk=talk.pk).delete(),
    ],
)
@pytest.mark.parametrize("text", ["q1", "q2"])
def test_leaves_a_fork_as_it_is(fork, talk, words, text, verb):
    say(fork, "another q3")
    before = [(message.pk, message.content) for message in fork.whole_branch()]
    verb(talk, words(text))
    assert [(message.pk, message.content) for message in fresh(fork).whole_branch()] == before


def test_deletes_in_a_fork_and_leaves_the_other_alone(fork, talk, words):
    before = shown(talk)
    fork.delete_message(words("q1", fork))
    fork.delete_branch(words("q2", fork))
    assert shown(fork) == ["re q1"]
    fork.delete()
    assert shown(talk) == before


DOOMED = [
    lambda talk, message: talk.ask("again", instead_of=message),
    lambda talk, message: talk.ask("and on", below=message),
    lambda talk, message: talk.regenerate(message),
    lambda talk, message: talk.fork(message),
    lambda talk, message: talk.show(message),
    lambda talk, message: talk.delete_message(message),
]


@pytest.mark.parametrize("verb", DOOMED)
def test_sees_that_another_tab_has_deleted_the_message(talk, words, verb):
    stale, message = fresh(talk), words("q2")
    talk.delete_branch(words("q2"))
    with pytest.raises(Message.DoesNotExist):
        verb(stale, message)
    assert shown(talk) == ["q1", "re q1"]


@pytest.mark.parametrize("verb", [*DOOMED[:5], lambda talk, message: talk.set_generation_settings(model="gpt-y")])
def test_sees_that_another_tab_has_deleted_the_conversation(talk, words, verb):
    stale, message = fresh(talk), words("q2")
    talk.delete()
    with pytest.raises((Conversation.DoesNotExist, Message.DoesNotExist)):
        verb(stale, message)


def test_edits_and_deletes_below_what_another_tab_has_deleted(talk, words):
    edited, to_delete = words("q2"), words("re q2")
    talk.delete_message(words("re q1"))
    say(talk, "q2 again", instead_of=edited)
    talk.delete_message(words("q2"))
    talk.delete_message(to_delete)
    assert shown(talk) == ["q1", "q2 again", "re q2 again"]
    talk.show(words("q3"))
    assert shown(talk) == ["q1", "q3", "re q3"]


# Circles, and what a page costs


@pytest.fixture
def circle(talk, words):
    """An import might have made it."""
    Message.objects.filter(pk=words("q1").pk).update(parent=words("re q3"))
    return talk


def test_never_goes_round_in_a_circle(circle, words):
    assert len(circle.whole_branch()) == len(circle.transcript()) == 6
    assert len(said_before(words("re q2"))) <= 6
    circle.show(words("q2"))
    assert circle.window(around=words("q2")).messages
    assert len(circle.window(after=words("q1")).messages) <= 6
    assert circle.fork(words("q3")).transcript()
    circle.delete_branch(words("q2"))
    assert not circle.messages.exists()


def queries(function):
    with CaptureQueriesContext(connection) as captured:
        function()
    return len(captured)


def test_takes_as_many_queries_for_a_long_and_wide_tree_as_for_a_small_one(owner):
    small, large = answered(owner, times=3), answered(owner, times=30)
    for number in range(12):
        large.ask(f"version {number}", instead_of=large.whole_branch()[20])
        settle(large)
    Message.objects.update(html="<p>rendered</p>")
    for verb in (
        lambda each: each.transcript(),
        lambda each: each.window(around=each.messages.first()),
        lambda each: each.window(before=each.leaf()),
        lambda each: each.show(each.messages.first()),
        lambda each: each.whole_branch(),
        lambda each: each.delete_branch(each.messages.order_by("id")[3]),
    ):
        assert queries(lambda: verb(fresh(small))) == queries(lambda: verb(fresh(large)))  # noqa: B023

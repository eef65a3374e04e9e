from uuid import uuid4

import pytest
from django.forms.models import model_to_dict

from parley.models import Message
from tests.models.conftest import put

pytestmark = pytest.mark.django_db

WORKER = uuid4()
STATUSES = ("pending", "streaming", "done", "stopped", "failed", "interrupted")
VERBS = {
    "claim": lambda reply: reply.claim(WORKER),
    "finish": lambda reply: reply.finish("all of it", finish_reason="stop", usage={"completion_tokens": 3}),
    "fail": lambda reply: reply.fail("some of it", "provider_down"),
    "interrupt": lambda reply: reply.interrupt("some of it", "cut"),
    "stop": lambda reply: reply.stop(),
    "keep": lambda reply: reply.keep("the last words"),
    "requeue": lambda reply: reply.requeue(died=True),
    "retry": lambda reply: reply.retry(),
    "resume": lambda reply: reply.resume(),
}
BECOMES = {
    "claim": {"pending": "streaming"},
    "finish": {"streaming": "done"},
    "fail": {"streaming": "failed"},
    "interrupt": {"streaming": "interrupted"},
    "stop": {"pending": "stopped", "streaming": "stopped"},
    "keep": {"stopped": "stopped"},
    "requeue": {"streaming": "pending"},
    "retry": {"failed": "pending", "stopped": "pending", "interrupted": "pending"},
    "resume": {"failed": "pending", "stopped": "pending", "interrupted": "pending"},
}
NEEDS_TEXT, NEEDS_NO_TEXT = {"resume"}, {"requeue"}


def row(reply):
    fresh = Message.objects.get(pk=reply.pk)
    return {field.attname: getattr(fresh, field.attname) for field in Message._meta.concrete_fields}


@pytest.mark.parametrize("content", ["", "some text"])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("verb", VERBS)
def test_happens_from_its_states_and_changes_nothing_from_others(reply, verb, status, content):
    put(reply, status=status, content=content)
    before = row(reply)
    to = BECOMES[verb].get(status)
    if (verb in NEEDS_TEXT and not content) or (verb in NEEDS_NO_TEXT and content):
        to = None
    assert VERBS[verb](reply) is (to is not None)
    after = row(reply)
    assert after["status"] == (to or status)
    if to is None:
        assert after == before


@pytest.mark.parametrize("verb", ["finish", "fail", "interrupt", "keep", "requeue"])
def test_is_refused_to_a_worker_that_was_thought_dead(reply, verb):
    put(reply, status="stopped" if verb == "keep" else "streaming", attempt=1)
    late = Message.objects.get(pk=reply.pk)
    put(reply, attempt=2)
    before = row(reply)
    assert VERBS[verb](late) is False
    assert row(reply) == before


@pytest.mark.parametrize("verb", ["finish", "fail", "interrupt", "stop", "retry", "claim"])
def test_happens_once(reply, verb):
    put(reply, status=next(iter(BECOMES[verb])))
    again = Message.objects.get(pk=reply.pk)
    assert VERBS[verb](reply)
    assert not VERBS[verb](again)


@pytest.mark.parametrize("verb", VERBS)
def test_leaves_the_object_as_the_row_is(reply, verb):
    put(reply, status=next(iter(BECOMES[verb])), content="" if verb in NEEDS_NO_TEXT else "text")
    VERBS[verb](reply)
    assert model_to_dict(reply) == model_to_dict(Message.objects.get(pk=reply.pk))
    assert reply.version == Message.objects.get(pk=reply.pk).version


@pytest.mark.parametrize("verb", VERBS)
def test_leaves_a_question_alone(reply, verb):
    question = reply.parent
    before = row(question)
    assert not VERBS[verb](question)
    assert row(question) == before


@pytest.mark.parametrize("verb", ["retry", "resume"])
def test_leaves_a_question_alone_that_came_in_as_if_it_were_a_reply(reply, verb):
    question = put(reply.parent, status="interrupted", content="my words")
    assert not VERBS[verb](question)
    assert put(question).content == "my words"


def test_claims_with_an_attempt_of_its_own(reply):
    put(reply, attempt=3)
    assert reply.claim(WORKER)
    assert (reply.attempt, reply.worker, reply.model) == (4, WORKER, reply.conversation.effective_model)
    assert reply.started_at


def test_finishes_with_text_html_and_what_it_cost(reply):
    reply.claim(WORKER)
    reply.finish("*all*", finish_reason="length", usage={"completion_tokens": 3}, left_out=2)
    stored = Message.objects.get(pk=reply.pk)
    assert (stored.content, stored.html) == ("*all*", "<p><em>all</em></p>")
    assert (stored.finish_reason, stored.usage, stored.left_out) == ("length", {"completion_tokens": 3}, 2)
    assert stored.settled_at


@pytest.mark.parametrize("verb", ["fail", "interrupt"])
def test_ends_badly_with_a_code_and_never_with_its_words_in_the_text(reply, verb):
    reply.claim(WORKER)
    VERBS[verb](reply)
    stored = Message.objects.get(pk=reply.pk)
    assert stored.content == "some of it"
    assert stored.error_sentence
    assert stored.error_sentence not in stored.content + stored.html


def test_stops_with_the_text_so_far_and_the_last_words_after_it(reply):
    put(reply, status="streaming", content="so far", attempt=1)
    reply.stop()
    assert "so far" in reply.body
    assert reply.keep("so far and a bit")
    assert Message.objects.get(pk=reply.pk).html == "<p>so far and a bit</p>"


def test_keeps_no_last_words_of_a_reply_that_is_written_again(reply):
    put(reply, status="streaming", content="so far", attempt=1)
    worker = Message.objects.get(pk=reply.pk)
    reply.stop()
    reply.retry()
    assert not worker.keep("so far and a bit")
    assert Message.objects.get(pk=reply.pk).content == ""


def test_goes_on_after_the_last_words_of_what_was_stopped(reply):
    put(reply, status="streaming", content="so far", attempt=1)
    worker = Message.objects.get(pk=reply.pk)
    reply.stop()
    reply.resume()
    assert worker.keep("so far and a bit", checkpointed="so far")
    stored = Message.objects.get(pk=reply.pk)
    assert (stored.status, stored.content, stored.html) == ("pending", "so far and a bit", "")


def test_keeps_no_last_words_of_a_reply_that_already_goes_on(reply):
    put(reply, status="streaming", content="so far", attempt=1)
    worker = Message.objects.get(pk=reply.pk)
    reply.stop()
    reply.resume()
    reply.claim(WORKER)
    assert not worker.keep("so far and a bit", checkpointed="so far")
    assert Message.objects.get(pk=reply.pk).content == "so far"


def test_retries_from_the_beginning(reply):
    put(
        reply,
        status="failed",
        content="text",
        html="<p>text</p>",
        error="cut",
        finish_reason="x",
        deaths=3,
        left_out=2,
        sent_tokens=9,
    )
    reply.retry()
    assert (reply.content, reply.html, reply.error, reply.finish_reason, reply.deaths, reply.left_out) == (
        "",
        "",
        "",
        "",
        0,
        0,
    )


def test_resumes_after_the_text_that_is_there(reply):
    put(reply, status="interrupted", content="text", html="<p>text</p>", error="cut")
    reply.resume()
    assert (reply.content, reply.error) == ("text", "")
    assert reply.claim(WORKER)
    assert reply.content == "text"


@pytest.mark.parametrize(("died", "deaths"), [(True, 1), (False, 0)])
def test_counts_only_deaths_of_its_workers(reply, died, deaths):
    reply.claim(WORKER)
    reply.requeue(died=died)
    assert (reply.status, reply.deaths, reply.enqueued_at) == ("pending", deaths, None)


def test_thinks_anew_when_it_is_written_again(reply):
    reply.claim(WORKER)
    put(reply, reasoning="Hm.", reasoning_seconds=3)
    assert reply.recover(died=True)
    fresh = row(reply)
    assert (fresh["status"], fresh["reasoning"], fresh["reasoning_seconds"]) == ("pending", "", None)


def test_keeps_what_was_thought_when_it_is_interrupted(reply):
    reply.claim(WORKER)
    put(reply, content="So", reasoning="Hm.", reasoning_seconds=3)
    assert reply.recover(died=True)
    fresh = row(reply)
    assert (fresh["status"], fresh["reasoning"], fresh["reasoning_seconds"]) == ("interrupted", "Hm.", 3)


# A worker that was thought dead, and lives

THOUGHT_DEAD = {
    "interrupted": lambda reply: put(reply, content="so far") and reply.recover(died=True),
    "pending": lambda reply: reply.recover(died=True),
    "failed": lambda reply: put(reply, deaths=3) and reply.recover(died=True),
}


@pytest.fixture(params=THOUGHT_DEAD)
def lost(reply, request):
    """A reply as its worker has it, which others think is dead."""
    reply.claim(WORKER)
    mine = Message.objects.get(pk=reply.pk)
    assert THOUGHT_DEAD[request.param](reply)
    assert row(reply)["status"] == request.param
    return mine


def test_is_taken_back_by_the_very_attempt_that_was_thought_dead(lost):
    version = row(lost)["version"]
    assert lost.reclaim("so far and more", reasoning="Hm.", reasoning_seconds=1)
    after = row(lost)
    assert (after["status"], after["content"], after["reasoning"]) == ("streaming", "so far and more", "Hm.")
    assert (after["html"], after["error"], after["settled_at"], after["deaths"]) == ("", "", None, 0)
    assert after["version"] > version


@pytest.mark.parametrize("verb", ["finish", "fail", "interrupt"])
def test_ends_with_all_of_its_text_though_its_worker_was_thought_dead(lost, verb):
    assert VERBS[verb](lost)
    after = row(lost)
    assert after["status"] == BECOMES[verb]["streaming"]
    assert after["content"] == ("all of it" if verb == "finish" else "some of it")
    assert after["error"] == {"finish": "", "fail": "provider_down", "interrupt": "cut"}[verb]


TAKEN_OVER = {
    "retry": lambda reply: reply.retry(),
    "resume": lambda reply: reply.resume(),
    "stop after retry": lambda reply: reply.retry() and reply.stop(),
    "claim": lambda reply: reply.claim(uuid4()),
    "claim after retry": lambda reply: reply.retry() and reply.claim(uuid4()),
    "discard": lambda reply: reply.conversation.soft_delete() is not None,
}


@pytest.mark.parametrize("taken", TAKEN_OVER)
def test_is_not_taken_back_from_a_person_or_another_worker(lost, taken):
    theirs = Message.objects.get(pk=lost.pk)
    if not TAKEN_OVER[taken](theirs):
        return
    before = row(lost)
    assert not lost.reclaim("so far and more")
    assert taken == "discard" or not lost.finish("all of it")
    assert taken == "discard" or not lost.keep("all of it")
    assert taken == "discard" or row(lost) == before


def test_keeps_the_last_words_of_a_reply_that_was_stopped_while_its_worker_was_thought_dead(reply):
    reply.claim(WORKER)
    mine = Message.objects.get(pk=reply.pk)
    assert reply.recover(died=True)
    assert reply.stop()
    assert mine.keep("the last words")
    assert row(reply)["content"] == "the last words"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("verb", "status"), [("retry", "failed"), ("resume", "failed"), ("stop", "pending")])
def test_nothing_happens_to_a_reply_whose_person_was_deleted_meanwhile(reply, owner, dispatched, verb, status):
    put(reply, status=status, content="some of it")
    dispatched.clear()
    reply = Message.objects.select_related("conversation").get(pk=reply.pk)
    owner.delete()
    assert not VERBS[verb](reply)
    assert dispatched == []

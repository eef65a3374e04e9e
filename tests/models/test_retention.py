"""Rules delete what nobody has changed for so long, and nothing of a held person, running, changed or pinned."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.utils import timezone

from parley.generation.reaper import Reaper
from parley.models import Budget, Conversation, Message, RetentionHold, RetentionRule, retention, spending
from tests.models.conftest import answered, begun

pytestmark = pytest.mark.django_db(transaction=True)


def aged(owner, days, **values):
    conversation = answered(owner)
    changed = timezone.now() - timedelta(days=days)
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=changed, **values)
    return conversation.pk


def kept():
    return set(Conversation.objects.filter(deleted_at=None).values_list("pk", flat=True))


def apply():
    return retention.apply(timezone.now())


def test_deletes_what_nobody_has_changed_for_so_long(owner, stranger):
    old, young, other = aged(owner, 31), aged(owner, 29), aged(stranger, 400)
    assert apply() == 0, "Without a rule."
    RetentionRule.objects.create(days=30)
    assert apply() == 2
    assert kept() == {young}
    assert not Conversation.objects.filter(pk__in=[old, other], deleted_at=None).exists()


@pytest.mark.parametrize(
    ("rule", "values", "deleted"),
    [
        ({}, {"pinned": True}, False),
        ({"keep_pinned": False}, {"pinned": True}, True),
        ({"archived_only": True}, {}, False),
        ({"archived_only": True}, {"archived": True}, True),
    ],
)
def test_keeps_what_the_rule_keeps(owner, rule, values, deleted):
    aged(owner, 31, **values)
    RetentionRule.objects.create(days=30, **rule)
    assert apply() == deleted


def test_a_rule_of_more_days_than_the_calendar_has_deletes_nothing_and_stops_no_other(owner):
    aged(owner, 31)
    RetentionRule.objects.create(days=2_147_483_647)
    assert (apply(), [number for rule, number in retention.counted(timezone.now())]) == (0, [0])
    RetentionRule.objects.create(days=30)
    assert apply() == 1


def test_is_for_the_people_of_a_group(owner, stranger):
    owner.groups.add(group := Group.objects.create(name="Interns"))
    aged(owner, 31)
    theirs = aged(stranger, 31)
    RetentionRule.objects.create(days=30, group=group)
    assert apply() == 1
    assert kept() == {theirs}


def test_deletes_nothing_of_a_held_person(owner):
    old = aged(owner, 400)
    RetentionRule.objects.create(days=30)
    hold = RetentionHold.objects.create(person=owner, reason="A claim.")
    assert (apply(), kept()) == (0, {old})
    hold.delete()
    assert apply() == 1


def test_deletes_nothing_in_which_a_reply_runs(owner):
    conversation = begun(owner)
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=timezone.now() - timedelta(days=99))
    RetentionRule.objects.create(days=30)
    assert apply() == 0


def test_keeps_what_is_changed_after_it_was_found(owner, monkeypatch):
    old = aged(owner, 31)
    rule = RetentionRule.objects.create(days=30)
    Conversation.objects.filter(pk=old).update(updated_at=timezone.now())
    assert retention._delete(rule, timezone.now(), owner.pk, [old]) == 0
    assert kept() == {old}


def test_takes_so_many_at_once(owner):
    for _ in range(5):
        aged(owner, 31)
    RetentionRule.objects.create(days=30)
    assert [retention.apply(timezone.now(), 2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_sweep_applies_the_rules_once_an_hour(owner):
    now = [0.0]
    reaper = Reaper(clock=lambda: now[0])
    RetentionRule.objects.create(days=30)
    for at, old in ((0, 0), (3599, 1), (3601, 0)):
        now[0] = at
        if at == 3599:
            aged(owner, 31)
        reaper.keep_rules()
        assert len(kept()) == old


def test_the_command_counts_without_deleting(owner, stranger, capsys):
    aged(owner, 31)
    aged(owner, 5)
    RetentionRule.objects.create(days=30)
    RetentionHold.objects.create(person=stranger)
    call_command("parley_retention", "--dry-run")
    out = capsys.readouterr().out
    assert "everyone: 30 days: 1 conversations" in out
    assert "Everything is kept of 1 people." in out
    assert len(kept()) == 2
    call_command("parley_retention")
    assert "1 conversations were deleted" in capsys.readouterr().out
    assert len(kept()) == 1


# Asking again


def ended(owner, status, error, content="", hours=0):
    reply = answered(owner).messages.get(role="assistant")
    settled = timezone.now() - timedelta(hours=hours)
    Message.objects.filter(pk=reply.pk).update(status=status, error=error, content=content, settled_at=settled)
    return reply.pk


def test_the_command_asks_again_what_failed_lately(owner, capsys):
    failed = ended(owner, "failed", "provider_unavailable")
    half = ended(owner, "interrupted", "worker_gone", "Half an")
    others = [
        ended(owner, "failed", "provider_unavailable", hours=2),
        ended(owner, "stopped", ""),
        ended(owner, "done", ""),
    ]
    call_command("parley_requeue", "--dry-run")
    assert "provider_unavailable: 1 replies\nworker_gone: 1 replies" in capsys.readouterr().out
    call_command("parley_requeue")
    assert "2 replies are asked again, 0 were refused" in capsys.readouterr().out
    states = dict(Message.objects.values_list("pk", "status"))
    assert [states[pk] for pk in (failed, half)] == ["pending", "pending"]
    assert "pending" not in [states[pk] for pk in others]
    assert Message.objects.get(pk=half).content == "Half an", "It goes on after its text."


def test_the_command_asks_again_only_what_failed_for_a_reason(owner, capsys):
    ended(owner, "failed", "provider_unavailable")
    ended(owner, "failed", "rate_limited")
    call_command("parley_requeue", "--error", "rate_limited")
    assert "1 replies are asked again" in capsys.readouterr().out


def test_the_command_leaves_what_a_budget_refuses(owner, capsys):
    failed = ended(owner, "failed", "provider_unavailable")
    Budget.objects.create(limit=100, unit="tokens")
    spending.standing(owner)
    call_command("parley_requeue")
    assert "0 replies are asked again, 1 were refused" in capsys.readouterr().out
    assert Message.objects.get(pk=failed).status == "failed"


@pytest.mark.parametrize("hours", ["0", "-1", "soon", "nan", "9999999"])
def test_the_command_refuses_what_is_no_number_of_hours(hours):
    with pytest.raises(Exception, match="must be a number of hours"):
        call_command("parley_requeue", "--since", hours)


@pytest.mark.parametrize("limit", ["-1", "0", "many"])
def test_the_command_refuses_a_limit_that_is_none(limit):
    with pytest.raises(CommandError, match="--limit"):
        call_command("parley_requeue", "--limit", limit)


def test_the_command_leaves_a_reply_whose_question_has_a_later_answer(owner):
    failed = Message.objects.get(pk=ended(owner, "failed", "provider_unavailable"))
    Message.objects.create(
        conversation=failed.conversation, parent=failed.parent, role="assistant", status="done", content="Later."
    )
    call_command("parley_requeue")
    assert Message.objects.get(pk=failed.pk).status == "failed"

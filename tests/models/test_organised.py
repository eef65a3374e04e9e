"""Where conversations are found, what becomes of those that are thrown away, and what a long list costs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parley.delivery.feed import changes_since
from parley.generation.reaper import Reaper
from parley.models import Conversation, Draft, Feed, Folder, Message
from parley.models.organised import ARCHIVED, LISTED, PINNED
from tests.models.conftest import answered, begun

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


@pytest.fixture
def folder(owner):
    return Folder.objects.create(owner=owner, name="Seafaring", instructions="Answer as a sailor.", model="sea-1")


@pytest.fixture
def _too_late(settings):
    settings.PARLEY = {**settings.PARLEY, "UNDO_WITHIN": 0}


@pytest.mark.parametrize(
    "verb",
    [
        lambda owner, folder: begun(owner).move(folder),
        lambda owner, folder: Conversation.objects.visible_to(owner).change(owner.pk, folder=folder),
        lambda owner, folder: Conversation.start(owner, "hello", folder=folder),
        lambda owner, folder: folder.set_generation_settings(name="Ships"),
    ],
)
def test_sees_that_another_tab_has_deleted_the_folder(owner, folder, verb):
    Folder.objects.filter(pk=folder.pk).delete()
    with pytest.raises(Folder.DoesNotExist):
        verb(owner, folder)


def test_forks_into_no_folder_when_another_tab_has_deleted_it(owner, folder):
    conversation = answered(owner)
    conversation.move(folder)
    stale = again(conversation)
    Folder.objects.filter(pk=folder.pk).delete()
    assert stale.fork(stale.leaf()).folder is None


def made(owner, number, **values):
    now = timezone.now()
    rows = [
        Conversation(owner=owner, title=f"{index}", updated_at=now - timedelta(minutes=index), **values)
        for index in range(number)
    ]
    return Conversation.objects.bulk_create(rows, batch_size=1_000)


def again(conversation):
    return Conversation.objects.get(pk=conversation.pk)


def sent(owner, change, shown=None):
    """What the pages of the owner are told of a change."""
    before = Feed.version_of(owner)
    change()
    return changes_since(owner, shown, before)[1]


# Lists


@pytest.mark.parametrize(
    ("values", "section"),
    [
        ({}, LISTED),
        ({"pinned": True}, PINNED),
        ({"archived": True}, ARCHIVED),
        ({"archived": True, "pinned": True}, ARCHIVED),
    ],
)
def test_is_in_one_list_only(owner, folder, values, section):
    for inside in (None, folder):
        (conversation,) = made(owner, 1, folder=inside, **values)
        expected = folder.section if inside and section == LISTED else section
        assert conversation.section == expected
        for name in (LISTED, PINNED, ARCHIVED, folder.section):
            on_it = Conversation.objects.in_section(name).filter(pk=conversation.pk).exists()
            assert on_it == (name == expected)


def test_goes_on_below_a_place_also_where_many_have_the_same_time(owner):
    rows = made(owner, 7)
    Conversation.objects.update(updated_at=datetime(2026, 1, 31, 23, 59, 59, 999_999, UTC))
    seen, after = [], ""
    for _ in rows:
        below = Conversation.objects.after(after) if after else Conversation.objects.all()
        row = below.newest_first().first()
        seen.append(row.pk)
        after = row.cursor
    assert sorted(seen) == sorted(row.pk for row in rows)
    assert not Conversation.objects.after(after).exists()


def test_sorts_places_as_the_database_sorts_rows(owner):
    made(owner, 20)
    rows = list(Conversation.objects.newest_first())
    assert [row.cursor for row in rows] == sorted((row.cursor for row in rows), reverse=True)


# Verbs


def test_tells_pages_where_the_row_is_now(owner, conversation, folder):
    assert 'into="pinned"' in sent(owner, lambda: conversation.organise("pin"))
    assert 'into="conversations"' in sent(owner, lambda: conversation.organise("unpin"))
    assert f'into="{folder.section}"' in sent(owner, lambda: conversation.move(folder))
    assert 'into="archived"' in sent(owner, lambda: conversation.organise("archive"))
    assert f'into="{folder.section}"' in sent(owner, lambda: conversation.organise("unarchive"))
    assert "War and peace" in sent(owner, lambda: conversation.rename("War and peace"))


def test_tells_the_page_that_shows_it_of_its_title_and_menu(owner, conversation):
    head = f'target="head_{conversation.pk}"'
    assert head in sent(owner, lambda: conversation.rename("War and peace"), conversation.pk)
    assert head not in sent(owner, lambda: conversation.rename("Peace and war"))
    assert "was deleted" in sent(owner, conversation.soft_delete, conversation.pk)


def test_tells_of_a_month_that_the_list_may_not_have(owner):
    (old,) = made(owner, 1)
    Conversation.objects.update(updated_at=datetime(2024, 2, 29, 12, tzinfo=UTC))
    old.refresh_from_db()
    assert 'target="group_2024-02"' in sent(owner, lambda: old.organise("pin")) + sent(
        owner, lambda: old.organise("unpin")
    )


def test_tells_of_folders(owner, folder):
    assert f'target="folder_{folder.pk}"' in sent(owner, folder.save)
    assert "refresh" in sent(owner, folder.delete)


def test_stays_when_its_folder_is_deleted(owner, folder):
    conversation = begun(owner)
    conversation.move(folder)
    folder.delete()
    assert again(conversation).section == LISTED


def test_asks_as_its_folder_says_until_it_says_otherwise(owner, folder):
    conversation = begun(owner)
    conversation.move(folder)
    assert (conversation.effective_model, conversation.effective_instructions) == ("sea-1", "Answer as a sailor.")
    conversation.set_generation_settings(model="land-1", instructions="Answer as a farmer.")
    assert (conversation.effective_model, conversation.effective_instructions) == ("land-1", "Answer as a farmer.")
    conversation.move(None)
    conversation.set_generation_settings(model="", instructions="")
    assert conversation.effective_instructions == ""


# What is thrown away


def test_throws_away_and_brings_back(owner, conversation):
    stream = sent(owner, conversation.soft_delete)
    assert f'action="remove" target="conversation_{conversation.pk}"' in stream
    assert "/restore/" in stream
    assert not Conversation.objects.visible_to(owner).exists()
    assert not Message.objects.visible_to(owner).exists()
    assert f'target="conversation_{conversation.pk}" into="conversations"' in sent(owner, conversation.restore)
    assert Conversation.objects.visible_to(owner).get().messages.count() == 2


def test_stops_what_is_being_written(owner, conversation):
    (stopped,) = conversation.soft_delete()
    assert stopped.status == "stopped"
    assert not conversation.messages.exclude(status__in=["done", "stopped"]).exists()


def test_brings_back_what_one_click_threw_away_and_no_more(owner, stranger):
    mine, theirs = made(owner, 5), made(stranger, 1)[0]
    mine[0].soft_delete()
    Conversation.objects.filter(pk__in=[row.pk for row in mine[1:4]]).soft_delete(owner.pk)
    theirs.soft_delete()
    Conversation.objects.exclude(deleted_at=None).filter(owner=stranger).update(deleted_at=again(mine[1]).deleted_at)
    first, second = Conversation.objects.undoable(owner)
    assert (first.count, second.count) == (3, 1)
    assert again(mine[2]).restore()
    assert set(Conversation.objects.filter(deleted_at=None)) == set(mine[1:])
    assert not again(mine[2]).restore()


def test_keeps_what_was_thrown_away_as_long_as_it_can_be_brought_back(conversation):
    conversation.soft_delete()
    Conversation.objects.purge()
    assert again(conversation).restore()
    Conversation.objects.purge()
    assert conversation.messages.count() == 2


@pytest.mark.usefixtures("_too_late")
def test_deletes_for_good_with_all_that_belongs_to_it(owner, conversation):
    other = answered(owner)
    Draft.keep(owner, conversation, "not sent")
    conversation.shares.create(owner=owner, title="shared")
    conversation.soft_delete()
    Reaper().sweep()
    assert list(Conversation.objects.all()) == [other]
    assert Message.objects.count() == other.messages.count()
    assert not Draft.objects.exists()
    assert not conversation.shares.model.objects.exists()


@pytest.mark.usefixtures("_too_late")
def test_deletes_for_good_what_no_page_has_to_be_told_of(owner, conversation):
    conversation.soft_delete()
    assert sent(owner, Conversation.objects.purge) == ""
    assert not Conversation.objects.exists()


@pytest.mark.usefixtures("_too_late")
def test_deletes_a_long_conversation_for_good_without_a_query_for_each_message(owner):
    counts = []
    for number in (10, 90):
        conversation = answered(owner)
        Message.objects.bulk_create(
            [Message(conversation=conversation, role="user", content="text", version=1) for _ in range(number)]
        )
        conversation.soft_delete()
        with CaptureQueriesContext(connection) as captured:
            Conversation.objects.purge()
        counts.append(len(captured))
    assert counts[1] - counts[0] < 80


# A long list


def plan(queryset):
    return queryset.explain().lower()


@pytest.mark.thorough
@pytest.mark.parametrize("section", [LISTED, PINNED, ARCHIVED, "folder"])
def test_reads_a_page_of_ten_thousand_by_an_index(owner, folder, section):
    values = {PINNED: {"pinned": True}, ARCHIVED: {"archived": True}, "folder": {"folder": folder}}.get(section, {})
    rows = made(owner, 10_000, **values)
    name = folder.section if section == "folder" else section
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE parley_conversation")
    for below in ("", rows[5_000].cursor):
        found = Conversation.objects.visible_to(owner).in_section(name)
        page = (found.after(below) if below else found).newest_first()[:51]
        assert "parley_conversation_" in plan(page)
        assert "temp b-tree" not in plan(page)
        assert "sort" not in plan(page).replace("incremental sort", "")
        assert page[0].cursor < (below or "9999")


@pytest.mark.parametrize("url", ["/", "/archived/", "/conversations/list/"])
def test_shows_many_conversations_with_the_queries_of_few(owner, folder, url):
    client = Client()
    client.force_login(owner)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    queries()
    before = queries()
    for values in ({}, {"pinned": True}, {"archived": True}, {"folder": folder}):
        made(owner, 60, **values)
    for number in range(5):
        Folder.objects.create(owner=owner, name=f"folder {number}")
    assert queries() == before <= 15

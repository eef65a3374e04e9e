"""The index of the database: what it finds, in which order, and that it is in step with every change."""

import random

import pytest
from django.core.management import call_command
from django.db import NotSupportedError, connection
from django.db.models import F
from django.db.models.signals import post_migrate
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley import checks
from parley.models import Conversation, Message
from parley.search import index
from parley.search.query import parse
from parley.search.results import results
from tests.models.conftest import begun, put
from tests.unit.search.oracle import is_in

pytestmark = pytest.mark.django_db

CASES = [
    # what was written, what is looked for, whether it is found
    ("The quick brown fox", "quick", True),
    ("The quick brown fox", "QUICK Fox", True),
    ("The quick brown fox", "fox quick", True),
    ("The quick brown fox", "quick wolf", False),
    ("The quick brown fox", "qui", True),
    ("The quick brown fox", "qui fox", False),
    ("The quick brown fox", "uick", False),
    ("The quick brown fox", '"quick brown"', True),
    ("The quick brown fox", '"brown quick"', False),
    ("The quick brown fox", '"quick bro', True),
    ("The quick brown fox", '"quick bro"', False),
    ("The quick brown fox", '"the quick" fo', True),
    ("The quick brown fox", "“quick brown”", True),
    ("The quick\n\nbrown fox", '"quick brown"', True),
    ("**The** `quick`-brown_fox", '"the quick brown fox"', True),
    ("a well-known fact", "well-known", True),
    ("well, it is known", "well-known", False),
    ("I don't know", "don't", True),
    ("see https://example.org/docs?page=3", "example.org", True),
    ("see https://example.org/docs?page=3", "docs page", True),
    ("version 3.14 of 2024", "3.14", True),
    ("version 3.14 of 2024", "20", True),
    ("snake_case_name", "case", True),
    ("Žluťoučký kůň", "zlutoucky kun", True),
    ("zlutoucky kun", "Žluťoučký", True),
    ("cafe\u0301 au lait", "café", True),
    ("café au lait", "cafe\u0301", True),
    ("Straße", "straße", True),
    ("Straße", "strasse", False),
    ("Привет, мир", "привет", True),
    ("мой мир", "мои", False),
    ("ΣΊΣΥΦΟΣ", "σίσυφος", True),
    ("हिन्दी में लिखा", "हिन्दी", True),
    ("हिन्दी में लिखा", "में", True),
    ("هذا كتاب جديد", "كتاب", True),
    ("שלום עולם", "עולם", True),
    ("我喜欢北京烤鸭。", "北京", True),
    ("我喜欢北京烤鸭。", "烤鸭", True),
    ("我喜欢北京烤鸭。", "京烤", True),
    ("我喜欢北京烤鸭。", "京北", False),
    ("学习django教程", "django教程", True),
    ("日本語のテキスト", "テキ", True),
    ("서울에서 만나요", "서울", True),
    ("ภาษาไทยง่าย", "ไทย", True),
    ("カード・ゲーム", "ゲーム", True),
    ("great🤔idea 🎉", "great", True),
    ("great🤔idea 🎉", "idea", True),
    ("x" * 300 + " end", "x" * 150, True),
    ("x" * 300 + " end", "end", True),
    ("NEAR(a, b) OR c* : ^d", "near", True),
    ("AND OR NOT", "not and or", True),
]
HOSTILE = [
    '"', '""', '"""', "'", "''", "*", ":", "(", ")", "NEAR", "NEAR(a b, 5)", "a NEAR b", "a AND", "OR", "NOT a",
    "a NOT b", "body:a", "owner:1", "{owner body}:a", "- a", "a -b", "^a", "a*", '"a"*', '"a" *', "a + b", "a & b",
    "a | !b", "a <-> b", "a:*", "a:B", "\\", "a\\", "a'b", "'; DROP TABLE parley_search; --", "%", "_", "%s",
    "{keys}", "\0", "a\0b", "\ud800", "\udc00a\ud800", "\u202ea", "\u2066a\u2069", "🤔", "🎉🎉", "，。！",
    "…", "a" * 10_000, "a " * 5_000, '"a" ' * 2_000, "=1", "= 1",
]  # fmt: skip


def written(owner, text, **values):
    """The owner's message with this text."""
    conversation = begun(owner, "?")
    reply = conversation.messages.get(role="assistant")
    return put(reply, status="done", content=text, **values)


def messages_found(owner, query, count=100):
    return [place.message for place in index.find(owner, parse(query), offset=0, count=count) if place.message]


def titles_found(owner, query):
    return [place.conversation for place in index.find(owner, parse(query), offset=0, count=100) if not place.message]


def entries():
    """Each entry that there is: (conversation, message, its words)."""
    words = "SELECT conversation_id, message_id, words FROM parley_search"
    if connection.vendor == "sqlite":
        words = "SELECT conversation_id, message_id, body FROM parley_search JOIN parley_search_words w ON w.rowid = id"
    with connection.cursor() as cursor:
        cursor.execute(words)
        return sorted((str(conversation), str(message), text) for conversation, message, text in cursor.fetchall())


def stray_words():
    """Rows of words without an entry."""
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM parley_search_words WHERE rowid NOT IN (SELECT id FROM parley_search)")
        return cursor.fetchone()[0]


# What is found


@pytest.mark.parametrize(("text", "query", "found"), CASES)
def test_finds_the_same_on_every_database(owner, text, query, found):
    message = written(owner, text)
    assert (message.pk in messages_found(owner, query)) == found
    assert is_in(parse(query), text) == found


@pytest.mark.parametrize(("text", "query", "found"), CASES)
def test_finds_titles_in_the_same_way(owner, text, query, found):
    conversation = begun(owner, "?")
    Conversation.objects.filter(pk=conversation.pk).update(title=text[:200])
    assert (conversation.pk in titles_found(owner, query)) == is_in(parse(query), text[:200])


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: ascii(query)[:20])
def test_takes_whatever_is_typed(owner, query):
    message = written(owner, "nothing of it")
    wanted = parse(query)
    assert is_in(wanted, "nothing of it") is (not wanted) or query == "NOT a"
    if wanted:
        assert messages_found(owner, query) == []
    assert results(owner, wanted).rows == []
    assert message.pk in messages_found(owner, "nothing")


LETTERS = [*"abAB éÉüñ 12 .,-_'\"*:()\n жЖ 北京 ไท 🤔 _%\\&|!<>^~", "e\u0301"]
TEXTS = st.lists(st.sampled_from(LETTERS), max_size=30).map("".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS.filter(str.strip), min_size=1, max_size=4), query=TEXTS)
def test_finds_what_the_words_say(owner, texts, query):
    conversation = begun(owner, "?")
    new = [Message(conversation=conversation, role="user", content=text, version=1) for text in texts]
    Message.objects.bulk_create(new)
    wanted = parse(query)
    expected = {message.pk for message in new if wanted and is_in(wanted, message.content)}
    found = set(messages_found(owner, query, count=1000)) if wanted else set()
    assert found & {message.pk for message in new} == expected


def test_finds_words_far_behind_others_and_phrases_of_frequent_words(owner):
    long = written(owner, "the end of the " * 1500 + "the very end")
    assert messages_found(owner, '"the very end"') == [long.pk]
    assert messages_found(owner, '"very the"') == []


def test_does_not_look_behind_the_first_hundred_thousand_characters(owner):
    long = written(owner, "word " * 20_000 + "needle")
    assert messages_found(owner, "needle") == []
    assert messages_found(owner, "word") == [long.pk]


@pytest.mark.django_db(transaction=True)
def test_a_long_text_without_spaces_holds_nobody_up(owner):
    """See tests/support/held.py for what is too long."""
    Conversation.start(owner, "数据库的写锁问题。" * 2_500 + "北京")
    assert len(messages_found(owner, "北京")) == 1


def test_takes_a_text_of_many_different_long_words(owner):
    rng = random.Random(1)
    long = written(owner, " ".join("".join(rng.choices("abcдж北", k=rng.choice([3, 30, 300]))) for _ in range(2000)))
    Message.objects.filter(pk=long.pk).update(content=F("content"))
    assert len(entries()) == 3


# Whose it is


def test_finds_nothing_of_others(owner, stranger):
    mine, other = written(owner, "needle mine"), written(stranger, "needle theirs")
    assert messages_found(owner, "needle") == [mine.pk]
    assert messages_found(stranger, "needle") == [other.pk]
    assert messages_found(owner, "theirs") == []


def test_a_person_who_is_named_like_another_is_another(django_user_model):
    people = [django_user_model.objects.create_user(f"p{number}", id=number) for number in (1, 11, 111)]
    texts = [written(person, "needle") for person in people]
    for person, text in zip(people, texts, strict=True):
        assert messages_found(person, "needle") == [text.pk]


def test_finds_nothing_of_what_was_thrown_away_and_all_of_what_was_put_away(owner):
    message = written(owner, "needle")
    mine = Conversation.objects.filter(pk=message.conversation_id)
    mine.update(deleted_at=timezone.now(), title="needle")
    assert index.find(owner, parse("needle"), offset=0, count=10) == []
    mine.update(deleted_at=None, archived=True)
    assert len(index.find(owner, parse("needle"), offset=0, count=10)) == 2
    assert [row.conversation.archived for row in results(owner, parse("needle")).rows] == [True, True]


def test_a_conversation_that_changes_hands_takes_its_words_along(owner, stranger):
    message = written(owner, "needle")
    Conversation.objects.filter(pk=message.conversation_id).update(owner=stranger, title="needle")
    assert index.find(owner, parse("needle"), offset=0, count=10) == []
    assert messages_found(stranger, "needle") == [message.pk]
    assert titles_found(stranger, "needle") == [message.conversation_id]


# In which order


def test_what_says_it_more_often_or_in_fewer_words_comes_first(owner):
    once = written(owner, "needle " + "hay " * 40)
    often = written(owner, "needle needle needle " + "hay " * 38)
    short = written(owner, "needle hay")
    unlike = written(owner, "hay " * 50)
    ranked = messages_found(owner, "needle")
    assert ranked.index(often.pk) < ranked.index(once.pk)
    assert ranked.index(short.pk) < ranked.index(once.pk)
    assert unlike.pk not in ranked


def test_a_title_comes_before_the_same_words_in_a_message_and_the_newer_before_the_older(owner):
    older, newer = written(owner, "needle and thread"), written(owner, "needle and thread")
    Conversation.objects.filter(pk=newer.conversation_id).update(title="needle and thread")
    places = index.find(owner, parse("needle"), offset=0, count=10)
    assert [place.message for place in places] == [None, newer.pk, older.pk]


def test_gives_page_after_page_without_a_double(owner):
    conversation = begun(owner, "?")
    new = [Message(conversation=conversation, role="user", content=f"needle {n % 7}", version=1) for n in range(50)]
    Message.objects.bulk_create(new)
    pages = [results(owner, parse("needle"), page) for page in (1, 2, 3, 4)]
    assert [len(page.rows) for page in pages] == [20, 20, 10, 0]
    assert [page.next for page in pages] == [2, 3, None, None]
    assert len({row.address for page in pages for row in page.rows}) == 50


def test_shows_a_message_and_its_copies_in_forks_once(owner):
    talk = begun(owner, "needle")
    first = talk.messages.get(role="user")
    put(talk.messages.get(role="assistant"), status="done", content="a needle, too")
    for message in talk.messages.all():
        talk.fork(message)
    shown = [row.address for row in results(owner, parse("needle")).rows if row.role == "user"]
    assert shown == [f"{talk.get_absolute_url()}?message={first.pk}#message_{first.pk}"]


# In step with every change


def in_step():
    """Whether the entries are what they would be if they were made anew."""
    kept = entries()
    index.make(connection)
    return kept == entries() and stray_words() == 0


def test_begins_with_the_question_and_its_title_and_without_the_reply(owner):
    conversation = begun(owner, "Where is the needle?")
    assert titles_found(owner, "needle") == [conversation.pk]
    assert messages_found(owner, "needle") == [conversation.messages.get(role="user").pk]
    assert len(entries()) == 2


@pytest.mark.parametrize("end", ["finish", "fail", "interrupt", "stop"])
def test_a_reply_is_found_from_when_it_is_settled_on(owner, reply, end):
    assert reply.claim(reply.conversation_id)
    Message.objects.checkpoint({(reply.pk, reply.attempt): "needle"})
    assert messages_found(owner, "needle") == []
    if end == "stop":
        assert reply.stop()
        assert messages_found(owner, "needle") == [reply.pk]
        assert reply.keep("needle thread")
    else:
        getattr(reply, end)("needle thread", *(["cut"] if end != "finish" else []))
    assert messages_found(owner, '"needle thread"') == [reply.pk]
    assert in_step()


def test_a_reply_that_is_tried_again_is_not_found_meanwhile(owner, reply):
    put(reply, status="stopped", content="needle")
    assert reply.resume()
    assert messages_found(owner, "needle") == []
    put(reply, status="stopped", content="needle")
    assert reply.retry()
    assert messages_found(owner, "needle") == []
    assert in_step()


def test_follows_bulk_changes_renames_moves_and_deletions(owner):
    first, second = written(owner, "needle one"), written(owner, "needle two")
    Message.objects.filter(pk__in=[first.pk, second.pk]).update(content="thread")
    assert messages_found(owner, "needle") == []
    assert len(messages_found(owner, "thread")) == 2
    Conversation.objects.filter(pk=first.conversation_id).update(title="A new name")
    assert titles_found(owner, "name") == [first.conversation_id]
    assert in_step()
    Message.objects.filter(pk=first.pk).update(conversation=second.conversation_id)
    places = index.find(owner, parse("thread"), offset=0, count=10)
    assert {place.conversation for place in places} == {second.conversation_id}
    assert in_step()
    first.conversation.delete()
    assert titles_found(owner, "name") == []
    second.conversation.delete()
    assert entries() == []
    assert stray_words() == 0


def test_a_person_who_is_deleted_leaves_no_words(owner, stranger):
    written(owner, "needle")
    kept = written(stranger, "needle")
    owner.delete()
    assert {message for _, message, _ in entries() if message != "None"} >= {entries()[0][1]} - {"None"}
    assert messages_found(stranger, "needle") == [kept.pk]
    assert in_step()


def test_checkpoints_cost_the_index_nothing(owner, reply):
    reply.claim(reply.conversation_id)
    texts = [f"needle {'word ' * number}" for number in range(1, 21)]
    before = changes_of_rows()
    for text in texts:
        Message.objects.checkpoint({(reply.pk, reply.attempt): text})
    assert changes_of_rows() - before == len(texts)
    before = changes_of_rows()
    reply.finish(texts[-1])
    assert changes_of_rows() - before > 1


def changes_of_rows():
    """How many rows were ever changed through this connection (SQLite), or in this transaction (PostgreSQL)."""
    statement = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
    with connection.cursor() as cursor:
        cursor.execute(statement if connection.vendor == "postgresql" else "SELECT total_changes()")
        return int(cursor.fetchone()[0])


# To be made anew


def test_is_made_anew_from_nothing_by_a_command(owner, capsys):
    message = written(owner, "needle")
    before = entries()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM parley_search")
    assert messages_found(owner, "needle") == []
    call_command("parley_rebuild_search")
    assert capsys.readouterr().out == "conversations: 1\n"
    assert entries() == before
    assert messages_found(owner, "needle") == [message.pk]


def test_triggers_that_were_lost_come_back_after_the_next_migration(owner):
    with connection.cursor() as cursor:
        table = " ON parley_message" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER parley_search_message_added{table}")
    lost = Message.objects.create(conversation=begun(owner, "?"), role="user", content="needle")
    assert messages_found(owner, "needle") == []
    tell_of_a_migration()
    assert messages_found(owner, "needle") == [lost.pk]
    Message.objects.create(conversation=lost.conversation, role="user", content="needle")
    assert len(messages_found(owner, "needle")) == 2


def tell_of_a_migration():
    from django.apps import apps

    config = apps.get_app_config("parley")
    post_migrate.send(
        sender=config, app_config=config, verbosity=0, interactive=False, using="default", plan=[], apps=apps
    )


def test_an_index_that_was_taken_away_stays_away(owner):
    index.remove(connection)
    begun(owner, "needle")
    tell_of_a_migration()
    assert "parley_search" not in connection.introspection.table_names()
    index.make(connection)
    assert len(messages_found(owner, "needle")) == 1


# On a database that keeps none


def test_refuses_a_database_that_keeps_no_index(owner, monkeypatch):
    assert checks.database() == []
    monkeypatch.setattr(connection, "vendor", "mysql")
    assert [error.id for error in checks.database()] == ["parley.E007"]
    assert index.make(connection) == 0
    with pytest.raises(NotSupportedError):
        index.find(owner, parse("needle"), offset=0, count=5)

"""Words inside of files are found and lead to the question that has the file; also on PostgreSQL."""

import time

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from parley.models import Attached, Attachment, AttachmentText, Conversation, Folder
from parley.search import index
from parley.search.query import parse
from parley.search.results import results
from parley.text import clean
from tests.models.conftest import answered
from tests.models.test_search import stray_words
from tests.support.attached import a_document, with_files
from tests.unit.texts import PAYLOADS

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
PAGES = [f"Page {number} speaks of subject {number}. " + "And so on. " * 50 for number in range(1, 41)]


@pytest.fixture(autouse=True)
def _private_files(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}


def a_report(owner, pages=PAGES, name="q3.pdf"):
    breaks = [sum(map(len, pages[:number])) for number in range(len(pages))]
    return a_document(owner, name, "".join(pages), breaks)


def found(owner, words):
    return [row for row in results(owner, parse(words)).rows if row.file]


def entries():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM parley_search WHERE attachment_id IS NOT NULL")
        return cursor.fetchone()[0]


def test_a_phrase_of_page_30_is_found_and_leads_to_the_question(owner, stranger):
    question = with_files(answered(owner), a_report(owner))
    (row,) = found(owner, '"speaks of subject 30"')
    assert (row.file, row.page, row.role) == ("q3.pdf", 30, "user")
    assert row.question.endswith(f"?message={question.pk}#message_{question.pk}")
    begin = "".join(PAGES).index("speaks of subject 30")
    pk = Attachment.objects.get().pk
    assert row.address == f"/attachments/{pk}/?begin={begin}&end={begin + len('speaks of subject 30')}#found"
    assert "<mark>speaks</mark> <mark>of</mark>" in row.snippet or "<mark>speaks of subject 30</mark>" in row.snippet
    assert found(stranger, "subject") == []


def test_a_text_without_pages_has_none_and_the_title_and_the_words_come_as_before(owner):
    conversation = answered(owner)
    with_files(conversation, a_document(owner, "a.txt", "What is a parley? See here."))
    rows = results(owner, parse("what is a parley")).rows
    assert [(row.role, row.file, row.page) for row in rows] == [("", "", 0), ("user", "", 0), ("user", "a.txt", 0)]


def test_leads_to_the_newest_question_that_is_still_there_and_to_none_of_a_draft(owner):
    conversation, report = answered(owner), a_report(owner)
    assert found(owner, "subject") == [], "Nobody has asked with it yet."
    first = with_files(conversation, report)
    fork = conversation.fork(conversation.transcript()[-1])
    (row,) = found(owner, "subject")
    assert row.conversation == fork, "A file that two conversations have is shown once."
    Conversation.objects.filter(pk=fork.pk).update(deleted_at=timezone.now())
    (row,) = found(owner, "subject")
    assert f"message={first.pk}" in row.question
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now())
    assert found(owner, "subject") == []
    Conversation.objects.all().update(deleted_at=None)
    conversation.delete_message(first)
    assert [row.conversation for row in found(owner, "subject")] == [fork]
    fork.delete_branch(fork.transcript()[0])
    assert found(owner, "subject") == []


def test_what_somebody_else_asked_with_leads_nowhere(owner, stranger):
    """As if a row had been written past all checks."""
    with_files(answered(stranger), a_report(owner))
    assert found(owner, "subject") == found(stranger, "subject") == []


def test_a_file_that_only_a_folder_has_is_found_and_leads_to_its_page(owner, stranger):
    report, folder = a_report(owner), Folder.objects.create(owner=owner, name="Seafaring")
    other = Folder.objects.create(owner=stranger, name="As if written past all checks")
    Attached.hold([report], folder=other)
    assert found(owner, "subject") == found(stranger, "subject") == []
    Attached.hold([report], folder=folder)
    (row,) = found(owner, '"speaks of subject 30"')
    assert (row.title, row.file, row.page, row.question) == ("Seafaring", "q3.pdf", 30, "")
    assert (row.conversation, row.role) == (None, "folder")
    assert row.address.startswith(f"/attachments/{report.pk}/?begin=")
    assert found(stranger, "subject") == []
    question = with_files(answered(owner), report)
    (row,) = found(owner, "subject")
    assert f"message={question.pk}" in row.question, "A question says more than a folder."
    folder.delete()
    question.conversation.delete_message(question)
    assert found(owner, "subject") == []


def test_the_entry_goes_with_the_file_and_follows_its_text(owner):
    report = a_report(owner)
    with_files(answered(owner), report)
    AttachmentText.objects.update(text="Quite another matter", breaks=[])
    assert (found(owner, "subject"), len(found(owner, "matter")), entries()) == ([], 1, 1)
    AttachmentText.objects.update(text="")
    assert entries() == 0
    AttachmentText.objects.update(text="Back")
    Attached.objects.all().delete()
    Attachment.objects.purge()
    assert (entries(), stray_words(), Attachment.objects.count()) == (0, 0, 0)


def test_a_person_who_is_deleted_leaves_no_words(owner):
    with_files(answered(owner), a_report(owner))
    owner.delete()
    assert (entries(), stray_words()) == (0, 0)


@pytest.mark.parametrize("script", ["word ", "漢字。", "Ünï côdé ", "ก ข"])
def test_reads_the_first_hundred_thousand_characters_and_holds_nobody_up(owner, script):
    text = "begin " + script * (99_990 // len(script)) + " zebra"
    text = text[:100_010] + " behind"
    begun = time.thread_time()
    with_files(answered(owner), a_document(owner, "long.txt", text + " far" * 400_000))
    spent = time.thread_time() - begun
    assert (len(found(owner, "begin")), found(owner, "far")) == (1, [])
    assert spent < 1


def test_what_is_written_in_a_file_is_shown_as_text(owner):
    names = [clean(f"needle {payload}") for payload in PAYLOADS]
    conversation = answered(owner)
    for number, text in enumerate(names):
        with_files(conversation, a_document(owner, text[:200], f"{text} needle{number}"))
    for number in range(len(names)):
        for row in found(owner, f"needle{number}"):
            rest = str(row.snippet).replace("<mark>", "").replace("</mark>", "")
            assert "<" not in rest
            assert '"' not in rest


def test_is_made_anew_with_the_files(owner, capsys):
    with_files(answered(owner), a_report(owner))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM parley_search")
    call_command("parley_rebuild_search")
    capsys.readouterr()
    assert found(owner, "subject")[0].page == 1
    AttachmentText.objects.all().delete()
    assert (entries(), stray_words()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_an_older_index_takes_files_without_being_made_anew(owner):
    conversation = answered(owner)
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("parley")[0][1]
    try:
        MigrationExecutor(connection).migrate([("parley", "0017_attachments")])
        make_old()
        before = rows()
    finally:
        MigrationExecutor(connection).migrate([("parley", newest)])
    assert rows() == before
    with_files(conversation, a_report(owner))
    assert found(owner, '"subject 30"')[0].page == 30
    assert len(index.find(owner, parse("what is a parley"), offset=0, count=9)) == 2


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, conversation_id, message_id FROM parley_search ORDER BY id")
        return cursor.fetchall()


def make_old():
    """The index as the version before made it."""
    with connection.cursor() as cursor:
        table = " ON parley_attachmenttext CASCADE" if connection.vendor == "postgresql" else ""
        for name in index._kept_by(connection).TRIGGERS_OF_TEXTS:
            cursor.execute(f"DROP TRIGGER IF EXISTS parley_search_{name}{table}")
        cursor.execute("DROP INDEX parley_search_attachment")
        cursor.execute("ALTER TABLE parley_search DROP COLUMN attachment_id")

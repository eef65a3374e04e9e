"""Exports and imports with the real web server, worker and stores, on each database."""

import io

import psutil
import pytest

from tests.fake_provider import expected_text
from tests.support.transfers import bring_in, documents_in, export_everything, path_of, transfer_of

MEGABYTE = 2**20


@pytest.fixture
def product(any_stack):
    return any_stack


@pytest.fixture
def person(product):
    return product.person()


def test_what_one_person_exports_another_can_import(product, person):
    for question in ("/say 40 words", "/markdown"):
        person.answer(question)
    content = export_everything(person)
    other = product.person()
    assert bring_in(other, content)["status"] == "done"
    again = documents_in(export_everything(other))
    sent = [[message["content"] for message in document["conversation"]["messages"]] for document in again]
    assert sorted(sent) == sorted(
        [["/markdown", expected_text("/markdown")], ["/say 40 words", expected_text("/say 40 words")]]
    )
    assert bring_in(other, content)["total"] == 0
    assert len(documents_in(export_everything(other))) == 2


def test_nobody_else_can_have_it(product, person):
    person.answer("/say 5 words")
    export_everything(person)
    path = path_of(transfer_of(person))
    for page in (path, path + "download/"):
        assert product.person().get(page).status_code == 404


def test_nonsense_fails_with_a_sentence(person):
    transfer = bring_in(person, b"hello", "letter.txt")
    assert (transfer["status"], transfer["error"]) == ("failed", "unrecognised")
    assert "Nothing in this file could be read" in person.get("/transfers/").text


@pytest.mark.slow
def test_large_files_are_never_in_memory_as_a_whole(stack):
    person = stack.person()
    web = psutil.Process(stack.processes["web"].pid)
    before = web.memory_info().rss
    bring_in(person, io.BytesIO(b"{" + b" " * (150 * MEGABYTE) + b"}"), "large.json", 120)
    assert web.memory_info().rss - before < 60 * MEGABYTE

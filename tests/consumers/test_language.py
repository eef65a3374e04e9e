"""A socket speaks the language of the page that opened it."""

import pytest
from asgiref.sync import sync_to_async
from django.utils import translation

from parley.delivery.sockets import language_of
from tests.consumers.conftest import connected


@pytest.mark.parametrize(
    ("query", "language"),
    [
        (b"language=de", "de"),
        (b"language=de-at", "de"),
        (b"a=b&language=en&language=de", "de"),
        (b"language=fr", "en"),
        (b"language=", "en"),
        (b"language=../de", "en"),
        (b"language=%ff", "en"),
        (b"language=" + b"fr-" * 1000, "en"),
        (b"", "en"),
    ],
)
def test_speaks_what_the_address_asks_for_where_the_site_has_it(query, language):
    assert language_of({"query_string": query}) == language


async def test_two_tabs_are_told_the_same_in_two_languages(owner, conversation, reply):
    async with connected(owner, query=b"language=de") as german, connected(owner) as english:
        for tab in (german, english):
            await tab.open(conversation)
            await tab.receive()
        await sync_to_async(reply.stop)()
        assert "Gestoppt." in (await german.receive())["stream"]
        assert "Stopped." in (await english.receive())["stream"]
    assert translation.get_language() == "en"

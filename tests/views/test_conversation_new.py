import pytest
from django.urls import reverse

from parley.models import Conversation
from tests.views.conftest import forbids_keeping

URL = "/"

pytestmark = pytest.mark.django_db


def test_is_at_the_root():
    assert reverse("parley:conversation_new") == URL


def test_shows_an_empty_composer(at_owner):
    page = at_owner.get(URL)
    assert page.status_code == 200
    assert "data-composer" in page.text
    assert 'name="text"' in page.text


def test_may_not_be_kept_by_a_cache(at_owner):
    assert forbids_keeping(at_owner.get(URL))


def test_lists_own_conversations_only_newest_first(at_owner, owner, stranger):
    for title in ("older", "newer"):
        Conversation.start(owner, f"the {title} one")
    Conversation.start(stranger, "the secret one")
    page = at_owner.get(URL).text
    assert page.index("the newer one") < page.index("the older one")
    assert "secret" not in page


def test_takes_as_many_queries_for_many_conversations_as_for_one(at_owner, owner, django_assert_max_num_queries):
    for number in range(30):
        Conversation.start(owner, f"question {number}")
    with django_assert_max_num_queries(9):
        at_owner.get(URL)


def test_allows_no_foreign_or_inline_code(at_owner):
    policy = at_owner.get(URL).headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy or "default-src 'self'" in policy

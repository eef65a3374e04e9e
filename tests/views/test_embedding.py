"""One conversation in a page of a host: for its owner, and for nobody else."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template
from django.template.context import make_context
from django.test import RequestFactory

from parley.models import Feed
from parley.policy import Policy
from tests.views.conftest import answered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_valkey")]
PAGE = "{% load parley %}<head>{% parley_head %}</head><body>{% parley conversation %}</body>"


class Nobody(Policy):
    def may_use(self, user):
        return False


def shown(user, conversation):
    request = RequestFactory().get("/minutes/")
    request.user = user
    return Template(PAGE).render(make_context({"conversation": conversation}, request))


@pytest.mark.parametrize("named", [lambda found: found, lambda found: found.pk, lambda found: str(found.pk)])
def test_shows_the_messages_and_the_composer(owner, conversation, named):
    page = shown(owner, named(conversation))
    assert "What is a parley?" in page
    assert "<em>enemies</em>" in page
    assert f'data-embedded="/c/{conversation.pk}/"' in page
    assert f'action="/c/{conversation.pk}/messages/"' in page
    assert f'name="parley-version" content="{Feed.version_of(owner)}"' in page
    assert 'name="parley-socket" content="/ws/parley/?language=en"' in page
    assert page.count("csrfmiddlewaretoken") >= 1


@pytest.mark.parametrize("named", [lambda found: found, lambda found: found.pk, lambda found: str(found.pk)])
def test_shows_nothing_of_somebody_elses(stranger, conversation, named):
    page = shown(stranger, named(conversation))
    assert "enemies" not in page
    assert "This conversation is not here" in page


@pytest.mark.parametrize("named", [None, "", "no id", "51d2c924-7943-4de3-8eb0-152a3bce563b"], ids=str)
def test_says_that_there_is_none(owner, named):
    assert "This conversation is not here" in shown(owner, named)


def test_asks_strangers_to_sign_in_and_gives_them_no_socket(conversation):
    page = shown(AnonymousUser(), conversation)
    assert "Sign in to see this conversation." in page
    assert 'name="parley-socket" content=""' in page
    assert "enemies" not in page


def test_shows_nothing_to_whom_the_policy_keeps_out(owner, conversation, settings):
    settings.PARLEY = {**settings.PARLEY, "POLICY": f"{__name__}.Nobody"}
    page = shown(owner, conversation)
    assert "enemies" not in page
    assert 'name="parley-socket" content=""' in page


def test_shows_nothing_of_what_was_deleted(owner):
    deleted = answered(owner, "What is a parley?", "A talk between enemies.")
    deleted.soft_delete()
    assert "enemies" not in shown(owner, deleted)


def test_links_to_a_second_one_since_elements_have_ids(owner, conversation, settings):
    twice = PAGE.replace("</body>", "{% parley conversation %}</body>")
    request = RequestFactory().get("/minutes/")
    request.user = owner
    page = Template(twice).render(make_context({"conversation": conversation}, request))
    assert page.count('id="composer"') == shown(owner, conversation).count('id="composer"')
    assert "This page already shows a conversation." in page
    assert f'<a href="/c/{conversation.pk}/">{conversation.title}</a>' in page


@pytest.mark.parametrize("tag", ["{% parley_head %}", "{% parley conversation %}"])
def test_says_what_a_template_without_its_request_needs(tag, conversation):
    with pytest.raises(ImproperlyConfigured, match="render"):
        Template("{% load parley %}" + tag).render(Context({"conversation": conversation}))

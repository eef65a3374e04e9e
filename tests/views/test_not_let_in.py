"""Whom the policy of a site keeps out: no address does anything, but links that were shared."""

import pytest

from parley.policy import Policy
from tests.support.access import ROWS, Things
from tests.test_access import ask, everything, made_for
from tests.views.conftest import forbids_keeping

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_valkey")]
OPEN_TO_ALL = {name for name, row in ROWS.items() if "anonymous" in row.public}


class Nobody(Policy):
    def may_use(self, user):
        assert user.is_authenticated
        return False


class Broken(Policy):
    def may_use(self, user):
        raise RuntimeError("The directory is away.")


@pytest.fixture
def keeps_out(settings):
    def has(kind=Nobody):
        settings.PARLEY = {**settings.PARLEY, "POLICY": f"{__name__}.{kind.__name__}"}

    return has


@pytest.mark.parametrize("name", sorted(set(ROWS) - OPEN_TO_ALL))
def test_no_address_does_anything(name, keeps_out):
    owner = Things("owner")
    address, before = made_for(name, owner)
    keeps_out()
    for method in ROWS[name].owner:
        response = ask(owner.client, name, address, owner, method)
        assert (response.status_code, response["X-Parley-Refused"]) == (403, "site")
        assert owner.secret not in response.content.decode()
        assert forbids_keeping(response)
    assert everything() == before


@pytest.mark.parametrize("name", sorted(OPEN_TO_ALL))
def test_what_is_open_to_all_stays_so(name, keeps_out):
    owner = Things("owner")
    address, _ = made_for(name, owner)
    keeps_out()
    assert ask(owner.client, name, address, owner, "GET").status_code == 200


def test_says_what_to_do_on_a_page_without_a_socket(keeps_out, at_owner):
    keeps_out()
    page = at_owner.get("/").content.decode()
    assert "You are signed in as “owner”" in page
    assert "Ask whoever runs the site to let you in" in page
    assert '<meta name="parley-socket" content="">' in page
    assert 'name="turbo-visit-control" content="reload"' in page
    assert "/accounts/logout/" in page
    assert "sidebar" not in page.split("<body")[1].split(">", 1)[1]


def test_an_anonymous_visitor_signs_in_before_the_policy_is_asked(keeps_out, anonymous):
    keeps_out()
    assert anonymous.get("/").status_code == 302


def test_lets_nobody_in_while_the_host_fails_and_logs_it(keeps_out, at_owner, caplog):
    keeps_out(Broken)
    assert at_owner.get("/").status_code == 403
    assert "nobody is let in" in caplog.text

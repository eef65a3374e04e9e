"""A socket of somebody whom the policy of the site keeps out, from the beginning or from some moment on."""

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError

from parley.delivery import rights
from parley.policy import Policy
from tests.consumers.conftest import connected

NOT_LET_IN = 4403


class ByName(Policy):
    broken = False

    def may_use(self, user):
        if self.broken:
            raise OperationalError("The database is away.")
        return get_user_model().objects.filter(pk=user.pk, last_name="").exists() and user.last_name == ""


@pytest.fixture
def by_name(settings, monkeypatch):
    monkeypatch.setattr(rights, "EVERY", 0.1)
    settings.PARLEY = {**settings.PARLEY, "POLICY": f"{__name__}.ByName"}


@pytest.mark.usefixtures("by_name")
async def test_is_accepted_and_closed_with_a_code_that_the_page_can_read(owner):
    await get_user_model().objects.aupdate(last_name="out")
    async with connected(owner) as tab:
        assert await tab.closed() == NOT_LET_IN


@pytest.mark.usefixtures("by_name")
async def test_is_closed_when_the_policy_changes_its_mind(owner):
    async with connected(owner) as tab:
        await tab.open()
        await tab.send(do="ping")
        assert await tab.receive()
        await get_user_model().objects.aupdate(last_name="out")
        while (sent := await tab.communicator.receive_output(5))["type"] == "websocket.send":
            pass
        assert sent["code"] == NOT_LET_IN


@pytest.mark.usefixtures("by_name")
async def test_stays_open_while_the_policy_finds_no_database(owner, monkeypatch):
    async with connected(owner) as tab:
        assert await tab.is_silent(0.1)
        monkeypatch.setattr(ByName, "broken", True)
        assert await tab.is_silent(0.5)

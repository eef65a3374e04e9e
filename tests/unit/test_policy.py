"""What a host allows whom: its class narrows what is offered, and what is asked."""

import pytest

from parley import policy
from parley.checks import class_of_policy
from parley.conf import conf
from parley.models.generation_settings import may_ask
from parley.policy import Policy


class OnlySmall(Policy):
    def models(self, user, offered):
        return [*(choice for choice in offered if choice.startswith("small-")), "never-offered"]


class Wants(Policy):
    def __init__(self, something):
        pass


class Broken(Policy):
    def models(self, user, offered):
        raise RuntimeError("The directory is away.")


class Later(Policy):
    async def may_use(self, user):
        return False


class LaterElsewhere(Policy):
    def may_use(self, user):
        return Later().may_use(user)


class Shorter(Policy):
    def may_use(self):
        return True


class Raises(Policy):
    def __init__(self):
        raise RuntimeError("The directory is away.")


class Nothing(Policy):
    def models(self, user, offered):
        return None


@pytest.fixture
def narrowed(settings):
    settings.PARLEY = {**settings.PARLEY, "POLICY": f"{__name__}.OnlySmall"}


def test_allows_everything_where_a_host_says_nothing():
    assert policy.allowed(None, ["a", "b"]) == {"a", "b"}
    assert policy.allows(None, "a")
    assert class_of_policy() == []


@pytest.mark.usefixtures("narrowed")
def test_allows_what_a_host_returns_of_what_is_offered():
    assert policy.allowed(None, ["small-1", "large-1"]) == {"small-1"}
    assert not policy.allows(None, "never-offered-either")
    assert (may_ask("small-1"), may_ask(conf.MODEL)) == (True, False)
    assert class_of_policy() == []


@pytest.mark.parametrize(
    "path",
    [
        "nowhere.Policy",
        "nodots",
        "pathlib.Path",
        "parley.choice.split",
        f"{__name__}.Wants",
        f"{__name__}.Later",
        f"{__name__}.Shorter",
        f"{__name__}.Raises",
        7,
    ],
)
def test_what_is_no_policy_is_named_at_start(path, settings):
    settings.PARLEY = {**settings.PARLEY, "POLICY": path}
    assert [problem.id for problem in class_of_policy()] == ["parley.E009"]


@pytest.mark.parametrize("kind", [Broken, Nothing])
def test_offers_nothing_while_the_host_fails_and_logs_it(kind, settings, caplog):
    settings.PARLEY = {**settings.PARLEY, "POLICY": f"{__name__}.{kind.__name__}"}
    assert policy.allowed(None, ["a"]) == set()
    assert not may_ask(conf.MODEL)
    assert "The policy of this site failed" in caplog.text
    with pytest.raises((RuntimeError, TypeError)):
        policy.allows(None, "a")
    assert policy.objection(None, "a") == "refused_by_site"


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize("kind", [Later, LaterElsewhere, Shorter, Raises])
def test_lets_nobody_in_where_the_answer_is_none(kind, settings, caplog):
    settings.PARLEY = {**settings.PARLEY, "POLICY": f"{__name__}.{kind.__name__}"}
    assert policy.may_use(None) is False
    assert "nobody is let in" in caplog.text

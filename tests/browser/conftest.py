import pytest

from tests.support.browsers import Tab


@pytest.fixture
def person(stack):
    return stack.person()


@pytest.fixture
def tab(browsers, person) -> Tab:
    """A signed-in person's tab; nothing may go wrong in its console."""
    tab = browsers.tab_of(person)
    yield tab
    assert tab.problems == []

import pytest


@pytest.fixture(scope="package")
def _impatient(make_stack):
    stack = make_stack(conf={"CONNECT_TIMEOUT": 0.5, "IDLE_TIMEOUT": 1})
    yield stack
    stack.down()


@pytest.fixture
def stack(_impatient):
    """A product that waits for its provider one second."""
    _impatient.ensure_up()
    return _impatient


@pytest.fixture(scope="package")
def _person(_impatient):
    return _impatient.person()


@pytest.fixture
def person(stack, _person):
    return _person


@pytest.fixture(scope="package")
def _titling(make_stack):
    stack = make_stack(conf={"TITLE_MODEL": "fake-title", "IDLE_TIMEOUT": 30, "SHUTDOWN_GRACE": 1})
    yield stack
    stack.down()


@pytest.fixture
def titling_stack(_titling):
    """A product that asks a model for titles."""
    _titling.ensure_up()
    return _titling

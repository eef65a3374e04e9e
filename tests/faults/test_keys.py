"""The encryption key of a site is changed while answers run, and is lost, and what holds meanwhile."""

import pytest
from cryptography.fernet import Fernet

from tests.faults.conftest import QUICK, assert_whole, question, until_settled
from tests.support.processes import until
from tests.views.connections import FORM

KEY = "sk-kept-through-a-change-of-keys"
OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def product(make_stack):
    """A product whose workers give running answers the time to end."""
    stack = make_stack(conf={**QUICK, "SHUTDOWN_GRACE": 20}, env={"ENCRYPTION_KEYS": OLD})
    yield stack
    stack.down()


def restart(stack, *keys):
    """Restart what reads the encryption keys as configuration.md says: workers first, then what serves pages."""
    for name in ("worker", "web"):
        stack.processes[name].env["ENCRYPTION_KEYS"] = ",".join(keys)
        stack.stop(name)
        stack.start(name)


def connect(person, provider):
    """Connect a provider, and make its model the default."""
    form = {**FORM, "base_url": provider.base_url, "key": KEY}
    test = person.post("/connections/new/", **form).headers["location"]
    assert person.post(test.replace("/test/", "/default/"), model="fake-1").status_code == 303
    until(lambda: person.get("/").text.count("Default (fake-1)"), 10, "The default is not known everywhere")


def begin(person, *asked):
    return {person.start(words): words for words in asked}


def assert_answered(stack, running, provider):
    for conversation, asked in running.items():
        assert_whole(until_settled(stack, conversation, 60), asked)
        sent = {request.headers["authorization"] for request in provider.asked(asked)}
        assert sent == {f"Bearer {KEY}"}


@pytest.mark.timeout(300)
def test_a_change_of_keys_costs_no_answer_and_a_lost_one_its_connection_alone(product, fake_provider):
    person = product.person(staff=True)
    connect(person, fake_provider)
    running = begin(person, question(120, at=20), question(20, after=4), question(60, at=10))
    fake_provider.wait_for(lambda requests: all(map(fake_provider.asked, running.values())))
    restart(product, NEW, OLD)
    running |= begin(person, question(100, at=20), question(20, after=3))
    before = product.db.one("SELECT secret FROM parley_connection")["secret"]
    product.manage("parley_keys", "rotate")
    assert product.db.one("SELECT secret FROM parley_connection")["secret"] != before
    running |= begin(person, question(100, at=20))
    restart(product, NEW)
    running |= begin(person, question(10))
    assert_answered(product, running, fake_provider)

    restart(product, OTHER)
    lost = until_settled(product, person.start("Who reads this?"))
    assert (lost["status"], lost["error"]) == ("failed", "key_lost")
    page = person.get("/connections/").text
    assert page.count("The key cannot be read: the encryption key of this site has changed.") == 1
    until(lambda: 'value="fake-1"' in person.get("/").text, 20, "The settings' provider has listed no models")
    other = person.post("/conversations/", text=(asked := question(5)), model="fake-1").headers["location"]
    assert_whole(until_settled(product, other.strip("/").removeprefix("c/")), asked)
    assert product.provider.asked(asked)

    restart(product, NEW)
    assert_answered(product, begin(person, question(5)), fake_provider)
    for name in ("web", "worker"):
        assert KEY not in product.processes[name].output

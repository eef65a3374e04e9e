"""Only workers ask providers: connections are listed when one starts, and tested by one."""

import json

from tests.support.processes import until

TESTED = """
import json, time
from parley.generation import probing
from parley.models import Connection
row = Connection(name="Gateway", base_url="{url}")
row.set_secret("sk-of-the-gateway", {{}})
row.save()
probing.begin(row, "fake-2")
while not (result := probing.result(row)).settled:
    time.sleep(0.05)
print(json.dumps([result.status, result.code, result.models, result.model, bool(result.text), result.first_token_ms]))
"""


def test_a_worker_tests_a_connection_and_lists_it_when_it_starts(stack):
    status, code, models, model, said, first_token_ms = json.loads(
        stack.manage("shell", "-c", TESTED.format(url=stack.provider.base_url)).splitlines()[-1]
    )
    assert (status, code, models, model, said) == ("done", "", 3, "fake-2", True)
    assert first_token_ms < 10_000
    assert [request.key for request in stack.provider.completions] == ["sk-of-the-gateway"]
    with stack.valkey.client() as client:
        client.delete(*client.scan_iter("*:models:*"))
    stack.provider.clear()
    stack.restart("worker")
    until(lambda: "sk-of-the-gateway" in {request.key for request in stack.provider.requests}, 20)

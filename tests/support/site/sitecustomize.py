"""Python imports this when a process of a product under test starts: what is held too long is written down."""

import os

if os.environ.get("TESTS_HELD"):
    from tests.support import held

    held.watch()

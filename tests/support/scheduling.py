"""Which tests stay in one of several processes: those of a file, and of files that share a product."""

from xdist.scheduler.loadfile import LoadFileScheduling

TOGETHER = {
    "tests/providers/": "the product that waits for its provider one second",
    "tests/test_live.py": "the product whose tabs do not poll",
    "tests/test_round_trips.py": "the product whose tabs do not poll",
    "tests/test_product.py": "the product on PostgreSQL",
    "tests/test_transfers.py": "the product on PostgreSQL",
}
"""The begin of a path → the product, whose start costs as much as many of these tests."""


class ByProduct(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        """Return the name of what is not divided."""
        file = super()._split_scope(nodeid)
        return next((product for begin, product in TOGETHER.items() if file.startswith(begin)), file)

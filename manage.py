#!/usr/bin/env python
"""Django's command line for the product, in a clone."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from parley_server.commands import manage

if __name__ == "__main__":
    sys.exit(manage(sys.argv))

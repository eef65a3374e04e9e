"""Run the console command: `python -m parley_server`."""

import sys

from parley_server.cli import main

if __name__ == "__main__":
    sys.exit(main())

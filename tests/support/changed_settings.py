"""The product's settings with entries of PARLEY changed by the variable TEST_PARLEY (JSON)."""

import json
import os

from parley_server.settings import *  # noqa: F403
from parley_server.settings import PARLEY

PARLEY |= json.loads(os.environ["TEST_PARLEY"])

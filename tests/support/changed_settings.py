"""The product's settings with entries of PARLEY changed by the variable TEST_PARLEY (JSON)."""

import json
import os

from standalone.settings import *  # noqa: F403
from standalone.settings import PARLEY

PARLEY |= json.loads(os.environ["TEST_PARLEY"])

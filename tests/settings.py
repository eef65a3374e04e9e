"""Settings of the tests in this process: the product's own, in a data directory of the tests' own."""

import os
import tempfile
from pathlib import Path

from tests.support.processes import free_port

FOLDER = Path(tempfile.mkdtemp(prefix="parley-tests-"))
ENVIRONMENT = {
    "PARLEY_DATA_DIR": str(FOLDER),
    "SECRET_KEY": "the tests' own secret key, which protects nothing",
    "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    "OPENAI_API_KEY": "sk-of-the-tests",
    "OPENAI_MODEL": "fake-1",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
}
CHOSEN = "DEBUG HTTPS BROKER_URL CSRF_TRUSTED_ORIGINS LOG_FORMAT METRICS_TOKEN SENTRY_DSN SITE_URL"
for name in CHOSEN.split():
    os.environ.pop(name, None)
os.environ.update(ENVIRONMENT)

from parley_server.settings import *  # noqa: E402, F403
from parley_server.settings import DATABASES  # noqa: E402

# Several threads and connections share the test database, which one in memory does not allow.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(FOLDER / "tests.sqlite3")}
else:  # A thread that outlives its test would keep the database from being dropped.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

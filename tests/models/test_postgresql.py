import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.skipif("postgres" in os.environ.get("DATABASE_URL", ""), reason="These are those tests.")
def test_passes_all_of_these_tests_on_postgresql_too(postgres):
    environment = {**os.environ, "DATABASE_URL": postgres.url_of("postgres")}
    command = [sys.executable, "-m", "pytest", str(HERE), "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(command, env=environment, cwd=HERE.parents[1], capture_output=True, text=True, timeout=1400)
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-2000:]

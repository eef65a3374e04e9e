"""The memory that reading takes, measured from outside."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from tests.support.exports import asked

READ = """
import resource, sys
import django
django.setup()
from parley.transfer import reading
reading.Loader = type("Loader", (), {"__init__": lambda *_: None, "load": lambda *_: (reading.Outcome.EXISTED, None)})
(row,) = reading.read_import(sys.argv[1], None)
assert row["existing"] == int(sys.argv[2]) and not row["error"], row
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""
ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(["src", "."]), "DJANGO_SETTINGS_MODULE": "tests.settings"}


@pytest.mark.slow
def test_the_memory_does_not_grow_with_the_file(tmp_path):
    """Two files, of which one is ten times as large, in processes of their own."""
    peaks = [peak_of(tmp_path / f"{count}.zip", count) for count in (200, 1_500)]
    assert peaks[1] - peaks[0] < 16 * 2**20, peaks


def peak_of(path, count):
    """Bytes that a process takes at most which reads so many conversations of 12 kB."""
    with zipfile.ZipFile(path, "w") as archive, archive.open("conversations.json", "w") as member:
        for number in range(count):
            member.write(b"," if number else b"[")
            member.write(json.dumps(asked(str(number), answer=f"{number} words " * 800)).encode())
        member.write(b"]")
    command = [sys.executable, "-c", READ, str(path), str(count)]
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT})
    assert run.returncode == 0, run.stderr
    return int(run.stdout)

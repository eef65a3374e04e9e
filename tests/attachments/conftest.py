import io
from itertools import count

import pytest

from parley.attachments import run
from parley.attachments.sniffing import sniffed


@pytest.fixture
def reading(tmp_path):
    """Bytes and a name → the Result, as an upload and a worker come to it."""
    numbers = count()

    def read(content: bytes, name: str = "a", extract: str = "") -> run.Result:
        verdict = sniffed(io.BytesIO(content), name)
        if verdict.error:
            return run.Result(error=verdict.error)
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        path = folder / "original"
        path.write_bytes(content)
        return run.read(path, verdict.media_type, folder, extract)

    return read

import tracemalloc
from base64 import b64encode

import orjson
import pytest
from django.core.files.base import ContentFile

from parley import files
from parley.generation import bodies
from parley.generation.inclusion import Picture
from parley.generation.outcome import ProviderError
from parley.generation.wires import WIRES

WIRE = WIRES["chat_completions"]


@pytest.fixture
def kept(settings, tmp_path):
    """A function: a picture of these bytes in the private storage."""
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}

    def keep(name, content):
        files.keep(name, ContentFile(content))
        return Picture(name, name, "image/png", len(content), 1)

    return keep


async def test_is_what_a_whole_one_would_be(kept):
    pictures = [kept("a", b"first"), kept("b", b""), kept("c", bytes(range(256)) * 3000)]
    body = {"model": "m", "messages": [*pictures, "between", pictures[0]]}
    sent = await bodies.with_pictures(WIRE, body, pictures)
    data = b"".join([part async for part in sent["content"]])
    contents = {picture.name: files.storage().open(picture.file).read() for picture in pictures}
    whole = [WIRE.picture("image/png", b64encode(contents[name]).decode()) for name in "abc"]
    assert orjson.loads(data) == {"model": "m", "messages": [*whole, "between", whole[0]]}
    assert sent["options"]["headers"] == {"Content-Length": str(len(data))}


async def test_holds_a_little_of_a_large_picture_at_a_time(kept):
    picture = kept("large", b"\x89" * 20_000_000)
    tracemalloc.start()
    try:
        sent = await bodies.with_pictures(WIRE, {"messages": [picture]}, [picture])
        sizes = [len(part) async for part in sent["content"]]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert max(sizes) <= bodies.SLICE
    assert sum(sizes) > 26_000_000
    assert most < 4_000_000


async def test_names_a_picture_that_is_missing_before_anything_is_sent(kept):
    picture = kept("gone", b"x")
    files.remove("gone")
    with pytest.raises(ProviderError, match="missing"):
        await bodies.with_pictures(WIRE, {"messages": [picture]}, [picture])

import io
import warnings

from parley.views.downloads import download


def made(content):
    return download(io.BytesIO(content), "name.zip", "application/zip")


async def test_an_asynchronous_server_reads_it_a_block_at_a_time():
    content = b"x" * (3 * 2**18 + 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        blocks = [block async for block in made(content)]
    assert [len(block) for block in blocks] == [2**18, 2**18, 2**18, 5]
    assert b"".join(blocks) == content


def test_a_synchronous_server_does_too():
    response = made(b"x" * 2**19)
    assert [len(block) for block in response.streaming_content] == [2**18, 2**18]
    assert response.headers["Content-Length"] == str(2**19)


def test_it_is_saved_and_runs_nothing():
    headers = made(b"x").headers
    assert headers["Content-Disposition"] == 'attachment; filename="name.zip"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")

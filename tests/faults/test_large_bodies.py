"""Nothing of what is too large reaches the disk, and the refusal is read by whoever goes on sending."""

import os
import socket

import pytest

LARGE = 200_000_000
PIECE = b"x" * 65_536


def send_form(stack, path, *headers):
    """Send a body of zeros as far as it is taken, and return the answer."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{stack.port}", *headers, "", ""]
    with socket.create_connection(("127.0.0.1", stack.port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        answer = b""
        try:
            for _ in range(LARGE // len(PIECE)):
                connection.sendall(b"%x\r\n%s\r\n" % (len(PIECE), PIECE) if "chunked" in headers[0] else PIECE)
        except OSError:
            pass
        try:
            while block := connection.recv(65_536):
                answer += block
        except ConnectionResetError:
            pass
        return answer.decode()


def spooled(stack):
    """Bytes of files that the web server has open and that have no name any more, as those of a body have not."""
    folder = f"/proc/{stack.processes['web'].pid}/fd"
    files = [f"{folder}/{number}" for number in os.listdir(folder)]
    return sum(os.stat(file).st_size for file in files if "(deleted)" in os.readlink(file))


@pytest.mark.parametrize("path", ["/accounts/login/", "/nowhere/", "/transfers/import/"])
@pytest.mark.parametrize("framing", [f"Content-Length: {LARGE}", "Transfer-Encoding: chunked"])
def test_a_stranger_fills_no_disk(stack, path, framing):
    answer = send_form(stack, path, framing, "Content-Type: application/x-www-form-urlencoded")
    assert answer.startswith(f"HTTP/1.1 {403 if 'import' in path else 413} ")
    assert "connection: close" in answer
    assert "x-frame-options: DENY" in answer
    assert spooled(stack) == 0


@pytest.mark.parametrize("path", ["/healthz", "/static/parley/icon.svg"])
def test_what_takes_no_body_reads_none(stack, path):
    assert send_form(stack, path, f"Content-Length: {LARGE}").startswith("HTTP/1.1 ")
    assert spooled(stack) == 0

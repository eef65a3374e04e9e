"""Bytes that are hardly HTTP are refused or answered: none is an error, and none takes the server away from others."""

import re
import socket

import pytest

HOST = b"Host: 127.0.0.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST + FORM
SIGN_IN = b"POST /accounts/login/ HTTP/1.1\r\n" + HOST + b"Cookie: csrftoken=" + b"a" * 32 + b"\r\nContent-Type: "
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n'
REQUESTS = {
    "raw-path": b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    "nul-in-path": b"GET /%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "nul-in-static": b"GET /static/%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "surrogate-in-path": b"GET /%ed%a0%80/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "percent-in-path": b"GET /%zz%/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "raw-query": b"GET /?q=\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "nul-in-host": b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    "raw-host": b"GET / HTTP/1.1\r\nHost: \xff\xff\r\n\r\n",
    "two-hosts": b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n",
    "no-host": b"GET / HTTP/1.0\r\n\r\n",
    "raw-cookie": b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: sessionid=\xff\x01; csrftoken=\xff\r\n\r\n",
    "long-header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 300_000 + b"\r\n\r\n",
    "long-path": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "many-headers": b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: x\r\n" % n for n in range(2000)) + b"\r\n",
    "unknown-method": b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n",
    "no-method": b"\r\n\r\n\r\n / HTTP/1.1\r\n\r\n",
    "not-http": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    "absolute-address": b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "authority": b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "two-lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length-and-chunked": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "odd-coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "odd-chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "negative-length": POST + b"Content-Length: -1\r\n\r\n",
    "odd-upgrade": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "upgrade-elsewhere": b"GET /nowhere HTTP/1.1\r\n" + HOST + b"Upgrade: h2c\r\n"
    b"Connection: Upgrade, HTTP2-Settings\r\n\r\n",
    "socket-elsewhere": b"GET /nowhere HTTP/1.1\r\n" + HOST + b"Origin: http://127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "utf-16": SIGN_IN +
    b"application/x-www-form-urlencoded; charset=utf-16\r\nContent-Length: 10\r\n\r\nusername=a",
    "idna-in-parts": SIGN_IN +
    b"multipart/form-data; boundary=x; charset=idna\r\nContent-Length: %d\r\n\r\n%b" % (len(PART), PART),
    "odd-type": SIGN_IN + b"a; charset*=nope''%41\r\nContent-Length: 3\r\n\r\na=b",
}  # fmt: skip


def answer(stack, request):
    """Return the statuses that the server sent for these bytes before it closed, or became silent."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=20) as connection:
        received = b""
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while block := connection.recv(65_536):
                received += block
        except OSError:
            pass
    return [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d+)", received, re.MULTILINE)]


@pytest.fixture(scope="module")
def refusals(_stack):
    _stack.ensure_up()
    before = len(_stack.logs["web"])
    return before, {name: answer(_stack, request) for name, request in REQUESTS.items()}


@pytest.mark.parametrize("name", REQUESTS)
def test_it_is_no_error(refusals, name):
    assert [status for status in refusals[1][name] if status >= 500] == []


def test_nothing_of_it_is_a_traceback_and_others_go_on(stack, refusals):
    assert stack.person().get("/").status_code == 200
    assert "Traceback" not in stack.logs["web"][refusals[0] :]

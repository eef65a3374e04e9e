"""What a container's health check asks."""

import http.server
import subprocess
import sys
import threading

import pytest

from parley_server import health
from tests.support.processes import free_port


@pytest.fixture
def server():
    """A function that serves one status, and returns the port."""
    servers = []

    def serve(status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status if self.path == "/healthz" else 404)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        servers.append(http.server.HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return str(servers[-1].server_port)

    yield serve
    for one in servers:
        one.shutdown()
        one.server_close()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (None, 1)])
def test_it_ends_with_0_only_when_the_site_answers(server, status, code):
    port = server(status) if status else str(free_port())
    env = {"PORT": port, "http_proxy": "http://127.0.0.1:9"}
    done = subprocess.run([sys.executable, "-I", health.__file__], env=env, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout + done.stderr) == (code, "")

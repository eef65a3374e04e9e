"""An HTTP proxy that answers for everybody, and keeps what it was asked for."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "NO_PROXY", "no_proxy")


class RecordingProxy:
    """``asked``: (method, address) of each request; a context manager."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "RecordingProxy":
        threading.Thread(target=self.server.serve_forever, name="recording-proxy", daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a machine on which everything goes through this proxy."""
        return {name: "" if name.lower() == "no_proxy" else self.url for name in NAMES}

    def handler(self) -> type[BaseHTTPRequestHandler]:
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                asked.append((self.command, self.path))
                self.send_error(418)

            do_GET = do_POST = do_CONNECT = answer

            def log_message(self, *args: object) -> None: ...

        return Handler

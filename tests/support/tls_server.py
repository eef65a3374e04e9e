"""A provider behind TLS, whose certificate is made for one name and for this test."""

import json
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ANSWER = b'data: {"choices": [{"delta": {"content": "Hello."}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'


class TlsServer:
    """``seen``: (method, path, Host, Cookie) of each request; ``names``: of each handshake; a context manager.

    ``redirect``: where everything leads then. ``certificate``: the file to trust.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.seen: list[tuple[str, str, str | None, str | None]] = []
        self.names: list[str | None] = []
        self.redirect = ""
        self.certificate, secret = certificate_files(folder, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, secret)
        context.sni_callback = lambda connection, name, _: self.names.append(name)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port

    def __enter__(self) -> "TlsServer":
        threading.Thread(target=self.server.serve_forever, args=[0.05], name="tls-server", daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.seen.append((self.command, self.path, self.headers["Host"], self.headers["Cookie"]))
                self.send_response(302 if server.redirect else 200)
                is_list = self.command == "GET"
                body = json.dumps({"data": [{"id": "secured"}]}).encode() if is_list else ANSWER
                self.send_header("Content-Type", "application/json" if is_list else "text/event-stream")
                self.send_header("Set-Cookie", "seen=before; Path=/")
                self.send_header("Location", server.redirect)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *args: object) -> None: ...

        return Handler


class Names:
    """A double of ``socket.getaddrinfo``: ``answers``: of each name, in turn; ``asked``: the names, in turn."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers, self.asked = answers, list[str]()
        self.real = socket.getaddrinfo

    def __call__(self, host, port, *args, **more):
        name = host.decode() if isinstance(host, bytes) else host
        if name.replace(".", "").isdigit() or ":" in name:
            return self.real(host, port, *args, **more)
        self.asked.append(name)
        turns = self.answers[name.partition(".")[0]]
        found = turns.pop(0) if len(turns) > 1 else turns[0]
        return [
            (socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found
        ]


def certificate_files(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate for a name, and its key → their files."""
    key, certificate, secret = ec.generate_private_key(ec.SECP256R1()), folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(_certificate(key, name))
    form = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return certificate, secret


def _certificate(key: ec.EllipticCurvePrivateKey, name: str) -> bytes:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

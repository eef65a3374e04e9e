"""A name server, as a container engine has one: a name of several containers has the addresses of all."""

import socket
import struct
import threading

TYPE_A, SECONDS = 1, 1
POINTER_TO_QUESTION = 0xC00C
ANSWER, NO_ERROR = 0x8180, 0


class Names:
    """``addresses``: {name: its addresses of IPv4}; nothing is known of any other name."""

    def __init__(self, addresses: dict[str, list[str]]) -> None:
        self.addresses = addresses
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def start(self) -> int:
        """Answer from now on, until the process ends → the port."""
        self.socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self.serve, name="names", daemon=True).start()
        return self.socket.getsockname()[1]

    def serve(self) -> None:
        while True:
            query, sender = self.socket.recvfrom(4096)
            self.socket.sendto(self.answer(query), sender)

    def answer(self, query: bytes) -> bytes:
        """Return the answer to a query of one question."""
        name, end = name_in(query)
        question = query[12 : end + 4]
        [kind] = struct.unpack_from("!H", query, end)
        found = self.addresses.get(name.split(".")[0], []) if kind == TYPE_A else []
        head = query[:2] + struct.pack("!5H", ANSWER, 1, len(found), 0, 0)
        record = struct.pack("!HHHIH", POINTER_TO_QUESTION, TYPE_A, 1, SECONDS, 4)
        return head + question + b"".join(record + socket.inet_aton(address) for address in found)


def name_in(query: bytes) -> tuple[str, int]:
    """Return the name in a query's question, in lower case, and where it ends."""
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels).lower(), at + 1

"""HTTP over sockets: a thread a connection, many requests a connection, one write an answer."""

from __future__ import annotations

import contextlib
import socket
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.hub_server.server import HubServer


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, hub: HubServer) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.hub = hub
        self.open: set[socket.socket] = set()

    def end_connections(self) -> None:
        for connection in list(self.open):
            with contextlib.suppress(OSError):  # the other side was faster
                connection.shutdown(socket.SHUT_RDWR)


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True  # a client that has gone needs no answer

    def answer(self) -> None:
        hub = self.server.hub
        woken = hub.woken
        given, fault, seconds = hub.serve(self.command, self.path, self.headers, self._body())
        if fault.startswith("drop"):
            self.close_connection = True
            return
        body = given.body
        if fault == "short":
            body = body[: len(body) // 2]
        elif fault == "altered" and body:
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        lines = [
            f"HTTP/1.1 {given.status} {responses.get(given.status, '')}",
            f"Content-Length: {len(body)}",
        ]
        lines += [f"{name}: {value}" for name, value in given.headers.items()]
        if self.command == "HEAD" or given.status == 304:
            body = b""
        if fault in ("truncated", "stalled"):
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)
        if fault == "stalled":
            woken.wait(seconds)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, *args: object) -> None:
        """Say nothing: tests look at `requests`."""

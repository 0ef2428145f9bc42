"""A server on this machine that says what a test puts into its mouth, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Reply:
    """One answer. `promised` bytes are announced: more than there are is an answer that is cut off."""

    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    promised: int | None = None


@dataclass(frozen=True)
class Asked:
    """One request."""

    at: float
    path: str
    params: dict[str, str]
    headers: dict[str, str]


class LocalServer:
    """Gives its replies one after the other, and the last one for ever."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.asked: list[Asked] = []
        self.url = ""

    def next_reply(self) -> Reply:
        """The reply to the request that was just noted."""
        return self.replies[min(len(self.asked), len(self.replies)) - 1]


@contextmanager
def serving() -> Iterator[LocalServer]:
    """A server on a free port of the loopback interface, until the block is left."""
    server = LocalServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append(Asked(monotonic(), parts.path, dict(parse_qsl(parts.query)), headers))
            reply = server.next_reply()
            sleep(reply.wait_s)
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header(
                    "Content-Length", str(len(body) if reply.promised is None else reply.promised)
                )
                self.end_headers()
                self.wfile.write(body)
            except BrokenPipeError:  # who asked has given up
                return

        def log_message(self, format: str, *args: object) -> None:
            return

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{listener.server_port}"
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()

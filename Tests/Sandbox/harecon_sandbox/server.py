# SPDX-License-Identifier: Apache-2.0
"""The listening socket and its connections: one thread each, kept alive, ended by the server or the client."""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from harecon_sandbox.http11 import BadRequest, Request, Response, read_request

HANDSHAKE_SECONDS = 10.0
# As many clients as the suites start at once; the system resets those that it finds no room for.
BACKLOG = 4096


class Cut(Enum):
    """Ways to end a connection without an answer."""

    RESET = "reset"
    CLOSE = "close"


@dataclass(frozen=True)
class Truncated:
    """An answer of which only the first half reaches the client."""

    response: Response


Outcome = Response | Truncated | Cut


class Peer:
    """The client of a connection, as something to wait for."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def wait(self, wake: socket.socket, seconds: float | None = None) -> bool:
        """Waits until `wake` is readable (True), or the client is gone or the time is over (False)."""
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        poll.register(self._sock, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        events = dict(poll.poll(None if seconds is None else seconds * 1000))
        return wake.fileno() in events


Handler = Callable[[Request, Peer], tuple[Outcome, float | None]]
"""Answers a request; the second value is the server's time for the Date header, None for the real one."""


class Server:
    """Serves `handler` on a loopback port until stopped."""

    def __init__(self, handler: Handler, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        self._numbers = itertools.count(1)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, name="accept", daemon=True)

    @property
    def endpoint(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Closes the port and every connection."""
        with self._lock:
            self._stopping = True
            connections = list(self._open)
        # shutdown() is what wakes the thread in accept(); close() alone would leave it there.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in connections:
            _shut(connection)
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._stopping:
                    sock.close()
                    return
                self._open.add(sock)
            number = next(self._numbers)
            threading.Thread(target=self._serve, args=(sock, number), name=f"connection-{number}", daemon=True).start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        sock = plain
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                plain.settimeout(HANDSHAKE_SECONDS)
                sock = self._tls.wrap_socket(plain, server_side=True)
                with self._lock:
                    self._open.discard(plain)
                    self._open.add(sock)
                sock.settimeout(None)
            self._converse(sock, number)
        except OSError:
            # The client went away, or its handshake failed; there is nobody left to tell.
            pass
        finally:
            with self._lock:
                self._open.discard(sock)
                self._open.discard(plain)
            sock.close()

    def _converse(self, sock: socket.socket, number: int) -> None:
        peer = Peer(sock)
        with sock.makefile("rb") as stream:
            while True:
                try:
                    request = read_request(stream, number, lambda: sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"))
                except BadRequest as error:
                    sock.sendall(Response(400, {"Content-Type": "text/plain"}, str(error).encode()).encode(False))
                    return
                if request is None:
                    return
                outcome, now = self._handler(request, peer)
                keep_alive = request.keep_alive
                head = request.method == "HEAD"
                match outcome:
                    case Cut.RESET:
                        _reset(sock)
                        return
                    case Cut.CLOSE:
                        return
                    case Truncated(response):
                        data = response.encode(keep_alive, now, head)
                        sock.sendall(data[: len(data) - max(1, len(response.body) // 2)])
                        return
                    case Response():
                        sock.sendall(outcome.encode(keep_alive, now, head))
                if not keep_alive:
                    return


def _reset(sock: socket.socket) -> None:
    """Makes the close that follows send RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _shut(sock: socket.socket) -> None:
    # It may already be closed by its own thread or by the client.
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)

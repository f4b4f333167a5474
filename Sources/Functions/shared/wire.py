# SPDX-License-Identifier: Apache-2.0
"""A socket that carries PostgreSQL's messages until a deadline, and not a moment longer."""

from __future__ import annotations

import socket
import ssl
import struct
import time

# The most that one message of the server may have; more is no answer to what these functions ask.
LARGEST_MESSAGE = 16 * 1024 * 1024

_SSL_REQUEST = 1234 << 16 | 5679


class ConnectionLost(OSError):
    """There is no connection, or none any more: what was sent may have been done or not."""


class OwnFault(ConnectionLost):
    """What fails is on this side, a name service, a secret or a list of authorities: it says nothing of the server."""


def frame(kind: bytes, body: bytes) -> bytes:
    """A message: its kind, how long it is with these four bytes, and what is in it."""
    return kind + struct.pack("!i", len(body) + 4) + body


class Wire:
    """A socket that sends and receives whole messages until its deadline, and is closed by the first failure."""

    def __init__(self, link: socket.socket, deadline: float) -> None:
        self._link = link
        self.deadline = deadline

    @staticmethod
    def open(host: str, port: int, tls: ssl.SSLContext | None, deadline: float) -> Wire:
        wire = Wire(_reach(host, port, deadline), deadline)
        try:
            wire._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                wire._secure(tls, host)
        except OSError as error:
            wire.close()
            raise _lost(error) from error
        return wire

    def _secure(self, tls: ssl.SSLContext, host: str) -> None:
        self.send(struct.pack("!ii", 8, _SSL_REQUEST))
        # One byte and no more: whatever else comes before the handshake is nobody's that can be trusted.
        if self._read(1) != b"S":
            raise ConnectionLost("the server does not offer TLS")
        self._link.settimeout(self._left())
        self._link = tls.wrap_socket(self._link, server_hostname=host)

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the server did not answer in time")
        return left

    def send(self, data: bytes) -> None:
        try:
            self._link.settimeout(self._left())
            self._link.sendall(data)
        except OSError as error:
            self.close()
            raise _lost(error) from error

    def receive(self) -> tuple[bytes, bytes]:
        """The kind of the next message, and what is in it."""
        kind, size = struct.unpack("!ci", self._read(5))
        if not 4 <= size <= LARGEST_MESSAGE:
            self.close()
            raise ConnectionLost(f"the server's message claims to have {size} bytes")
        return kind, self._read(size - 4)

    def wait_for_end(self) -> None:
        """Until the server closes the connection."""
        try:
            self._link.settimeout(self._left())
            while self._link.recv(4096):
                self._link.settimeout(self._left())
        except OSError as error:
            raise _lost(error) from error

    def _read(self, count: int) -> bytes:
        data = bytearray()
        try:
            while len(data) < count:
                self._link.settimeout(self._left())
                part = self._link.recv(count - len(data))
                if not part:
                    raise ConnectionLost("the server closed the connection")
                data += part
        except OSError as error:
            self.close()
            raise _lost(error) from error
        return bytes(data)

    def close(self) -> None:
        self._link.close()


def _reach(host: str, port: int, deadline: float) -> socket.socket:
    """The first address that answers; all of them have one deadline together."""
    failure: OSError | None = None
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _lost(error) from error
    for family, kind, protocol, _, address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        link = socket.socket(family, kind, protocol)
        try:
            link.settimeout(left)
            link.connect(address)
            return link
        except OSError as error:
            link.close()
            failure = error
    failure = failure or TimeoutError(f'"{host}" did not answer in time')
    raise _lost(failure) from failure


def _lost(error: OSError) -> OSError:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return OwnFault(f"no name service answers: {error}")
    if isinstance(error, ssl.SSLCertVerificationError):
        return OwnFault(f"{error}: `functions.databaseAuthorities` may name who signs the server's certificate")
    return error if isinstance(error, (TimeoutError, ConnectionLost)) else ConnectionLost(str(error))

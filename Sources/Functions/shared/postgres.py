# SPDX-License-Identifier: Apache-2.0
"""A client of PostgreSQL with a deadline for everything that it does.

Lambda has no driver, and what a failover needs of one is little: TLS, a login, one statement at a time, and never to
wait for longer than it was told to. Version 3.0 of the protocol, https://www.postgresql.org/docs/15/protocol.html.
"""

from __future__ import annotations

import hashlib
import os
import ssl
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.scram import MECHANISM, Exchange, ScramError
from shared.wire import ConnectionLost, OwnFault, Wire, frame

__all__ = [
    "Connection",
    "ConnectionLost",
    "Failure",
    "Login",
    "OwnFault",
    "Row",
    "ServerError",
    "Value",
    "connect",
    "trusted",
]

Value = str | int | float | bool | None
Row = dict[str, Value]

_PROTOCOL = 3 << 16
_CANCEL_REQUEST = 1234 << 16 | 5678

# Where Lambda's runtimes keep the authorities that they trust, those of RDS among them.
_AUTHORITIES = ("/etc/pki/tls/cert.pem", "/var/runtime/ca-cert.pem")

# The spec's `functions.databaseAuthorities`, packed beside this file when there are any.
_OWN_AUTHORITIES = Path(__file__).with_name("authorities.pem")


class ServerError(Exception):
    """The server refused a login or a statement. The connection is still good, unless the severity is FATAL or
    PANIC."""

    def __init__(self, sqlstate: str, message: str, severity: str = "ERROR") -> None:
        super().__init__(f"{message} ({sqlstate})")
        self.sqlstate = sqlstate
        self.message = message
        self.severity = severity


# All that can go wrong. A TimeoutError is an OSError; after it the connection is closed, and what was sent is in doubt.
Failure = (ServerError, OSError)


@dataclass(frozen=True)
class Login:
    """Where to go, and as whom."""

    host: str
    user: str
    password: str = field(repr=False)
    database: str
    port: int = 5432
    application: str = "harecon"


@cache
def trusted() -> ssl.SSLContext:
    """Verifies the server's certificate and its name, by the spec's own authorities alone where it names some.

    Not by `ssl.create_default_context`: from Python 3.13 on that also refuses authorities for the form of their
    certificates, which libpq takes.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if _OWN_AUTHORITIES.exists():
        context.load_verify_locations(_OWN_AUTHORITIES)
        return context
    files = [file for file in _AUTHORITIES if os.path.exists(file)]
    for file in files:
        context.load_verify_locations(file)
    if not files:
        context.load_default_certs()
    return context


def connect(login: Login, timeout: float, tls: Callable[[], ssl.SSLContext] | None = trusted) -> Connection:
    """A connection that has logged in, `timeout` seconds from now at the latest.

    The name is looked up by the system's resolver, which keeps its own time. Without `tls` nobody on the way is kept
    from reading along.
    """
    context = tls() if tls else None
    connection = Connection(Wire.open(login.host, login.port, context, time.monotonic() + timeout), login, context)
    try:
        connection._log_in()
    except BaseException:
        connection.close()
        raise
    return connection


class Connection:
    """One session, for one thread at a time; only `cancel` may be called from another."""

    def __init__(self, wire: Wire, login: Login, tls: ssl.SSLContext | None) -> None:
        self._wire = wire
        self._login = login
        self._tls = tls
        self._key: bytes | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """May be called more than once. What is not committed is rolled back by the server."""
        self._wire.close()

    def query(self, sql: str, *parameters: Value, timeout: float) -> list[Row]:
        """The rows that one statement answers, by the names of their columns.

        Booleans, integers and floating-point numbers come as Python's; everything else, exact numbers and times
        included, as the text that PostgreSQL writes.
        """
        rows, _ = self._run(sql, parameters, timeout)
        return rows

    def execute(self, sql: str, *parameters: Value, timeout: float) -> str:
        """What PostgreSQL says it did: `UPDATE 3`. A `commit` of a failed transaction says `ROLLBACK` and raises
        nothing."""
        _, tag = self._run(sql, parameters, timeout)
        return tag

    def cancel(self, timeout: float) -> None:
        """Asks the server to break off what runs. It may come too late, and says nothing of what became of it."""
        if self._key is None:
            raise ConnectionLost("the server gave no key to cancel by")
        wire = Wire.open(self._login.host, self._login.port, self._tls, time.monotonic() + timeout)
        try:
            wire.send(frame(b"", struct.pack("!i", _CANCEL_REQUEST) + self._key))
            wire.wait_for_end()
        finally:
            wire.close()

    # MARK: Login

    def _log_in(self) -> None:
        names = {
            "user": self._login.user,
            "database": self._login.database,
            "application_name": self._login.application,
            "client_encoding": "UTF8",
        }
        text = b"".join(_text(part) for pair in names.items() for part in pair)
        self._wire.send(frame(b"", struct.pack("!i", _PROTOCOL) + text + b"\0"))
        exchange = Exchange(self._login.password)
        while True:
            kind, body = self._receive()
            if kind == b"R":
                try:
                    self._authenticate(body, exchange)
                except ScramError as error:
                    raise ConnectionLost(str(error)) from error
            elif kind == b"K":
                self._key = body
            elif kind == b"Z":
                return

    def _authenticate(self, body: bytes, exchange: Exchange) -> None:
        """The kinds of authentication are numbered: 5 by MD5, 10 to 12 the steps of SASL, 0 that all is well."""
        (method,), rest = struct.unpack_from("!i", body), body[4:]
        if method == 5:
            self._wire.send(frame(b"p", _text(_md5(self._login, rest))))
        elif method == 10 and MECHANISM.encode() in rest.split(b"\0"):
            first = exchange.first().encode()
            self._wire.send(frame(b"p", _text(MECHANISM) + struct.pack("!i", len(first)) + first))
        elif method == 11:
            self._wire.send(frame(b"p", exchange.final(rest.decode("ascii", "replace")).encode()))
        elif method == 12:
            exchange.check(rest.decode("ascii", "replace"))
        elif method != 0:
            raise ConnectionLost(f"the server asks for a login of kind {method}, which is not known here")
        elif exchange.is_open:
            raise ConnectionLost("the server did not prove that it knows the password")

    # MARK: Statements

    def _run(self, sql: str, parameters: tuple[Value, ...], timeout: float) -> tuple[list[Row], str]:
        """One statement by the extended protocol, as text both ways; never two in one."""
        self._wire.deadline = time.monotonic() + timeout
        values = [_written(value) for value in parameters]
        self._wire.send(
            frame(b"P", b"\0" + _text(sql) + struct.pack("!h", 0))
            + frame(b"B", b"\0\0" + struct.pack("!hh", 0, len(values)) + b"".join(values) + struct.pack("!h", 0))
            + frame(b"D", b"P\0")
            + frame(b"E", b"\0" + struct.pack("!i", 0))
            + frame(b"S", b"")
        )
        columns: list[tuple[str, int]] = []
        rows: list[Row] = []
        tag, refusal = "", None
        while True:
            try:
                kind, body = self._receive()
            except ServerError as error:
                if error.severity in ("FATAL", "PANIC"):
                    self.close()
                    raise
                refusal = error
                continue
            if kind == b"T":
                columns = _columns(body)
            elif kind == b"D":
                rows.append(_row(columns, body))
            elif kind == b"C":
                tag = body.rstrip(b"\0").decode()
            elif kind == b"Z":
                if refusal:
                    raise refusal
                return rows, tag

    def _receive(self) -> tuple[bytes, bytes]:
        """The next message that is not a remark. Raises what the server refuses."""
        while True:
            kind, body = self._wire.receive()
            if kind == b"E":
                fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
                raise ServerError(
                    fields.get(b"C", "XX000"), fields.get(b"M", ""), fields.get(b"V", fields.get(b"S", "ERROR"))
                )
            if kind not in (b"S", b"N", b"A"):
                return kind, body


# MARK: Messages


def _text(text: str) -> bytes:
    if "\0" in text:
        raise ValueError("a text with a zero byte cannot be sent")
    return text.encode() + b"\0"


def _written(value: Value) -> bytes:
    if value is None:
        return struct.pack("!i", -1)
    data = (str(value).lower() if isinstance(value, bool) else str(value)).encode()
    return struct.pack("!i", len(data)) + data


def _columns(body: bytes) -> list[tuple[str, int]]:
    """The columns' names, and the numbers of their types."""
    (count,), at = struct.unpack_from("!h", body), 2
    columns = []
    for _ in range(count):
        end = body.index(b"\0", at)
        # After the name: its table, its place there, its type, the type's size, modifier and format.
        (number,) = struct.unpack_from("!i", body, end + 7)
        columns.append((body[at:end].decode(), number))
        at = end + 19
    return columns


def _row(columns: list[tuple[str, int]], body: bytes) -> Row:
    at, row = 2, {}
    for name, number in columns:
        (size,) = struct.unpack_from("!i", body, at)
        at += 4
        row[name] = None if size < 0 else _read_value(number, body[at : at + size].decode())
        at += max(size, 0)
    return row


def _read_value(number: int, text: str) -> Value:
    match number:
        case 16:
            return text == "t"
        case 20 | 21 | 23 | 26:
            return int(text)
        case 700 | 701:
            return float(text)
        case _:
            return text


def _md5(login: Login, salt: bytes) -> str:
    """For a password that was set before the server kept them by SCRAM."""
    inner = hashlib.md5((login.password + login.user).encode(), usedforsecurity=False).hexdigest()
    return "md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest()

# SPDX-License-Identifier: Apache-2.0
"""Connections to the writer for the Data API's stand-in: kept for the next call, and cut when the writer is left."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGresult

from harecon_lab.fields import Value

CONNECT_SECONDS = 2
_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)

# Of a login libpq tells the reason, and not its code.
_LOGIN_STATES = (
    (re.compile(r"password authentication failed|role .* does not exist"), "28P01"),
    (re.compile(r"database .* does not exist"), "3D000"),
)

_FIELDS = pq.DiagnosticField


class Lost(Exception):
    """The connection is gone. What was sent over it may have been done or not."""


@dataclass(eq=False)
class SqlError(Exception):
    """PostgreSQL refused a statement, or a login."""

    sqlstate: str
    text: str

    def __str__(self) -> str:
        return f"{self.text}; SQLState: {self.sqlstate}"


@dataclass(frozen=True)
class Place:
    """A server that connections go to."""

    name: str
    port: int
    certificate: Path


class Session:
    """A connection for one call, or for the calls of one transaction. Another thread may `cut` it, and nothing else."""

    def __init__(self, place: Place, user: str, password: str, database: str, timeout: float) -> None:
        """Raises Lost and SqlError."""
        self.place = place
        self.owner = (user, password, database)
        self.busy_since: float | None = None
        self._lock = threading.Lock()
        self._is_open = True
        try:
            self._connection: psycopg.Connection[Any] = psycopg.connect(
                host="127.0.0.1", port=place.port, user=user, password=password, dbname=database,
                sslmode="verify-full", sslrootcert=str(place.certificate), connect_timeout=CONNECT_SECONDS,
                application_name="rds-data-api", autocommit=True,
                options=f"-c statement_timeout={int(timeout * 1000)}",
            )  # fmt: skip
        except psycopg.OperationalError as error:
            text = str(error).strip()
            state = next((state for pattern, state in _LOGIN_STATES if pattern.search(text)), None)
            if state is None:
                raise Lost(text) from error
            raise SqlError(state, f"FATAL: {text.rpartition('FATAL:')[2].strip()}") from error

    @property
    def is_idle(self) -> bool:
        """Whether it is connected and in no transaction."""
        return self._connection.pgconn.transaction_status == pq.TransactionStatus.IDLE

    @property
    def in_transaction(self) -> bool:
        return self._connection.pgconn.transaction_status == pq.TransactionStatus.INTRANS

    def run(self, sql: str, values: Sequence[Value] = ()) -> PGresult:
        """One statement by the extended protocol, which takes no two in one. Raises Lost and SqlError."""
        self.busy_since = time.monotonic()
        try:
            # Blocks in libpq, where a shut socket wakes it.
            result = self._connection.pgconn.exec_params(
                sql.encode(), [value.data for value in values], [value.type for value in values]
            )
        except psycopg.OperationalError as error:
            raise Lost(str(error)) from error
        finally:
            self.busy_since = None
        if result.status in _DONE:
            return result
        if result.status == pq.ExecStatus.EMPTY_QUERY:
            raise SqlError("42601", "ERROR: the statement is empty")
        raise _error(result)

    def cut(self) -> None:
        """Wakes whoever waits for an answer, who finds the connection gone.

        It is shut and not closed: its descriptor stays its owner's, so that no other connection's bytes are read by it.
        """
        with self._lock:
            if not self._is_open:
                return
            try:
                with socket.socket(fileno=os.dup(self._connection.pgconn.socket)) as twin:
                    twin.shutdown(socket.SHUT_RDWR)
            except (OSError, psycopg.OperationalError):
                # The server was first, and libpq may have noticed.
                pass

    def close(self) -> None:
        with self._lock:
            self._is_open = False
            self._connection.close()


def _error(result: PGresult) -> Lost | SqlError:
    def part(name: _FIELDS) -> str:
        return (result.error_field(name) or b"").decode(errors="replace")

    state = part(_FIELDS.SQLSTATE)
    if not state:
        return Lost(result.error_message.decode(errors="replace").strip() if result.error_message else "no answer")
    text = f"{part(_FIELDS.SEVERITY)}: {part(_FIELDS.MESSAGE_PRIMARY)}"
    for name, field in (
        ("Detail", _FIELDS.MESSAGE_DETAIL), ("Hint", _FIELDS.MESSAGE_HINT), ("Position", _FIELDS.STATEMENT_POSITION),
    ):  # fmt: skip
        if part(field):
            text += f"\n  {name}: {part(field)}"
    # Shut down, crashed, not up yet: the session ends with it.
    return Lost(text) if state in ("57P01", "57P02", "57P03") else SqlError(state, text)


class Sessions:
    """All that are open, of which those that nobody uses wait for the next call."""

    def __init__(self, writer: Callable[[], Place], timeout: float) -> None:
        self._writer = writer
        self._timeout = timeout
        self._lock = threading.Lock()
        self._open: set[Session] = set()
        self._free: list[Session] = []

    def take(self, user: str, password: str, database: str) -> Session:
        """A session on whoever writes now. Raises Lost and SqlError."""
        place, owner = self._writer(), (user, password, database)
        with self._lock:
            found = next((s for s in self._free if s.place == place and s.owner == owner), None)
            if found:
                self._free.remove(found)
                return found
        made = Session(place, user, password, database, self._timeout)
        with self._lock:
            self._open.add(made)
        return made

    def give_back(self, session: Session) -> None:
        """Keeps it, unless it was left in a state that the next call must not meet."""
        if session.is_idle:
            try:
                # What a call has set is not seen by the next: there is no session state between calls.
                session.run("discard all")
            except (Lost, SqlError):
                self.drop(session)
                return
            with self._lock:
                self._free.append(session)
        else:
            self.drop(session)

    def drop(self, session: Session) -> None:
        with self._lock:
            self._open.discard(session)
        session.close()

    def cut(self, name: str) -> int:
        """Ends what goes to the server of this name; how many there were."""
        with self._lock:
            going = [session for session in self._open if session.place.name == name]
            self._free = [session for session in self._free if session not in going]
        for session in going:
            session.cut()
        return len(going)

    def cut_overdue(self, seconds: float) -> None:
        """Ends what a server that hangs has not answered, and never will."""
        now = time.monotonic()
        with self._lock:
            overdue = [s for s in self._open if s.busy_since is not None and now - s.busy_since > seconds]
        for session in overdue:
            session.cut()

    def close(self) -> None:
        with self._lock:
            going, self._open, self._free = list(self._open), set(), []
        for session in going:
            session.cut()

# SPDX-License-Identifier: Apache-2.0
"""The database behind PostgreSQL's own protocol, by psycopg: `pip install harecon_replay[postgres]`.

A connection that failed is never used again. An attempt that takes too long is cut by shutting its socket down: closed
from another thread its descriptor could be another connection's by then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString, cast

import psycopg
from psycopg import RawCursor
from psycopg.errors import Diagnostic

from harecon_replay.ledger import Ledger
from harecon_replay.outcome import Meaning, TargetError, meaning
from harecon_replay.sql_names import numbered
from harecon_replay.targets import MADE_BY_ANOTHER, Entered, Settled
from harecon_replay.targets.cutting import Cutter
from harecon_replay.transaction import Statement

_IN_TRANSACTION = psycopg.pq.TransactionStatus.INTRANS


class PostgreSQL:
    """Connections to whoever writes now, kept while they are good and used by one flight at a time.

    `conninfo` is libpq's; without `target_session_attrs` only a server that writes is taken.
    """

    def __init__(self, conninfo: str, ledger: Ledger | None = None) -> None:
        parts = psycopg.conninfo.conninfo_to_dict(conninfo)
        parts.setdefault("target_session_attrs", "read-write")
        parts.setdefault("application_name", "harecon_replay")
        self._parts = parts
        self.ledger = ledger or Ledger()
        self._cutter = Cutter()
        self._lock = threading.Lock()
        self._idle: list[_Link] = []
        self._closed = False

    def begin(self, seconds: float) -> _Session:
        deadline = time.monotonic() + seconds
        link = self._link(deadline)
        try:
            link.run("begin")
        except TargetError:
            link.close()
            # It stood idle while its server went away or began to hang, and so did the others.
            self.drop_idle()
            if not link.used_before or time.monotonic() >= deadline:
                raise
            # Nothing has been sent that could matter.
            link = self._link(deadline)
            try:
                link.run("begin")
            except TargetError:
                link.close()
                raise
        return _Session(self, link, self.ledger)

    def make(self, seconds: float) -> None:
        with self._alone(seconds) as link:
            for sql in self.ledger.making:
                try:
                    link.run(sql)
                except TargetError as error:
                    if error.sqlstate not in MADE_BY_ANOTHER:
                        raise

    def settle(self, id: str, xid: str | None, seconds: float) -> Settled:
        with self._alone(seconds) as link:
            asked = {"name": "xid", "value": {"isNull": True} if xid is None else {"stringValue": xid}}
            sql, values = numbered(Statement(self.ledger.settling, (_text("id", id), asked)))
            ((seen, status),) = link.run(sql, values)
            return Settled(seen, status)

    def close(self) -> None:
        self._closed = True
        self.drop_idle()
        self._cutter.close()

    def give_back(self, link: _Link) -> None:
        """Keeps a good connection for the next flight."""
        if link.rest() and not self._closed:
            with self._lock:
                self._idle.append(link)
        else:
            link.close()

    def _link(self, deadline: float) -> _Link:
        with self._lock:
            link = self._idle.pop() if self._idle else None
        if link is None:
            return _Link(self._parts, self._cutter, deadline)
        link.used_before = True
        link.until(deadline)
        return link

    def drop_idle(self) -> None:
        """Those at rest lead to the server that has just failed another one: each of them would cost an attempt."""
        with self._lock:
            idle, self._idle = self._idle, []
        for link in idle:
            link.close()

    @contextmanager
    def _alone(self, seconds: float) -> Iterator[_Link]:
        """A connection of its own, for what is outside of any transaction."""
        link = _Link(self._parts, self._cutter, time.monotonic() + seconds)
        try:
            yield link
        finally:
            link.close()


class _Session:
    def __init__(self, target: PostgreSQL, link: _Link, ledger: Ledger) -> None:
        self._target, self._link, self._ledger = target, link, ledger

    def enter(self, id: str, body: str) -> Entered:
        sql, values = numbered(Statement(self._ledger.entering, (_text("id", id), _text("body", body))))
        ((seen, known, xid),) = self._run(sql, values)
        return Entered(seen, known, xid)

    def execute(self, statement: Statement) -> None:
        sql, values = numbered(statement)
        self._run(sql, values)
        if not self._link.is_in_transaction:
            raise TargetError("the statement ended the transaction", code="BadRequestException")

    def commit(self) -> str | None:
        """A warning of whatever kind: the one that matters comes in the server's language."""
        self._link.warning = None
        try:
            self._run("commit")
        except TargetError:
            self._link.close()
            raise
        warning, done = self._link.warning, self._link.last == "COMMIT"
        self._target.give_back(self._link)
        if not done:
            # PostgreSQL answers the commit of a failed transaction so.
            raise TargetError("the server rolled back instead", sqlstate="40001")
        return warning

    def roll_back(self) -> None:
        """The server does it for who goes away, however it stands with the connection."""
        self._link.close()

    def _run(self, sql: str, values: list[Any] | None = None) -> list[Any]:
        try:
            return self._link.run(sql, values)
        except TargetError as error:
            if meaning(error) is Meaning.LATER:
                self._target.drop_idle()
            raise


class _Link:
    """A connection whose every use is over by its deadline."""

    def __init__(self, parts: dict[str, Any], cutter: Cutter, deadline: float) -> None:
        self.used_before = False
        self.warning: str | None = None
        self.last = ""
        with _told():
            seconds = _connect_seconds(parts, deadline - time.monotonic())
            self._connection = psycopg.connect(**{**parts, "connect_timeout": seconds}, autocommit=True)
        self._connection.add_notice_handler(self._heed)
        self._cut = cutter.hold(self._connection.pgconn.socket)
        self.until(deadline)

    @property
    def is_in_transaction(self) -> bool:
        return self._connection.info.transaction_status == _IN_TRANSACTION

    def until(self, deadline: float) -> None:
        self._cut.at(deadline)

    def run(self, sql: str, values: list[Any] | None = None) -> list[Any]:
        with _told(), RawCursor(self._connection) as cursor:
            # Binary, so that it goes by the extended protocol, which takes one statement and never two in one.
            cursor.execute(cast("LiteralString", sql), values or [], prepare=False, binary=True)
            self.last = cursor.statusmessage or ""
            return cursor.fetchall() if cursor.description else []

    def rest(self) -> bool:
        """Whether it is fit for another flight. Its deadline counts no more."""
        return self._cut.spare() and not self._connection.closed

    def close(self) -> None:
        """May be called more than once, by the thread that uses it."""
        self._cut.release()
        self._connection.close()

    def _heed(self, notice: Diagnostic) -> None:
        if (notice.severity_nonlocalized or notice.severity) == "WARNING":
            self.warning = notice.message_primary or "a warning"


def _connect_seconds(parts: dict[str, Any], left: float) -> int:
    """For each host that is named: one that hangs leaves time for the others. No more than `connect_timeout` says."""
    hosts = str(parts.get("host") or parts.get("hostaddr") or "").count(",") + 1
    share, given = max(1, int(left / hosts)), int(parts.get("connect_timeout") or 0)
    return min(share, given) if given > 0 else share


@contextmanager
def _told() -> Iterator[None]:
    """What psycopg raises, as a TargetError. Without a SQLSTATE the connection is lost."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate is None and isinstance(error, psycopg.DataError | psycopg.ProgrammingError):
            # The driver itself does not take the value.
            raise TargetError(str(error), code="ValidationException") from error
        raise TargetError(str(error), sqlstate=error.sqlstate) from error


def _text(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": {"stringValue": value}}

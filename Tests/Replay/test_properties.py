# SPDX-License-Identifier: Apache-2.0
"""Whatever fails, and whenever the application itself dies: what was acknowledged is applied once, in its order."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from harecon_replay.attempt import Attempts
from harecon_replay.buffer_file import FileBuffer
from harecon_replay.engine import Clock, Engine
from harecon_replay.jitter import Jitter
from harecon_replay.ledger import Ledger
from harecon_replay.outcome import Full, TargetError
from harecon_replay.settings import Settings
from harecon_replay.targets import Entered, Settled
from harecon_replay.transaction import Statement, Transaction
from replay_case import VirtualClock

# What may become of one call. Of a commit: unsent, done, still under way somewhere.
FINE, LATER, AGAIN, REFUSED, UNSENT, UNANSWERED, DELAYED, SERVER_CRASH, APPLICATION_DIES = range(9)
WHAT = st.sampled_from([FINE] * 6 + list(range(1, 9)))


class Dead(BaseException):
    """The application is no more."""


@dataclass
class Database:
    """Rows of a ledger, and what was done in which order. A crash takes numbers back that it had given out."""

    faults: Iterator[int]
    rows: dict[str, tuple[int, str]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    committed: set[int] = field(default_factory=set)
    open: dict[int, Session] = field(default_factory=dict)
    # Committing, though nobody waits for it any more.
    delayed: list[Session] = field(default_factory=list)
    next_number: int = 3
    ledger: Ledger = Ledger()

    def fate(self) -> int:
        fate = next(self.faults, FINE)
        match fate:
            case _ if fate == APPLICATION_DIES:
                raise Dead
            case _ if fate == SERVER_CRASH:
                self.open.clear()
                self.delayed.clear()
                self.next_number = max(self.committed, default=2) + 1
                raise TargetError("cut")
            case _ if fate == LATER:
                raise TargetError(sqlstate="57P01")
            case _ if fate == AGAIN:
                raise TargetError(sqlstate="40001")
            case _ if fate == REFUSED:
                raise TargetError(sqlstate="23505")
            case _:
                return fate

    def begin(self, seconds: float) -> Session:
        if self.fate() != FINE:
            raise TargetError("lost")
        return Session(self)

    def make(self, seconds: float) -> None:
        raise AssertionError("there is a ledger")

    def settle(self, id: str, xid: str | None, seconds: float) -> Settled:
        if self.fate() != FINE:
            raise TargetError("lost")
        number = int(xid or 0)
        if number >= self.next_number:
            raise TargetError(sqlstate="22023")
        going_on = number in self.open or any(session.number == number for session in self.delayed)
        seen = self.rows[id][0] if id in self.rows else 0
        status = "in progress" if going_on else "committed" if number in self.committed else "aborted"
        # What was under way gets there some time.
        self.finish()
        return Settled(seen, status)

    def finish(self) -> None:
        for session in self.delayed:
            session.take_effect()
        self.delayed.clear()

    def close(self) -> None:
        pass


@dataclass
class Session:
    database: Database
    number: int = 0
    row: tuple[str, int, str] | None = None
    did: list[str] = field(default_factory=list)

    def enter(self, id: str, body: str) -> Entered:
        # The row of another attempt is waited for.
        self.database.finish()
        if self.database.fate() != FINE:
            raise TargetError("lost")
        self.number = self.database.next_number
        self.database.next_number += 1
        self.database.open[self.number] = self
        seen, known = self.database.rows.get(id, (0, body))
        self.row = (id, seen + 1, known)
        return Entered(seen + 1, known, str(self.number))

    def execute(self, statement: Statement) -> None:
        if self.database.fate() != FINE or self.number not in self.database.open:
            raise TargetError("lost")
        self.did.append(statement.sql)

    def commit(self) -> str | None:
        fate = self.database.fate()
        if self.number not in self.database.open:
            raise TargetError("cut")
        if fate == DELAYED:
            del self.database.open[self.number]
            self.database.delayed.append(self)
        elif fate != UNSENT:
            self.take_effect()
        if fate != FINE:
            raise TargetError("lost")
        return None

    def roll_back(self) -> None:
        self.database.open.pop(self.number, None)

    def take_effect(self) -> None:
        assert self.row
        id, seen, body = self.row
        self.database.rows[id] = (seen, body)
        self.database.done += self.did
        self.database.committed.add(self.number)
        self.database.open.pop(self.number, None)


class Application:
    """Submits, flies, dies and is started again over the same folder."""

    def __init__(self, folder: str, faults: list[int]) -> None:
        self.folder, self.clock = folder, VirtualClock()
        self.database = Database(iter(faults))
        self.acknowledged: list[str] = []
        self.start()

    def start(self) -> None:
        self.buffer = FileBuffer(self.folder)
        settings = Settings()
        self.engine = Engine(
            Attempts(self.database, 10, settings.ledger_keep),
            self.buffer,
            settings,
            Jitter(random=lambda: 0.5),
            Clock(self.clock.moment, self.clock.unix),
        )

    def submit(self, id: str, key: str) -> None:
        if id in self.database.done:
            return
        try:
            self.engine.accept(Transaction(id, key, (Statement(id),)))
        except Full:
            return
        if id not in self.acknowledged:
            self.acknowledged.append(id)

    def fly(self) -> bool:
        """One flight, or the time until the next; whether there was either."""
        if entry := self.engine.take():
            try:
                self.engine.fly(entry)
            except Dead:
                # The server ends the sessions of who is gone. The log is as it is, as after `kill -9`.
                self.database.open.clear()
                os.close(self.buffer._log)
                os.close(self.buffer._lock_file)
                self.start()
            return True
        if (moment := self.engine.next_moment()) is None:
            return False
        self.clock.now = max(moment, self.clock.now)
        return True


@settings(max_examples=60)
@given(
    # Long ones from the start: what is short is mostly done before anything fails at a commit.
    faults=st.lists(WHAT, min_size=40, max_size=80),
    steps=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 3)), min_size=10, max_size=20),
)
def test_what_was_acknowledged_is_applied_once_and_in_order(faults: list[int], steps: list[tuple[int, int]]) -> None:
    """A step submits transaction N (its key is N modulo 3), and then has so many flights."""
    with tempfile.TemporaryDirectory() as folder:
        application = Application(folder, faults)
        for number, flights in steps:
            application.submit(f"{number}", f"{number % 3}")
            for _ in range(flights):
                application.fly()
        for _ in range(2000):
            if not application.fly():
                break
        else:
            raise AssertionError("it never ends")
        parked = {stored.id for stored in application.buffer.parked()}
        assert application.buffer.waiting() == []
        application.buffer.close()
    done = application.database.done
    assert len(done) == len(set(done)), "applied twice"
    assert set(done) | parked == set(application.acknowledged), "lost"
    assert not set(done) & parked, "parked though it was applied"
    for key in range(3):
        assert [id for id in done if int(id) % 3 == key] == [
            id for id in application.acknowledged if int(id) % 3 == key and id in done
        ]

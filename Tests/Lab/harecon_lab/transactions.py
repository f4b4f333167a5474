# SPDX-License-Identifier: Apache-2.0
"""The Data API's open transactions: each has a session, and ends when it is left alone."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field

from harecon_lab.sessions import Session, Sessions


@dataclass(eq=False)
class Transaction:
    """`lock` is held by the call that uses the session: one at a time."""

    session: Session
    secret: str
    began: float
    used: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_open: bool = True


class Transactions:
    """By their ids. `idle` and `longest` are seconds, after which one is rolled back."""

    def __init__(self, sessions: Sessions, idle: float, longest: float) -> None:
        self._sessions = sessions
        self._idle = idle
        self._longest = longest
        self._lock = threading.Lock()
        self._open: dict[str, Transaction] = {}

    def open(self, session: Session, secret: str) -> str:
        name, now = secrets.token_urlsafe(96), time.monotonic()
        with self._lock:
            self._open[name] = Transaction(session, secret, now, now)
        return name

    def find(self, name: str, secret: str) -> Transaction | None:
        """It is for those only who began it."""
        with self._lock:
            found = self._open.get(name)
            return found if found and found.secret == secret else None

    def count(self) -> int:
        with self._lock:
            return len(self._open)

    def used(self, transaction: Transaction) -> None:
        transaction.used = time.monotonic()

    def end(self, name: str, transaction: Transaction) -> None:
        """Its session goes back when it is in order, or else is dropped, which rolls back. Its lock is held."""
        with self._lock:
            self._open.pop(name, None)
        transaction.is_open = False
        self._sessions.give_back(transaction.session)

    def end_idle(self) -> None:
        """Rolls back what nobody used for too long, and what has lasted for too long."""
        now = time.monotonic()
        with self._lock:
            due = [
                (name, each) for name, each in self._open.items()
                if now - each.used > self._idle or now - each.began > self._longest
            ]  # fmt: skip
        for name, transaction in due:
            if transaction.lock.acquire(blocking=False):
                try:
                    if transaction.is_open and now >= transaction.used:
                        self.end(name, transaction)
                finally:
                    transaction.lock.release()

# SPDX-License-Identifier: Apache-2.0
"""Where transactions go: what a client asks of a database, over the Data API or over a socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harecon_replay.ledger import Ledger
from harecon_replay.outcome import TargetError
from harecon_replay.transaction import Statement

# When two make the ledger in the same moment, one of them is told so.
MADE_BY_ANOTHER = ("23505", "42710", "42P07")


@dataclass(frozen=True)
class Entered:
    """The ledger's answer to `entering`. `seen` is 1 for a transaction that was never applied."""

    seen: int
    body: str
    xid: str


@dataclass(frozen=True)
class Settled:
    """The ledger's row of an id, 0 without one, and the state of an attempt as `pg_xact_status` tells it."""

    seen: int
    status: str | None = None


class Session(Protocol):
    """One open transaction. Everything raises TargetError, and is over before the attempt's deadline."""

    def enter(self, id: str, body: str) -> Entered: ...

    def execute(self, statement: Statement) -> None: ...

    def commit(self) -> str | None:
        """A warning with which the server confirmed: then nothing is certain."""

    def roll_back(self) -> None:
        """Also after a failure. What it raises nobody needs."""


class Target(Protocol):
    """A database with its ledger. One is used by several threads at a time."""

    @property
    def ledger(self) -> Ledger: ...

    def begin(self, seconds: float) -> Session:
        """A session that has `seconds` from now for all that it does."""

    def make(self, seconds: float) -> None:
        """Makes the ledger, if there is none."""

    def settle(self, id: str, xid: str | None, seconds: float) -> Settled:
        """Asks, in one statement and outside of any transaction, for the row of the id and for an attempt."""

    def close(self) -> None: ...


def says_missing(error: TargetError, ledger: Ledger) -> bool:
    """Whether there is no such ledger; another table that is not there is somebody else's affair."""
    return error.sqlstate == "42P01" and ledger.name in error.message


def times_seen(target: Target, id: str, seconds: float) -> int:
    """What the ledger has of an id, 0 also when nobody has made a ledger yet. Raises TargetError."""
    try:
        return target.settle(id, None, seconds).seen
    except TargetError as error:
        if says_missing(error, target.ledger):
            return 0
        raise

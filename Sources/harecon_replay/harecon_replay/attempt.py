# SPDX-License-Identifier: Apache-2.0
"""One flight of a transaction: what is asked of the target, and what its answers mean.

Whatever is not certain is told as not certain: a commit without an answer is in doubt, and settled by the next flight.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from harecon_replay.outcome import (
    Applied, Meaning, Refused, TargetError, befalls_all, is_final_at_commit, meaning,
)  # fmt: skip
from harecon_replay.targets import Session, Target, says_missing
from harecon_replay.transaction import Transaction

log = logging.getLogger("harecon_replay")


@dataclass(frozen=True)
class Failed:
    """The flight ended without a result. With `in_doubt` the next one begins by settling attempt `xid`."""

    meaning: Meaning
    error: TargetError
    in_doubt: bool = False
    xid: str | None = None


@dataclass(frozen=True)
class Underway:
    """The doubt could not be settled: the attempt is still in progress somewhere."""


# A flight's end.
Landing = Applied | Refused | Failed | Underway


@dataclass(frozen=True)
class Attempts:
    """Flies transactions to one target. `seconds` is what an attempt has for all of its calls."""

    target: Target
    seconds: float
    # For how long the ledger remembers, in seconds.
    keep: float

    def apply(self, transaction: Transaction, body: str, doubtful: bool, note: Callable[[str], None]) -> Landing:
        """One attempt; a missing ledger is made, and the attempt begins anew at once.

        `body` is the body's hash. `note` makes the attempt's number durable, before the commit is sent. With `doubtful`
        an earlier attempt may have got through: then nothing is refused before the ledger has said that none did.
        """
        try:
            return self._attempt(transaction, body, doubtful, note)
        except _NoLedger:
            pass
        try:
            self.target.make(self.seconds)
        except TargetError as error:
            # Whatever it is, it does not lie in this transaction.
            again = meaning(error) is Meaning.AGAIN
            return Failed(Meaning.AGAIN if again else Meaning.LATER, error)
        try:
            return self._attempt(transaction, body, doubtful, note)
        except _NoLedger as missing:
            return Failed(Meaning.LATER, missing.error)

    def settle(self, id: str, xid: str | None, age: float) -> Landing | None:
        """What became of an attempt, None when the next attempt will tell.

        That the number is `committed` proves nothing as long as the ledger would remember the row: a writer that
        crashes before it wrote anything of a transaction down gives its number out again, and another one committed
        under it. Only of an entry older than the ledger's memory (`age` in seconds) the status is all there is; and
        where that is forgotten as well, an attempt would be a blind repetition.
        """
        try:
            settled = self.target.settle(id, xid, self.seconds)
        except TargetError as error:
            # No ledger, or a number that the server has not given out: an attempt finds out.
            return None if meaning(error) is Meaning.REFUSED else Failed(meaning(error), error, True, xid)
        if settled.seen > 0:
            return None
        if settled.status == "in progress":
            return Underway()
        if age > self.keep and settled.status == "committed":
            return Applied(1)
        if age > self.keep and settled.status is None:
            return Refused("forgotten", "neither the ledger nor the server knows any more whether it was applied")
        return None

    def look(self, id: str) -> Landing | None:
        """Whether the target still has what it confirmed before; None when it has not."""
        try:
            settled = self.target.settle(id, None, self.seconds)
        except TargetError as error:
            return None if meaning(error) is Meaning.REFUSED else Failed(meaning(error), error)
        return Applied(settled.seen) if settled.seen else None

    def _attempt(
        self, transaction: Transaction, body: str, doubtful: bool, note: Callable[[str], None]
    ) -> Landing:
        try:
            session = self.target.begin(self.seconds)
        except TargetError as error:
            # Nothing of the transaction was asked yet.
            return _failure(error, may_refuse=False)
        try:
            entered = session.enter(transaction.id, body)
        except TargetError as error:
            _roll_back(session)
            if says_missing(error, self.target.ledger):
                raise _NoLedger(error) from error
            return _failure(error, may_refuse=not doubtful and _lies_in_id(error))
        if entered.body != body:
            _roll_back(session)
            return Refused("mismatch", f'the id "{transaction.id}" was given to another transaction before')
        try:
            if entered.seen == 1:
                note(entered.xid)
                for statement in transaction.statements:
                    session.execute(statement)
        except TargetError as error:
            _roll_back(session)
            if meaning(error) is Meaning.LATER and not befalls_all(error):
                return Failed(Meaning.AGAIN, error)
            return _failure(error)
        return self._commit(session, entered.seen, entered.xid)

    def _commit(self, session: Session, seen: int, xid: str) -> Landing:
        """Also when there was nothing left to do: the ledger's row must be as safe as what it tells of."""
        try:
            warning = session.commit()
        except TargetError as error:
            if is_final_at_commit(error):
                return _failure(error, may_refuse=seen == 1)
            if error.code != "TransactionNotFoundException":
                # One that never got there would hold its row of the ledger for three minutes. One that did is done.
                _roll_back(session)
            unsure = Meaning.AGAIN if meaning(error) is Meaning.REFUSED else meaning(error)
            return Failed(unsure, error, True, xid)
        if warning:
            return Failed(Meaning.AGAIN, TargetError(warning), True, xid)
        return Applied(seen)


class _NoLedger(Exception):
    def __init__(self, error: TargetError) -> None:
        super().__init__(str(error))
        self.error = error


def _failure(error: TargetError, may_refuse: bool = True) -> Refused | Failed:
    verdict = meaning(error)
    if verdict is not Meaning.REFUSED:
        return Failed(verdict, error)
    return Refused(error.cause, str(error)) if may_refuse else Failed(Meaning.LATER, error)


def _lies_in_id(error: TargetError) -> bool:
    """Of an error of the ledger's statement, which is not the transaction's own: only the id in it is. What the
    database has no characters for is class 22; all else (rights, the table's shape) would befall every other one
    too."""
    return error.sqlstate is not None and error.sqlstate.startswith("22")


def _roll_back(session: Session) -> None:
    """At once: an abandoned transaction holds its row of the ledger, and every repeat waits for it."""
    try:
        session.roll_back()
    except TargetError as error:
        log.debug("not rolled back: %s", error.short)

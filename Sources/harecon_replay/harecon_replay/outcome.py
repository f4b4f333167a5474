# SPDX-License-Identifier: Apache-2.0
"""What becomes of a transaction, and what an error on the way says about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Applied:
    """It is in the database, once. `seen` is 1 when it was applied just now, more when it had been before."""

    seen: int


@dataclass(frozen=True)
class Refused:
    """It will never be applied as it is. `cause` is a SQLSTATE, `mismatch` or `malformed`, and fit for a log; the
    reason may quote values. `forgotten`: a commit of it was in doubt for longer than anybody remembers, so look before
    it is resubmitted. Unless it was refused at the door (malformed, or its id is taken), it is parked."""

    cause: str
    reason: str = ""


@dataclass(frozen=True)
class Pending:
    """The caller's time is over. It stays in the buffer, and goes on in the background."""


@dataclass(frozen=True)
class Accepted:
    """It is in the queue; the replay worker of the stack applies it."""


Outcome = Applied | Refused | Pending | Accepted


class Full(RuntimeError):
    """The buffer takes no more: nothing of this transaction was taken. Slow down, and submit it again."""


class Meaning(Enum):
    """What is to be done about an error."""

    # It will never be taken: a constraint, a type, a name that does not exist.
    REFUSED = "refused"
    # It may be taken when it is tried again: another one was in the way.
    AGAIN = "again"
    # Nothing will be taken for now: no writer, no credentials, too many requests.
    LATER = "later"


@dataclass
class TargetError(Exception):
    """What a target answered, or that it did not. `code` is the Data API's, `sqlstate` PostgreSQL's own.

    Without either the answer never came: the call may have had its effect or not.
    """

    message: str = ""
    code: str | None = None
    sqlstate: str | None = None

    def __str__(self) -> str:
        return self.message or self.short

    @property
    def short(self) -> str:
        """Without values of the transaction, which the message may quote: fit for a log."""
        return self.sqlstate or self.code or "no answer"

    @property
    def cause(self) -> str:
        """Of a refusal."""
        return self.sqlstate or "malformed"


# By the first two characters of the SQLSTATE: what lies in the statement or in its data.
_REFUSED_CLASSES = frozenset({"0A", "20", "21", "22", "23", "27", "2B", "2F", "38", "39", "42", "44", "P0"})
# What lies in other transactions, and in how long this one took.
_AGAIN = frozenset({"40001", "40003", "40P01", "55P03", "57014"})
_MALFORMED = frozenset(
    {"BadRequestException", "SerializationException", "UnsupportedResultException", "ValidationException"}
)
# The service answered, and not about the transaction's content.
_PASSING = frozenset({"StatementTimeoutException", "TransactionNotFoundException"})


def meaning(error: TargetError) -> Meaning:
    """The same as the replay worker's reading of it, by which a test holds it."""
    if error.sqlstate:
        if error.sqlstate in _AGAIN:
            return Meaning.AGAIN
        # 40002 is a constraint that was checked at the commit.
        if error.sqlstate[:2] in _REFUSED_CLASSES or error.sqlstate == "40002":
            return Meaning.REFUSED
        return Meaning.LATER
    if error.code in _MALFORMED:
        return Meaning.REFUSED
    return Meaning.AGAIN if error.code in _PASSING else Meaning.LATER


def is_final_at_commit(error: TargetError) -> bool:
    """Whether the server itself said that this commit did not happen. Anything else leaves it in doubt.

    40003 is `statement_completion_unknown`; a server that is going down (57P01) may have written the commit before.
    """
    return error.sqlstate is not None and error.sqlstate != "40003" and meaning(error) is not Meaning.LATER


# No connection, no rights, no such database, no room, going down, a broken machine.
_OF_THE_SERVER = frozenset({"08", "28", "3D", "53", "57", "58", "F0"})


def befalls_all(error: TargetError) -> bool:
    """Of an error of one transaction's statement that means LATER: whether others would meet it as well.

    A SQLSTATE that is in no list (54000, a row too large for its index; 25001, 2D000, what no transaction may do) may
    lie in this statement: it holds up its own key, and not everybody.
    """
    return error.sqlstate is None or error.sqlstate[:2] in _OF_THE_SERVER or error.sqlstate == "25006"

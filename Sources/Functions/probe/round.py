# SPDX-License-Identifier: Apache-2.0
"""One round of the probe: all members at once, each within a deadline, and what follows from their answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Protocol, Self

from shared.check import Check
from shared.cluster import Member
from shared.decisions import is_exhausted
from shared.heartbeat import CREATE, UNDEFINED_TABLE, beat
from shared.postgres import Failure, OwnFault, Row, ServerError, Value

# For a thread to come back that keeps its deadline. One that does not waits for what has none: the system's resolver.
SLACK_SECONDS = 0.5

ROLE = "select pg_is_in_recovery() as recovering"

LOAD = """
select (select sum(xact_commit + xact_rollback)::float8 from pg_stat_database) as transactions,
count(*) filter (where state <> 'idle' and pid <> pg_backend_pid())::int as active
from pg_stat_activity where backend_type = 'client backend'
"""


class Session(Protocol):
    """What of a connection is needed here."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *reason: object) -> None: ...
    def query(self, sql: str, *parameters: Value, timeout: float) -> list[Row]: ...


# A session with a member, within so many seconds.
Connect = Callable[[Member, float], Session]


@dataclass(frozen=True)
class Answer:
    """What one member said. `writes` needs a heartbeat and all checks; `gap` is seconds since the last heartbeat.

    One that is blind says nothing of the member: it could not be asked for a reason that lies with the probe.
    """

    member: str
    answers: bool = False
    writes: bool = False
    seconds: float = 0.0
    gap: float | None = None
    transactions: float | None = None
    active: int | None = None
    is_blind: bool = False
    # The SQLSTATE of a member that lives and has no room.
    exhausted: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Round:
    """What all of them said at a moment, `at` by the clock on the wall."""

    at: float
    answers: tuple[Answer, ...]
    # Who the writer was, as RDS said last.
    expected: str | None = None

    @property
    def writer(self) -> Answer | None:
        return next((answer for answer in self.answers if answer.writes), None)

    @property
    def is_blind(self) -> bool:
        """Whether nothing was learned of the writer: nobody writes, and who should could not be asked."""
        if self.writer:
            return False
        return any(answer.is_blind and answer.member == self.expected for answer in self.answers)

    @property
    def exhausted(self) -> str | None:
        """The SQLSTATE by which who should write says that it has no room. A reader's is no word on the writer."""
        return next((answer.exhausted for answer in self.answers if answer.member == self.expected), None)


def ask(member: Member, connect: Connect, checks: Sequence[Check], timeout: float) -> Answer:
    """Logs in as a client does, and writes where writing is possible. It never raises what a database can do to it."""
    begin = time.monotonic()

    def left() -> float:
        seconds = begin + timeout - time.monotonic()
        if seconds <= 0:
            raise TimeoutError(f"no answer within {timeout} s")
        return seconds

    answer = Answer(member.id)
    try:
        with connect(member, left()) as session:
            recovering = session.query(ROLE, timeout=left())[0]["recovering"]
            answer = replace(answer, answers=True)
            if not recovering:
                answer = replace(answer, gap=_beat(session, left), writes=True)
                failure = next(filter(None, (c.failure(session.query(c.sql, timeout=left())) for c in checks)), None)
                if failure:
                    answer = replace(answer, writes=False, reason=f"the check {failure}")
                else:
                    answer = _with_load(answer, session.query(LOAD, timeout=left())[0])
    except Failure as error:
        is_blind = isinstance(error, OwnFault)
        full = error.sqlstate if isinstance(error, ServerError) and is_exhausted(error.sqlstate) else None
        answer = replace(
            answer, writes=False, is_blind=is_blind, exhausted=full, reason=f"{type(error).__name__}: {error}"
        )
    return replace(answer, seconds=time.monotonic() - begin)


def look(members: Sequence[Member], connect: Connect, checks: Sequence[Check], timeout: float, at: float) -> Round:
    """All members at once: whoever hangs keeps nobody else from being asked, and nobody from judging the others."""
    reachable = [member for member in members if member.host]
    pool = ThreadPoolExecutor(max(1, len(reachable)), "probe")
    asked = [(member, pool.submit(ask, member, connect, checks, timeout)) for member in reachable]
    wait([answer for _, answer in asked], timeout + SLACK_SECONDS)
    pool.shutdown(wait=False)
    expected = next((member.id for member in members if member.is_writer), None)
    return Round(at, tuple(_told(member, answer, timeout) for member, answer in asked), expected)


def _told(member: Member, answer: Future[Answer], timeout: float) -> Answer:
    if answer.done():
        return answer.result()
    return Answer(member.id, seconds=timeout, is_blind=True, reason="the question was not put in time")


def _beat(session: Session, left: Callable[[], float]) -> float | None:
    try:
        gap = session.query(beat("probe"), timeout=left())[0]["gap"]
    except ServerError as error:
        if error.sqlstate != UNDEFINED_TABLE:
            raise
        session.query(CREATE, timeout=left())
        gap = session.query(beat("probe"), timeout=left())[0]["gap"]
    return None if gap is None else float(gap)


def _with_load(answer: Answer, row: Row) -> Answer:
    transactions, active = row["transactions"], row["active"]
    return replace(
        answer,
        transactions=None if transactions is None else float(transactions),
        active=None if active is None else int(active),
    )

# SPDX-License-Identifier: Apache-2.0
"""What the coordinator does about a writer that fails: one table, decided from facts and without asking anybody.

Aurora fails over by itself, mostly within the time in which a failure is noticed at all. So nothing is done unless RDS
calls the cluster available with the same writer that fails, for long enough, and this failure has not been acted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.cluster import AVAILABLE


# A failing writer is told of every few seconds. One that nobody told of for so long worked meanwhile.
FORGOTTEN_SECONDS = 180.0


class Mode(StrEnum):
    ADVISE = "advise"
    AUTOMATIC = "automatic"


class Action(StrEnum):
    # The failure is over.
    DONE = "done"
    # Somebody else acts, or it is too early, or nobody knows enough.
    OBSERVE = "observe"
    # The failed writer's sessions are ended before it is left.
    DRAIN = "drain"
    FAIL_OVER = "fail over"
    # It would be time to fail over, and something forbids it.
    REFUSE = "refuse"


@dataclass(frozen=True)
class Settings:
    """The spec's part. Times are seconds."""

    mode: Mode
    after: float
    max_lag: float
    other_zone: bool
    cooldown: float
    max_per_day: int


@dataclass(frozen=True)
class Reader:
    """A member that is not the failed writer. `lag` in seconds and `answers` are None when nobody knows."""

    id: str
    status: str
    tier: int
    zone: str
    lag: float | None = None
    answers: bool | None = None


@dataclass(frozen=True)
class Facts:
    """All that a decision is made by. Times are seconds by the clock on the wall; None is what nobody knows."""

    now: float
    # The failure: since when, and who was the writer then.
    since: float
    failed_writer: str | None
    failed_zone: str | None
    # What RDS says.
    cluster_status: str | None
    writer: str | None
    readers: tuple[Reader, ...]
    # What a write by the Data API says, and who took it.
    writes: bool | None
    served_by: str | None
    # What the probe says, lately. It says nothing while all is well, so that silence counts only after it was asked.
    probe_fails: bool | None
    probe_was_asked: bool = True
    # The SQLSTATE by which the failed writer itself says, to the one or the other, that it has no room.
    exhausted: str | None = None
    # What was done about this failure, and whom RDS did not take.
    drained: bool = False
    called: bool = False
    # What became of the call, once that is known: by `coordinator.starting`.
    outcome: str | None = None
    refused: tuple[str, ...] = ()
    # What holds it back.
    last_failover: float | None = None
    started_today: int = 0
    frozen_until: float | None = None
    drill_until: float | None = None

    @property
    def is_refused(self) -> bool:
        """Whether RDS refused the one failover of this failure, for another reason than its target."""
        return self.called and self.outcome in ("refused", "target refused")


@dataclass(frozen=True)
class Verdict:
    """What to do, and why. Without a target Aurora chooses."""

    action: Action
    reason: str
    target: str | None = None


def is_exhausted(sqlstate: str) -> bool:
    """Whether a server says by it that it lives, and has no room: no connection, memory or disk left (class 53).

    A failover cures none of these. It ends the sessions of everybody who has one, and the same crowd meets the next
    writer.
    """
    return sqlstate.startswith("53")


def decide(facts: Facts, settings: Settings) -> Verdict:
    """The first line that applies."""
    return _over(facts) or _others(facts) or _doubt(facts) or _not_now(facts, settings) or _act(facts, settings)


def candidate(facts: Facts, settings: Settings) -> Reader | None:
    """Of the readers that qualify: other zones first, then the lowest tier, then the least lag; None when none does."""
    fit = [reader for reader in facts.readers if _qualifies(reader, facts, settings)]

    def order(reader: Reader) -> tuple[bool, bool, int, float, str]:
        same_zone = settings.other_zone and reader.zone == facts.failed_zone
        lag = settings.max_lag if reader.lag is None else reader.lag
        return reader.answers is not True, same_zone, reader.tier, lag, reader.id

    return min(fit, key=order, default=None)


def _qualifies(reader: Reader, facts: Facts, settings: Settings) -> bool:
    near = reader.lag is None or reader.lag <= settings.max_lag
    return reader.status == AVAILABLE and reader.answers is not False and near and reader.id not in facts.refused


# MARK: The table


def _over(facts: Facts) -> Verdict | None:
    if facts.writes is None and facts.probe_fails is False and facts.cluster_status == AVAILABLE:
        return Verdict(Action.DONE, "the probe writes again")
    if facts.writes is not True:
        return None
    now_writes = facts.served_by or facts.writer
    if facts.served_by and facts.writer and facts.served_by != facts.writer:
        return Verdict(Action.OBSERVE, f'"{facts.served_by}" writes, and RDS still calls "{facts.writer}" the writer')
    if facts.failed_writer and now_writes and now_writes != facts.failed_writer:
        return Verdict(Action.DONE, f'"{now_writes}" writes in place of "{facts.failed_writer}"')
    if facts.cluster_status is not None and facts.cluster_status != AVAILABLE:
        return Verdict(Action.OBSERVE, f'the writer writes, and the cluster is "{facts.cluster_status}"')
    if facts.probe_fails:
        return Verdict(Action.OBSERVE, "the writer writes, and the probe does not reach it: its way there fails")
    return Verdict(Action.DONE, "the writer writes again")


def _others(facts: Facts) -> Verdict | None:
    if facts.is_refused:
        return Verdict(Action.OBSERVE, "RDS refused the failover")
    if facts.called and facts.outcome is None:
        return Verdict(Action.OBSERVE, "a failover was called for, and what RDS answered is not known")
    if facts.called:
        return Verdict(Action.OBSERVE, "the failover was started")
    if facts.cluster_status is None:
        return Verdict(Action.OBSERVE, "RDS does not answer")
    if facts.cluster_status != AVAILABLE:
        return Verdict(Action.OBSERVE, f'the cluster is "{facts.cluster_status}"')
    if facts.writer is None or facts.failed_writer is None:
        return Verdict(Action.OBSERVE, "nobody knows who the writer is")
    if facts.writer != facts.failed_writer:
        return Verdict(Action.OBSERVE, f'RDS made "{facts.writer}" the writer')
    return None


def _doubt(facts: Facts) -> Verdict | None:
    if facts.probe_fails is False:
        return Verdict(Action.OBSERVE, "the probe writes, and the Data API does not")
    if facts.probe_fails is None and not facts.probe_was_asked:
        return Verdict(Action.OBSERVE, "the probe has not answered yet")
    if facts.writes is None and facts.probe_fails is None:
        return Verdict(Action.OBSERVE, "neither the probe nor the Data API says that the writer fails")
    return None


def _not_now(facts: Facts, settings: Settings) -> Verdict | None:
    if facts.drill_until is not None and facts.now < facts.drill_until:
        return Verdict(Action.OBSERVE, "a drill is running")
    if facts.now - facts.since < settings.after:
        return Verdict(Action.OBSERVE, f"it fails for less than {settings.after:g} s")
    if facts.exhausted:
        return Verdict(Action.REFUSE, f"the writer lives and has no room for more ({facts.exhausted})")
    if facts.frozen_until is not None and facts.now < facts.frozen_until:
        return Verdict(Action.REFUSE, "failovers are frozen")
    if facts.last_failover is not None and facts.now - facts.last_failover < settings.cooldown:
        return Verdict(Action.REFUSE, f"the last failover is less than {settings.cooldown:g} s ago")
    if facts.started_today >= settings.max_per_day:
        return Verdict(Action.REFUSE, f"{facts.started_today} failovers were started within 24 hours")
    if not any(reader.status == AVAILABLE for reader in facts.readers):
        return Verdict(Action.REFUSE, "no reader is available")
    return None


def _act(facts: Facts, settings: Settings) -> Verdict:
    chosen = candidate(facts, settings)
    target = chosen.id if chosen else None
    to = f'to "{target}"' if target else "to whom Aurora chooses: no reader qualifies"
    if settings.mode is Mode.ADVISE:
        return Verdict(Action.REFUSE, f"it is time to fail over {to}; the mode is to advise", target)
    if not facts.drained:
        return Verdict(Action.DRAIN, f"before the failover {to}", target)
    return Verdict(Action.FAIL_OVER, to, target)


def describe(readers: Sequence[Reader]) -> str:
    """The readers in one line, for people."""
    return "; ".join(
        f"{reader.id}: {reader.status}, tier {reader.tier}, {reader.zone}, "
        + ("lag unknown" if reader.lag is None else f"lag {reader.lag * 1000:g} ms")
        for reader in readers
    )

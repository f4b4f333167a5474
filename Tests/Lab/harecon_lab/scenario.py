# SPDX-License-Identifier: Apache-2.0
"""One kill at a random instant under load, and what came of it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum

from harecon_lab import held as holds
from harecon_lab.held import Held
from harecon_lab.installed import TooLate, wait_for
from harecon_lab.lab import Lab, Load
from harecon_lab.stack import ACCOUNT

DETECTED_WITHIN, RESTORED_WITHIN = 30.0, 120.0
PATIENCE_SECONDS = 240.0
# So many commits of each writer lose their answers, on average, before a kill that loses some.
ANSWERS_LOST = 3


class How(StrEnum):
    CRASH = "crash"
    HANG = "hang"
    # Both standbys hear nothing for a moment before the crash: what was sent is on none of them.
    STALL = "stalled replication, then crash"


@dataclass(frozen=True)
class Kill:
    """What is done. Times are seconds; `alone_after` is when the service acts by itself, if it does.

    Each is a day of its own, on which nothing was failed over before, unless it is told to be of the same day as the
    one before, after a rest, or to be one that the coordinator may not act on: then the service has to.
    """

    how: How
    delay: float = 0.0
    alone_after: float | None = None
    kills_applications: bool = False
    # Some commits right before the kill are carried out and not answered.
    loses_answers: bool = False
    same_day: bool = False
    held: Held | None = None

    def __str__(self) -> str:
        words = [self.how.value]
        if self.kills_applications:
            words.append("applications killed")
        if self.loses_answers:
            words.append("answers lost")
        if self.delay:
            words.append(f"service takes {self.delay:g} s")
        if self.held:
            words.append(self.held.value)
        elif self.alone_after is not None:
            words.append("race with the service")
        return ", ".join(words)

    @property
    def forgotten(self) -> tuple[str, ...]:
        """What the coordinator has to forget before, as if time went by."""
        match self.held:
            case Held.COOLDOWN:
                return ()
            case Held.BUDGET:
                return ("failover#",)
            case None:
                return ("failover#",) if self.same_day else ("failover#", "budget#")


@dataclass(frozen=True)
class Outcome:
    """Seconds since the kill. `detected` is when the coordinator knew, None when the service acted before it did;
    `started` when the failover began, `restored` when each client had a transfer acknowledged again. `faults` are what
    a coordinator that was held back did wrong."""

    kill: Kill
    detected: float | None
    started: float
    promoted: float
    restored: Mapping[str, float]
    by: str
    faults: tuple[str, ...] = ()

    @property
    def noticed(self) -> float:
        """By whoever was first."""
        return min(self.started, self.detected if self.detected is not None else self.started)

    @property
    def last_restored(self) -> float:
        """Of all clients, also those that lose or repeat: nobody is kept from writing for longer."""
        return max(self.restored.values())

    @property
    def keeps_objectives(self) -> bool:
        return self.noticed <= DETECTED_WITHIN and self.last_restored <= RESTORED_WITHIN


def strike(lab: Lab, load: Load, kill: Kill, chance: random.Random, spread: float = 10.0) -> Outcome:
    """Kills the writer after a random part of `spread` seconds of undisturbed load."""
    lab.service.await_available()
    lab.forget(*kill.forgotten)
    lab.service.delay = kill.delay
    before, calls = len(lab.service.done), lab.stack.sandbox.accounts[ACCOUNT].journal.count
    _await_progress(load, time.time())
    threading.Event().wait(chance.uniform(0.0, spread))
    with ExitStack() as stack:
        if kill.loses_answers:
            lost = stack.enter_context(lab.data_api.losing_answers())
            wait_for(lambda: len(lost) >= ANSWERS_LOST * load.writers, "answers to be lost")
        at = _end(lab, kill, chance)
    if kill.alone_after is not None:
        lab.service.act_alone(kill.alone_after)
    if kill.kills_applications:
        load.kill_applications()
    wait_for(lambda: len(lab.service.done) > before, "somebody to fail over", PATIENCE_SECONDS)
    done = lab.service.done[before]
    lab.service.await_available()
    _await_progress(load, done.promoted)
    detected = _detected(lab, at)
    restored = {client: load.record(client).silence(at)[1] - at for client in load.clients}
    faults = holds.faults(kill.held, holds.look(lab, at, before, calls)) if kill.held else []
    return Outcome(kill, detected, done.began - at, done.promoted - at, restored, done.by, tuple(faults))


def _end(lab: Lab, kill: Kill, chance: random.Random) -> float:
    """When it was, by the clock on the wall."""
    writer = lab.cluster.writer
    match kill.how:
        case How.CRASH:
            at = time.time()
            writer.crash()
        case How.HANG:
            at = time.time()
            writer.hang()
        case How.STALL:
            with ExitStack() as stack:
                for standby in lab.cluster.standbys:
                    stack.enter_context(standby.deaf())
                threading.Event().wait(chance.uniform(0.02, 0.1))
                at = time.time()
                writer.crash()
    return at


def _await_progress(load: Load, since: float) -> None:
    """Of every application. Raises TooLate, with the names of those that do not write."""
    silent: list[str] = []

    def all_write() -> bool:
        silent[:] = [client for client, last in load.last_acknowledged().items() if last <= since]
        return not silent

    try:
        wait_for(all_write, "every application to write", PATIENCE_SECONDS)
    except TooLate as error:
        raise TooLate(f"{error}: {', '.join(silent)}") from error


def _detected(lab: Lab, at: float) -> float | None:
    """When the coordinator opened the failure, which it has closed by now, or will soon."""
    wait_for(lambda: lab.outage() is None, "the coordinator to close the failure", PATIENCE_SECONDS)
    last = lab.remembered("outage#last")
    if last is None:
        return None
    moment = last["phases"]["detected"] - lab.ahead()
    return float(moment) - at if moment > at else None

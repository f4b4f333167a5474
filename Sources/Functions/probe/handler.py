# SPDX-License-Identifier: Apache-2.0
"""Looks every few seconds whether the writer writes, from inside the network and as a client does.

A schedule's smallest step is a minute: one call loops for longer than that, into the next, so that there is no gap
between two. What overlaps does no harm. A failure is looked at again at once; when all attempts of a round have failed
the coordinator is told without waiting for an alarm, and again every round, as it may have been told in vain. While all
is well nobody is told; the coordinator, which cannot tell that from silence, may ask, and hears what one round finds.

    SETTINGS       {"every": 10, "attempts": 2, "timeout": 1.5, "pause": 1}: seconds
    HEALTH_CHECKS  [{"name": "writable", "sql": "select not pg_is_in_recovery()", "expect": "true"}]
    COORDINATOR    the name of the function that is told
    CLUSTER, SECRET_ARN, DATABASE, METRICS_NAMESPACE
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from probe.metrics import Meter
from probe.round import Connect, Round
from probe.round import look as look_once
from shared.check import Check
from shared.clients import client
from shared.cluster import Member
from shared.cluster import look as describe
from shared.postgres import Connection, Login, OwnFault, ServerError, connect
from shared.telemetry import note

# Longer than the schedule's minute, for a call may begin some seconds late; shorter than the function's time limit.
LOOP_SECONDS = 70.0

# What must be left of the function's time for another round to begin.
RESERVE_SECONDS = 12.0

# A failure that this process did not see for so many rounds is not the one that it sees now.
FORGOTTEN_ROUNDS = 4

# Wrong password, and no such role: the secret was rotated.
LOGIN_REFUSED = ("28P01", "28000")


@dataclass(frozen=True)
class Settings:
    """Seconds, and how many attempts must fail in a row."""

    every: float
    attempts: int
    timeout: float
    pause: float
    checks: tuple[Check, ...]

    @staticmethod
    def read(environment: Mapping[str, str]) -> Settings:
        given = json.loads(environment["SETTINGS"])
        checks = Check.read(environment["HEALTH_CHECKS"])
        return Settings(given["every"], given["attempts"], given["timeout"], given["pause"], checks)


@dataclass
class Logins:
    """Connects to members as the master user, whose password RDS changes every few days."""

    secrets: Any
    secret: str
    database: str
    _known: dict[str, str] | None = None

    def __call__(self, member: Member, timeout: float) -> Connection:
        end = time.monotonic() + timeout
        try:
            return self._connect(member, timeout)
        except ServerError as error:
            if error.sqlstate not in LOGIN_REFUSED:
                raise
            self._known = None
        try:
            return self._connect(member, max(0.1, end - time.monotonic()))
        except ServerError as error:
            if error.sqlstate not in LOGIN_REFUSED:
                raise
            # A server that refuses a password is alive: what is wrong is the secret.
            raise OwnFault(f"the secret does not log in: {error}") from error

    def _connect(self, member: Member, timeout: float) -> Connection:
        try:
            known = self._known or json.loads(self.secrets.get_secret_value(SecretId=self.secret)["SecretString"])
        except (BotoCoreError, ClientError) as error:
            raise OwnFault(f"the secret cannot be read: {error}") from error
        self._known = known
        login = Login(
            host=member.host,
            port=member.port,
            user=known["username"],
            password=known["password"],
            database=self.database,
            application="harecon-probe",
        )
        return connect(login, timeout)


@dataclass
class Probe:
    """The loop, and what it remembers from round to round and from call to call."""

    settings: Settings
    connect: Connect
    members: Callable[[], tuple[Member, ...]]
    tell: Callable[[dict[str, Any]], None]
    meter: Meter
    wall: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    failing_since: float | None = field(default=None, init=False)
    _failed_at: float = field(default=0.0, init=False)
    _known: tuple[Member, ...] = field(default=(), init=False)

    def run(self, time_left: Callable[[], float]) -> int:
        """How many rounds were made. `time_left` is in seconds, until the function is ended."""
        self._find()
        begin, rounds = self.clock(), 0
        while True:
            self.once()
            rounds += 1
            following = begin + rounds * self.settings.every
            if following >= begin + LOOP_SECONDS or time_left() < self.settings.every + RESERVE_SECONDS:
                return rounds
            self.sleep(max(0.0, following - self.clock()))

    def answer(self) -> None:
        """One round, whatever it finds told to the coordinator."""
        self._find()
        self.once(is_asked=True)

    def once(self, is_asked: bool = False) -> Round:
        """A round with its attempts: the first that finds a writer, or the last."""
        first_failed: float | None = None
        for attempt in range(self.settings.attempts):
            if attempt:
                self.sleep(self.settings.pause)
            found = look_once(self._known, self.connect, self.settings.checks, self.settings.timeout, self.wall())
            if found.writer:
                break
            first_failed = first_failed or found.at
            note("no writer", attempt=attempt + 1, answers=[asdict(answer) for answer in found.answers])
        self._judge(found, first_failed, is_asked)
        self.meter.put(found, self.failing_since, self.wall())
        return found

    def _judge(self, found: Round, first_failed: float | None, is_asked: bool) -> None:
        if found.at - self._failed_at > FORGOTTEN_ROUNDS * self.settings.every:
            # Lambda kept this process asleep, and another saw what became of that failure.
            self.failing_since = None
        if found.is_blind:
            # Not finding a writer is no reason to leave it; the alarm on the metric says that nobody is found.
            note("the probe is blind", answers=[asdict(answer) for answer in found.answers])
        elif found.writer is None:
            self._failed_at = found.at
            self.failing_since = self.failing_since or first_failed or found.at
            self._tell(found, "down", self.failing_since)
            # Members come and go, most of all in a failure.
            self._find()
        elif self.failing_since is not None:
            note("writer is back", writer=found.writer.member, seconds=found.at - self.failing_since)
            self._tell(found, "up", self.failing_since)
            self.failing_since = None
        elif is_asked:
            self._tell(found, "up", found.at)

    def _tell(self, found: Round, state: str, since: float) -> None:
        writer = found.writer
        event = {
            "source": "harecon.probe",
            "writer": state,
            "at": found.at,
            "since": since,
            "member": writer.member if writer else None,
            "exhausted": found.exhausted,
            "members": {answer.member: answer.answers for answer in found.answers},
        }
        note("coordinator is told", **event)
        try:
            self.tell(event)
        except (BotoCoreError, ClientError) as error:
            note("coordinator could not be told", error=str(error))

    def _find(self) -> None:
        """Asks RDS who the members are; those of the last time when it does not answer."""
        try:
            self._known = self.members() or self._known
        except (BotoCoreError, ClientError) as error:
            note("members not known anew", error=str(error))


@cache
def _configured() -> Probe:
    # Told twice the coordinator does nothing more; untold, for a connection that lay idle, it loses a whole round.
    functions, name = client("lambda", attempts=2), os.environ["COORDINATOR"]
    rds, cluster = client("rds"), os.environ["CLUSTER"]
    return Probe(
        settings=Settings.read(os.environ),
        connect=Logins(client("secretsmanager"), os.environ["SECRET_ARN"], os.environ["DATABASE"]),
        members=lambda: describe(rds, cluster).members,
        tell=lambda event: functions.invoke(
            FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
        ),
        meter=Meter(client("cloudwatch"), os.environ["METRICS_NAMESPACE"]),
    )


def handle(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Lambda's entry: the schedule wants the loop, the coordinator an answer."""
    probe = _configured()
    if event.get("source") == "harecon.coordinator":
        probe.answer()
        return {"rounds": 1}
    return {"rounds": probe.run(lambda: context.get_remaining_time_in_millis() / 1000)}

# SPDX-License-Identifier: Apache-2.0
"""Sees to it that there is a writer: watches Aurora fail over, acts when it does not, proves and tells the result.

Woken by the probe, by events of RDS, alarms and experiments. An event is only a hint: what is done follows from what is
seen, by one table (`shared.decisions`), and of many calls at a time one acts, by a lease. What is done about one
failure is done once, however many calls it takes to see it through: that is kept in the table of decisions, not in the
process.

    SETTINGS       {"mode": "automatic", "after": 20, "maxLag": 1, "otherZone": true, "cooldown": 900, "maxPerDay": 3,
                    "failoverWithin": 120}: seconds
    STACK, CLUSTER, CLUSTER_ARN, SECRET_ARN, DATABASE, LEASES_TABLE, DECISIONS_TABLE, CRITICAL_TOPIC, WARNING_TOPIC,
    DRAINER, PROBE, AUDIT_GROUP, METRICS_NAMESPACE
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from coordinator.drills import Drills
from coordinator.events import Event, Kind, read
from coordinator.memory import FRESH_SECONDS, KNOWN_SECONDS, Memory
from coordinator.telling import Teller
from coordinator.watch import PAUSE_SECONDS, RESERVE_SECONDS, Watch
from shared.audit import Audit
from shared.clients import client
from shared.cluster import AVAILABLE, Cluster
from shared.data_api import Database
from shared.decisions import Mode, Settings
from shared.metrics import FAILOVERS, UNKNOWN_EVENTS
from shared.tables import Item, Lease, Table
from shared.telemetry import measure, note
from shared.witness import Sight, Witness

# Longer than any round of the watch.
LEASE_SECONDS = 45.0


class UnknownEvent(ValueError):
    """Nobody wakes this function with such an event."""


@dataclass(frozen=True)
class Coordinator:
    """What one event leads to."""

    watch: Watch
    drills: Drills
    now: Callable[[], float] = time.time

    @property
    def _memory(self) -> Memory:
        return self.watch.memory

    def handle(self, event: Event, time_left: Callable[[], float]) -> str:
        """The outcome, in a word or two. `time_left` is in seconds."""
        try:
            return self._handle(event, time_left)
        finally:
            self.watch.audit.flush()

    def _handle(self, event: Event, time_left: Callable[[], float]) -> str:
        match event.kind:
            case Kind.UNKNOWN:
                note("event not understood", event=event.what)
                measure({UNKNOWN_EVENTS: 1})
                return "not understood"
            case Kind.DRILL_BEGINS:
                self.drills.begin(event)
                return self._see_through(event, time_left)
            case Kind.DRILL_ENDS:
                outcome = self._see_through(event, time_left)
                self._await_end(time_left)
                self.drills.end(event)
                return outcome
            case Kind.DOWN | Kind.UP:
                self._report(event)
                return self._see_through(event, time_left)
            case Kind.HINT:
                return self._see_through(event, time_left)

    def _see_through(self, event: Event, time_left: Callable[[], float]) -> str:
        lease = self.watch.lease
        if not lease.take():
            note("another is at it", event=event.what)
            return "another is at it"
        try:
            self.watch.pay(self._memory.tidy())
            outage = self._memory.outage(self.now()) or self._begin(event)
            if outage is None:
                return "no failure"
            self._report(event)
            return self.watch.run(outage, time_left).action.value
        finally:
            lease.release()

    def _report(self, event: Event) -> None:
        if event.at is not None and event.kind in (Kind.DOWN, Kind.UP):
            at = min(event.at, self.now())
            self._memory.report(self.now(), event.kind.value, at, dict(event.answers), event.exhausted)

    def _begin(self, event: Event) -> Item | None:
        """A new failure, when there is one."""
        now = self.now()
        # A late word of the probe is a hint like any other, and one of before the last failure's end is no new failure.
        ended = (self._memory.last_outage() or {}).get("ended", 0.0)
        is_told = event.kind is Kind.DOWN and event.at is not None and event.at > max(ended, now - FRESH_SECONDS)
        sight, cluster = self.watch.look(), self.watch.describe()
        known = self._memory.writer()
        if sight.writes and not is_told:
            self._well(known, sight, cluster, event)
            return None
        is_quiet = cluster is None or cluster.status == AVAILABLE
        if sight.writes is None and is_quiet and not is_told:
            note("nobody says that the writer fails", event=event.what, reason=sight.reason)
            return None
        since = max(event.since, ended) if is_told and event.since is not None else now
        writer, zone = _writer_before(known, cluster, now)
        self.watch.audit.record("failure", event=event.what, since=since, writer=writer, reason=sight.reason)
        # Now it is known, and not when it was asked: who hangs answers after seconds.
        return self._memory.open(self.now(), since, writer, zone)

    def _well(self, known: Item | None, sight: Sight, cluster: Cluster | None, event: Event) -> None:
        """Nothing fails. When another writes than was known, a failover was over before anybody looked."""
        writer = sight.served_by or (cluster.writer.id if cluster and cluster.writer else None)
        note("well", event=event.what, writer=writer)
        if writer is None or known is None or known["member"] == writer:
            return
        zone = next((m.zone for m in cluster.members if m.id == writer), None) if cluster else None
        self._memory.note_writer(writer, zone, self.now())
        if self._memory.note_failover(self.now(), writer, "Aurora", apart=self.drills.failover_within):
            measure({FAILOVERS: 1})
            self.watch.audit.record("failed over unseen", event=event.what, writer=writer, before=known["member"])
            self.watch.teller.warn(f"{writer} writes in place of {known['member']}", event.what)

    def _await_end(self, time_left: Callable[[], float]) -> None:
        """A drill is judged when its failure is over, whoever sees it through, or when it has taken too long."""
        while (outage := self._memory.outage(self.now())) and time_left() > RESERVE_SECONDS:
            if self.now() - outage["since"] > self.drills.failover_within:
                return
            self.watch.sleep(PAUSE_SECONDS)


def _writer_before(known: Item | None, cluster: Cluster | None, now: float) -> tuple[str | None, str | None]:
    """Who wrote before the failure, and where: RDS may name the next already."""
    if known and now - known["at"] < KNOWN_SECONDS:
        return known["member"], known.get("zone")
    writer = cluster.writer if cluster else None
    return (writer.id, writer.zone) if writer else (None, None)


def build(environment: Mapping[str, str], name: str) -> Coordinator:
    """The coordinator as it is set up for one call, `name`."""
    given = json.loads(environment["SETTINGS"])
    settings = Settings(
        mode=Mode(given["mode"]),
        after=given["after"],
        max_lag=given["maxLag"],
        other_zone=given["otherZone"],
        cooldown=given["cooldown"],
        max_per_day=given["maxPerDay"],
    )
    within = float(given["failoverWithin"])
    dynamodb, functions = client("dynamodb", attempts=2), client("lambda")
    memory, audit = Memory(Table(dynamodb, environment["DECISIONS_TABLE"])), Audit.of(environment, "coordinator")
    # A connection that lay idle may be dead: nobody is to be left unpaged for that.
    sns = client("sns", attempts=2)
    teller = Teller(sns, environment["STACK"], environment["CRITICAL_TOPIC"], environment["WARNING_TOPIC"])
    database = Database(
        client("rds-data", read=3.0), environment["CLUSTER_ARN"], environment["SECRET_ARN"], environment["DATABASE"]
    )

    def wake(function: str, event: Mapping[str, Any]) -> None:
        functions.invoke(
            FunctionName=environment[function], InvocationType="Event", Payload=json.dumps(event).encode()
        )

    watch = Watch(
        memory=memory,
        lease=Lease(Table(dynamodb, environment["LEASES_TABLE"]), "failover", name, LEASE_SECONDS),
        witness=Witness(database, "coordinator"),
        rds=client("rds", read=3.0),
        cluster=environment["CLUSTER"],
        settings=settings,
        failover_within=within,
        teller=teller,
        audit=audit,
        drain=lambda writer: wake(
            "DRAINER", {"writer": writer, "grace": 0, "reason": "the writer fails and is left"}
        ),
        ask_probe=lambda: wake("PROBE", {"source": "harecon.coordinator"}),
        now=time.time,
        sleep=time.sleep,
        name=name,
    )
    return Coordinator(watch, Drills(client("fis"), environment["STACK"], memory, teller, audit, within, time.time))


def handle(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """Lambda's entry."""
    read_as = read(event)
    coordinator = build(os.environ, context.aws_request_id)
    outcome = coordinator.handle(read_as, lambda: context.get_remaining_time_in_millis() / 1000)
    if read_as.kind is Kind.UNKNOWN:
        # Failed, so that Lambda keeps it whole in the queue of what functions could not do.
        raise UnknownEvent(read_as.what)
    return {"outcome": outcome}

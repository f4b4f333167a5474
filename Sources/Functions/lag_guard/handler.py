# SPDX-License-Identifier: Apache-2.0
"""Keeps readers that lag from being promoted, and remembers for the coordinator what it sees each minute.

No data is missing on a reader that lags: all members share one volume. But its cache is old, and it has to catch up
before it takes writes. What is seen here of a healthy stack, each reader's lag and who the writer is, nobody can ask
for any more once the writer is gone.

A reader that is down carries a tag with the tier that the spec gives it, set before it goes and taken away when it is
back: by that harecon knows that the other tier is no drift.

    SETTINGS       {"warn": 0.5, "page": 2, "tiers": {"payments-a": 0, ...}}: seconds; readers come back below `warn`
                   and go down from `page` on
    LEASES_TABLE, DECISIONS_TABLE, CLUSTER, CLUSTER_ARN, SECRET_ARN, DATABASE, AUDIT_GROUP, METRICS_NAMESPACE
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lag_guard.tiers import LAST_TIER, Limits, Memory, Move, Seen, moves
from shared.audit import Audit
from shared.clients import client
from shared.cluster import AVAILABLE, Cluster, look
from shared.data_api import Database
from shared.decisions import FORGOTTEN_SECONDS
from shared.metrics import DRILL_RUNNING, READER_LAG
from shared.tables import DAY_SECONDS, Lease, Table
from shared.telemetry import measure, note

# The function's own time limit, and some more.
LEASE_SECONDS = 55.0

# The tier that the spec gives a member, as long as the guard holds it at the last one. harecon reads it.
HELD_TAG = "harecon:held-tier"

# What a reader said of itself longer ago says nothing of now.
STALE_SECONDS = 10.0

LAGS = """
select server_id, session_id = 'MASTER_SESSION_ID' as writer, replica_lag_in_msec::float8 / 1000 as lag,
extract(epoch from clock_timestamp() - last_update_timestamp)::float8 as age
from aurora_replica_status()
"""


@dataclass(frozen=True)
class Guard:
    """One look at all members, and the moves that follow from it."""

    rds: Any
    cluster: str
    database: Database
    decisions: Table
    audit: Audit
    limits: Limits
    tiers: dict[str, int]
    now: float

    def run(self) -> list[Move]:
        """The moves that were made. Raises what botocore raises: then nothing is known, and nothing is moved."""
        cluster = look(self.rds, self.cluster)
        if cluster.status != AVAILABLE:
            note("lag not judged", reason=f'the cluster is "{cluster.status}"')
            return []
        rows = self.database.query(LAGS)
        writer, lags = _writer(rows), _lags(rows)
        if cluster.writer is None or writer != cluster.writer.id:
            note("lag not judged", reason="RDS and the database disagree on the writer", sql=writer)
            return []
        members = [self._seen(cluster, lags, member.id) for member in cluster.members]
        for member in members:
            if member.lag is not None and not member.is_writer:
                measure({READER_LAG: member.lag * 1000}, of=member.id)
        due = [] if self._hold() else moves(members, self.tiers)
        made = [move for move in due if self._make(move, cluster)]
        self._sweep(cluster, made)
        self._remember(members, made)
        self.decisions.put(
            {"id": "writer", "member": writer, "zone": cluster.writer.zone, "at": self.now, "expires": self._expiry}
        )
        note("lag judged", members=[asdict(member) for member in members], moves=[asdict(move) for move in made])
        return made

    @property
    def _expiry(self) -> int:
        return int(self.now + 30 * DAY_SECONDS)

    def _seen(self, cluster: Cluster, lags: dict[str, float], name: str) -> Seen:
        member = cluster.member(name)
        if member is None:
            raise ValueError(f'"{name}" is no member')
        item = self.decisions.read(f"lag#{name}") or {}
        lag = 0.0 if member.is_writer else lags.get(name)
        # Whoever else changed the tier since has the last word. The tag tells also of a move that was made and not
        # remembered.
        is_moved = (bool(item.get("moved")) or HELD_TAG in member.tags) and member.tier == LAST_TIER
        earlier = Memory(int(item.get("high", 0)), int(item.get("low", 0)), is_moved)
        return Seen(name, member.tier, member.is_writer, lag, earlier.after(lag, self.limits))

    def _hold(self) -> bool:
        """Whether nothing may be moved now: a person froze it, or a failure is being dealt with."""
        freeze = self.decisions.read("freeze")
        if freeze and freeze["until"] > self.now:
            note("tiers are frozen", until=freeze["until"], by=freeze.get("by"), reason=freeze.get("reason"))
            return True
        outage = self.decisions.read("outage")
        # One that nobody tells of any more is not closed by anybody either.
        return outage is not None and self.now - outage["seen"] < FORGOTTEN_SECONDS

    def _make(self, move: Move, cluster: Cluster) -> bool:
        try:
            if move.is_down:
                self._mark(cluster, move.id)
            self.rds.modify_db_instance(
                DBInstanceIdentifier=move.id, PromotionTier=move.tier, ApplyImmediately=True
            )
        except (BotoCoreError, ClientError) as error:
            self.audit.record("tier not changed", member=move.id, tier=move.tier, error=str(error))
            return False
        self.audit.record("tier changed", member=move.id, tier=move.tier, lags=move.is_down)
        if not move.is_down:
            self._unmark(cluster, move.id)
        return True

    def _mark(self, cluster: Cluster, name: str) -> None:
        """Raises what botocore raises: a member that goes down without its tag would be taken back as drift."""
        tag = {"Key": HELD_TAG, "Value": str(self.tiers[name])}
        self.rds.add_tags_to_resource(ResourceName=_arn(cluster, name), Tags=[tag])

    def _unmark(self, cluster: Cluster, name: str) -> None:
        """What is left of a tag goes a minute later; it says nothing of a member that is where the spec has it."""
        try:
            self.rds.remove_tags_from_resource(ResourceName=_arn(cluster, name), TagKeys=[HELD_TAG])
        except (BotoCoreError, ClientError) as error:
            note("tag not taken away", member=name, error=str(error))

    def _sweep(self, cluster: Cluster, made: list[Move]) -> None:
        """Takes away tags of members that are not held: of a move that came to nothing, or that another has undone."""
        moved = {move.id for move in made}
        for member in cluster.members:
            if HELD_TAG not in member.tags or member.tier == LAST_TIER or member.id in moved:
                continue
            # What was moved a minute ago may not show yet.
            if not (self.decisions.read(f"lag#{member.id}") or {}).get("moved"):
                self._unmark(cluster, member.id)

    def _remember(self, members: list[Seen], made: list[Move]) -> None:
        moved = {move.id: move.is_down for move in made}
        for member in members:
            is_moved = moved.get(member.id, member.memory.moved)
            item = {
                "id": f"lag#{member.id}",
                "lag": member.lag,
                "at": self.now,
                "high": member.memory.high,
                "low": member.memory.low,
                "moved": is_moved,
                "expires": self._expiry,
            }
            # Who compares the members with the spec finds here why a tier differs, and since when.
            if is_moved and member.id in self.tiers:
                earlier = self.decisions.read(item["id"]) or {}
                item |= {"tier": self.tiers[member.id], "since": earlier.get("since", self.now)}
            self.decisions.put(item)


def _arn(cluster: Cluster, name: str) -> str:
    member = cluster.member(name)
    if member is None:
        raise ValueError(f'"{name}" is no member')
    return member.arn


def _writer(rows: list[dict[str, Any]]) -> str | None:
    return next((row["server_id"] for row in rows if row["writer"]), None)


def _lags(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Seconds, of those readers that told of themselves lately."""
    return {
        row["server_id"]: row["lag"]
        for row in rows
        if not row["writer"] and row["lag"] is not None and row["age"] is not None and row["age"] <= STALE_SECONDS
    }


def report_drill(decisions: Table, now: float) -> None:
    """Whether a drill is running: alarms keep still for as long as that is said every minute."""
    drill = decisions.read("drill")
    measure({DRILL_RUNNING: 1 if drill and drill["until"] > now else 0})


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Lambda's entry."""
    settings = json.loads(os.environ["SETTINGS"])
    dynamodb = client("dynamodb", read=3.0, attempts=2)
    decisions = Table(dynamodb, os.environ["DECISIONS_TABLE"])
    lease = Lease(Table(dynamodb, os.environ["LEASES_TABLE"]), "lag-guard", context.aws_request_id, LEASE_SECONDS)
    if not lease.take():
        note("lag not judged", reason="another is at it")
        return {"moves": []}
    audit = Audit.of(os.environ, "lag-guard")
    try:
        report_drill(decisions, time.time())
        guard = Guard(
            rds=client("rds", read=5.0, attempts=2),
            cluster=os.environ["CLUSTER"],
            database=Database(
                client("rds-data", read=5.0),
                os.environ["CLUSTER_ARN"],
                os.environ["SECRET_ARN"],
                os.environ["DATABASE"],
            ),
            decisions=decisions,
            audit=audit,
            limits=Limits(low=settings["warn"], high=settings["page"]),
            tiers=settings["tiers"],
            now=time.time(),
        )
        made = guard.run()
        return {"moves": [asdict(move) for move in made]}
    except (BotoCoreError, ClientError) as error:
        # The next look is a minute away, and a writer that is down is others' concern.
        note("lag not judged", error=str(error))
        return {"moves": []}
    finally:
        lease.release()
        audit.flush()

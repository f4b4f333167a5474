# SPDX-License-Identifier: Apache-2.0
"""Ends the sessions of a writer that is about to be left, so that its clients look for the new one at once.

Idle sessions end first and again and again, so that none begins new work; those with an open transaction may finish it
within the grace. A failover of a failed writer gives no grace: who hangs there would wait for a deadline of its own.

Nothing is switched off in the database to keep new sessions out: such a switch lies on the volume that all members
share, and the new writer would come up with it.

    event          {"writer": "payments-a", "grace": 10, "reason": "..."}; without grace the spec's
    SETTINGS       {"grace": 10}
    CLUSTER_ARN, SECRET_ARN, DATABASE, AUDIT_GROUP, METRICS_NAMESPACE
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.audit import Audit
from shared.clients import client
from shared.data_api import Database, Row
from shared.metrics import DRAINED, UNKNOWN_EVENTS
from shared.telemetry import measure, note

# Below the function's own time limit of 60 s, with room for the last statements.
LONGEST_GRACE_SECONDS = 45.0

PAUSE_SECONDS = 1.0

# Sessions of clients: not RDS's own, and not those of the user that harecon itself and this statement work as. Nobody's
# when another member writes by now: its clients are where they should be.
_CLIENTS = """
select pg_terminate_backend(pid) as ended from pg_stat_activity
where aurora_db_instance_identifier() = :writer and backend_type = 'client backend'
and usename not in (current_user, 'rdsadmin', 'rdsproxyadmin') and pid <> pg_backend_pid()
"""

END_IDLE = _CLIENTS + "and state = 'idle'"
END_ALL = _CLIENTS
OPEN = "select count(*) as open from (" + _CLIENTS.replace("pg_terminate_backend(pid) as ended", "pid") + ") sessions"


@dataclass(frozen=True)
class Drained:
    """How many sessions were ended, and whether all was seen through."""

    idle: int = 0
    busy: int = 0
    is_complete: bool = True


@dataclass(frozen=True)
class Drain:
    """One writer to be drained."""

    database: Database
    writer: str
    grace: float
    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep

    def run(self) -> Drained:
        """Ends when nobody is left, or with the sessions that are busy still after the grace."""
        idle, end = 0, self.now() + self.grace
        try:
            while True:
                idle += self._end(END_IDLE)
                if self._count() == 0:
                    return Drained(idle=idle)
                if self.now() >= end:
                    return Drained(idle=idle, busy=self._end(END_ALL))
                self.pause(min(PAUSE_SECONDS, max(0.0, end - self.now())))
        except (BotoCoreError, ClientError) as error:
            # The writer is gone, and its sessions with it; or it is past being asked.
            note("drain broken off", writer=self.writer, error=str(error))
            return Drained(idle=idle, is_complete=False)

    def _end(self, sql: str) -> int:
        rows: list[Row] = self.database.query(sql, {"writer": self.writer})
        return sum(1 for row in rows if row["ended"])

    def _count(self) -> int:
        (row,) = self.database.query(OPEN, {"writer": self.writer})
        return int(row["open"] or 0)


def grace(event: Mapping[str, Any], settings: Mapping[str, Any]) -> float:
    """Seconds, of which the function has so many."""
    return min(max(0.0, float(event.get("grace", settings["grace"]))), LONGEST_GRACE_SECONDS)


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Lambda's entry."""
    writer = event.get("writer")
    if not isinstance(writer, str) or not writer:
        note("nothing drained: the event names no writer", event=event)
        measure({UNKNOWN_EVENTS: 1})
        return asdict(Drained(is_complete=False))
    database = Database(
        client("rds-data", read=5.0), os.environ["CLUSTER_ARN"], os.environ["SECRET_ARN"], os.environ["DATABASE"]
    )
    seconds = grace(event, json.loads(os.environ["SETTINGS"]))
    drained = Drain(database, writer, seconds).run()
    audit = Audit.of(os.environ, "drainer")
    audit.record("drained", writer=writer, reason=event.get("reason"), grace=seconds, **asdict(drained))
    measure({DRAINED: drained.idle}, of="idle")
    measure({DRAINED: drained.busy}, of="busy")
    audit.flush()
    return asdict(drained)

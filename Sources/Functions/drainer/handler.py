# SPDX-License-Identifier: Apache-2.0
"""Ends the sessions of a writer that is about to be left, so that its clients look for the new one at once.

Idle sessions end first and again and again, and so does whoever begins something new; transactions that were open
already may end within the grace. A failover of a failed writer gives no grace: who hangs there would wait for a
deadline of its own.

It works by the Data API, which speaks to the writer and to nobody else, so what can be done depends on how the writer
fails:
- healthy (before a switchover that somebody is about to start): all of it;
- it answers and its commits do not come back: its clients, which wait for them, hear at once that they are in doubt;
- it hangs or is dead: nothing, and nothing has to. Aurora restarts who loses the role, which ends its sessions;
- another is the writer by now: nothing. Each statement asks first who runs it.

Nothing is switched off in the database to keep new sessions out: such a switch lies on the volume that all members
share, and the new writer would come up with it. A client that comes back at once may get a short statement through
between two looks; it is acknowledged and stays.

    event          {"writer": "payments-a", "grace": 10, "reason": "..."}; without grace the spec's
    SETTINGS       {"grace": 10}
    CLUSTER_ARN, SECRET_ARN, DATABASE, AUDIT_GROUP, METRICS_NAMESPACE
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
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

# Before the first look nothing counts as new.
NEVER = "infinity"

# One look at the sessions of clients, which ends those that are due; all are told. Not clients are RDS's own users, and
# the one that harecon itself and this statement work as. Superusers are nobody's here, and PostgreSQL refuses the whole
# statement when one of them is among those to be ended. What streams to a replica is no client backend. Nobody is found
# when another member writes by now: its clients are where they should be.
END = """
select session, is_idle, at, case when is_due then pg_terminate_backend(pid) else false end as ended
from (
  select
    pid, pid || ' ' || backend_start as session, cast(now() as text) as at, coalesce(state = 'idle', false) as is_idle,
    :everybody or coalesce(state = 'idle' or xact_start > cast(:since as timestamptz), false) as is_due
  from pg_stat_activity join pg_roles on pg_roles.oid = usesysid
  where aurora_db_instance_identifier() = :writer and backend_type = 'client backend' and pid <> pg_backend_pid()
  and usename <> current_user and usename not like 'rds%' and not rolsuper
  order by is_idle desc
) sessions
"""


@dataclass(frozen=True)
class Drained:
    """How many sessions were ended, and whether all was seen through."""

    idle: int = 0
    busy: int = 0
    is_complete: bool = True


@dataclass
class Drain:
    """One writer to be drained, once."""

    database: Database
    writer: str
    grace: float
    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    # Whether each session that was ended was idle. One may be seen again on its way out: it is counted once.
    _ended: dict[str, bool] = field(default_factory=dict, init=False)
    # When the first look was, by the database's clock.
    _since: str = field(default=NEVER, init=False)

    def run(self) -> Drained:
        """Ends when nobody is left, or with the sessions that are busy still after the grace."""
        end = self.now() + self.grace
        try:
            while True:
                is_over = self.now() >= end
                if self._look(is_over) == 0 or is_over:
                    return self._drained(is_complete=True)
                self.pause(min(PAUSE_SECONDS, max(0.0, end - self.now())))
        except (BotoCoreError, ClientError) as error:
            # The writer is gone, and its sessions with it; or it is past being asked.
            note("drain broken off", writer=self.writer, error=str(error))
            return self._drained(is_complete=False)

    def _look(self, everybody: bool) -> int:
        """Ends who is due; how many are left."""
        given = {"writer": self.writer, "everybody": everybody, "since": self._since}
        rows: list[Row] = self.database.query(END, given)
        left = 0
        for row in rows:
            if self._since == NEVER:
                self._since = str(row["at"])
            if row["ended"]:
                self._ended.setdefault(str(row["session"]), bool(row["is_idle"]))
            else:
                left += 1
        return left

    def _drained(self, is_complete: bool) -> Drained:
        idle = sum(self._ended.values())
        return Drained(idle, len(self._ended) - idle, is_complete)


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

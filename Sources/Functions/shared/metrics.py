# SPDX-License-Identifier: Apache-2.0
"""What the functions measure, in the stack's own namespace: its alarms and its dashboard watch these names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["Count", "Count/Second", "Milliseconds", "Seconds"]


@dataclass(frozen=True)
class Metric:
    """A metric of the stack, or of each of its `dimension`s. `resolution` is in seconds."""

    name: str
    unit: Unit = "Count"
    dimension: str = ""
    resolution: Literal[1, 60] = 60


# By the probe, each round. Of each member, whether it answers.
WRITER_PROBE = Metric("WriterProbe", resolution=1)
WRITER_PROBE_LATENCY = Metric("WriterProbeLatency", "Milliseconds", resolution=1)
MEMBER_PROBE = Metric("MemberProbe", dimension="Member")
HEARTBEAT_GAP = Metric("HeartbeatGap", "Seconds", resolution=1)
ACTIVE_CONNECTIONS = Metric("ActiveConnections")
REQUESTS = Metric("Requests", "Count/Second")

# By the lag guard, each minute. The coordinator says the first, too, as soon as a drill begins.
DRILL_RUNNING = Metric("DrillRunning")
READER_LAG = Metric("ReaderLag", "Milliseconds", "Member")

# By the coordinator and the drainer, when there is something to tell.
DRILL_VERDICT = Metric("DrillVerdict")
FAILOVERS = Metric("Failovers")
FAILOVER_SECONDS = Metric("FailoverSeconds", "Seconds", "Phase")
DRAINED = Metric("Drained", dimension="How")
UNKNOWN_EVENTS = Metric("UnknownEvents")

# By the replay worker, each batch. A mismatch is an id that the ledger knows of another transaction.
REPLAYED = Metric("Replayed")
REPLAY_PARKED = Metric("ReplayParked")
REPLAY_DEFERRED = Metric("ReplayDeferred")
LEDGER_MISMATCHES = Metric("LedgerMismatches")

# By the backup verifier, for each restore test.
RESTORE_VERIFIED = Metric("RestoreVerified")
RESTORE_SECONDS = Metric("RestoreSeconds", "Seconds")
RESTORE_DATA_AGE = Metric("RestoreDataAge", "Seconds")

# By the backup verifier: results that the bucket with the evidence did not take.
EVIDENCE_FAILURES = Metric("EvidenceFailures")

# By whoever writes to the audit log: lines that it did not take.
AUDIT_FAILURES = Metric("AuditFailures")

# By the rotation of users' passwords.
ROTATION_FAILURES = Metric("RotationFailures")

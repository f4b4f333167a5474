# SPDX-License-Identifier: Apache-2.0
"""What the probe saw, as metrics.

By a call and not through the log, as other functions do: the alarm on the writer waits for these numbers, and by the
log they come later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from probe.round import Answer, Round
from shared.telemetry import note


@dataclass
class Meter:
    """Puts one round's metrics in one call; a round whose metrics are not taken is a gap, which the alarm heeds."""

    cloudwatch: Any
    namespace: str
    # The writer of the last round, with its transactions until then: a rate is between two rounds of one writer.
    _last: tuple[str, float, float] | None = field(default=None, init=False)

    def put(self, found: Round, failing_since: float | None, now: float) -> None:
        try:
            self.cloudwatch.put_metric_data(
                Namespace=self.namespace, MetricData=self.data(found, failing_since, now)
            )
        except (BotoCoreError, ClientError) as error:
            note("metrics not put", error=str(error))

    def data(self, found: Round, failing_since: float | None, now: float) -> list[dict[str, Any]]:
        at, writer = datetime.fromtimestamp(found.at, UTC), found.writer

        def datum(name: str, value: float, unit: str, resolution: int = 1, member: str | None = None) -> dict[str, Any]:
            dimensions = {"Dimensions": [{"Name": "Member", "Value": member}]} if member else {}
            kind = {"MetricName": name, "Value": value, "Unit": unit, "StorageResolution": resolution}
            return {**kind, "Timestamp": at, **dimensions}

        data = [datum("WriterProbe", 1 if writer else 0, "Count")]
        data += [datum("MemberProbe", 1 if a.answers else 0, "Count", 60, a.member) for a in found.answers]
        if writer:
            data.append(datum("WriterProbeLatency", writer.seconds * 1000, "Milliseconds"))
        # While nothing is written nobody can say so but who tries.
        gap = writer.gap if writer else (now - failing_since if failing_since else None)
        if gap is not None:
            data.append(datum("HeartbeatGap", gap, "Seconds"))
        if writer and writer.active is not None:
            data.append(datum("ActiveConnections", writer.active, "Count", 60))
        if writer and (rate := self._rate(writer, found.at)) is not None:
            data.append(datum("Requests", rate, "Count/Second", 60))
        return data

    def _rate(self, writer: Answer, at: float) -> float | None:
        """Transactions per second. None for a new writer, and for counters that began anew."""
        if writer.transactions is None:
            return None
        last, self._last = self._last, (writer.member, writer.transactions, at)
        if last is None or last[0] != writer.member or at <= last[2] or writer.transactions < last[1]:
            return None
        return (writer.transactions - last[1]) / (at - last[2])

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
from shared.metrics import (
    ACTIVE_CONNECTIONS,
    HEARTBEAT_GAP,
    MEMBER_PROBE,
    REQUESTS,
    WRITER_PROBE,
    WRITER_PROBE_LATENCY,
    Metric,
)
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

        def datum(metric: Metric, value: float, of: str = "") -> dict[str, Any]:
            dimensions = {"Dimensions": [{"Name": metric.dimension, "Value": of}]} if metric.dimension else {}
            kind = {"MetricName": metric.name, "Unit": metric.unit, "StorageResolution": metric.resolution}
            return {**kind, "Value": value, "Timestamp": at, **dimensions}

        data = [datum(WRITER_PROBE, 1 if writer else 0)]
        data += [datum(MEMBER_PROBE, 1 if answer.answers else 0, answer.member) for answer in found.answers]
        if writer:
            data.append(datum(WRITER_PROBE_LATENCY, writer.seconds * 1000))
        # While nothing is written nobody can say so but who tries.
        gap = writer.gap if writer else (now - failing_since if failing_since else None)
        if gap is not None:
            data.append(datum(HEARTBEAT_GAP, gap))
        if writer and writer.active is not None:
            data.append(datum(ACTIVE_CONNECTIONS, writer.active))
        if writer and (rate := self._rate(writer, found.at)) is not None:
            data.append(datum(REQUESTS, rate))
        return data

    def _rate(self, writer: Answer, at: float) -> float | None:
        """Transactions per second. None for a new writer, and for counters that began anew."""
        if writer.transactions is None:
            return None
        last, self._last = self._last, (writer.member, writer.transactions, at)
        if last is None or last[0] != writer.member or at <= last[2] or writer.transactions < last[1]:
            return None
        return (writer.transactions - last[1]) / (at - last[2])

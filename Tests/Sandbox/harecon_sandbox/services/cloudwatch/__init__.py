# SPDX-License-Identifier: Apache-2.0
"""CloudWatch: metric data, alarms that judge them, with their history, and dashboards."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context

from . import composites, evaluation, listing, metric_alarms, metrics, tags  # noqa: F401  (each registers its operations)
from .dashboards import dashboards_of
from .evaluation import evaluate  # noqa: F401  (for services that look at alarms by themselves)
from .state import METRIC, SERVICE, on_action, on_transition, state_of  # noqa: F401  (what other services use)


def inventory(ctx: Context) -> list[dict[str, Any]]:
    """Alarms and dashboards. Whether the tagging API answers dashboards is not documented: here it does not."""
    rows: list[dict[str, Any]] = []
    for alarm in state_of(ctx).alarms.values():
        kind = "cloudwatch/alarm" if alarm.kind == METRIC else "cloudwatch/composite-alarm"
        rows.append({"kind": kind, "id": alarm.name, "name": alarm.name, "arn": alarm.arn, "tags": dict(alarm.tags),
                     "status": alarm.value})  # fmt: skip
    for board in dashboards_of(ctx).values():
        rows.append({"kind": "cloudwatch/dashboard", "id": board.name, "name": board.name, "tags": dict(board.tags),
                     "status": "available"})  # fmt: skip
    return rows

# SPDX-License-Identifier: Apache-2.0
"""What an experiment writes to its log group (log schema version 2)."""

from __future__ import annotations

import json
import time
from typing import Any

from harecon_sandbox.kit import AWSError, Context

from .state import Experiment, fis_arn, moment

#: CloudWatch Logs refuses what is more than two hours ahead of its own clock, which is the real one.
AHEAD = 3600.0


def write(ctx: Context, experiment: Experiment, kind: str, action: str | None = None) -> None:
    group = (experiment.template.get("logConfiguration") or {}).get("cloudWatchLogsConfiguration", {})
    if not group:
        return
    name = group["logGroupArn"].split(":log-group:", 1)[1].removesuffix(":*")
    now = ctx.clock.now()
    event = {
        "id": experiment.id,
        "log_type": kind,
        "event_timestamp": (moment(now) or "").isoformat().replace("+00:00", "Z"),
        "version": "2",
        "details": _details(ctx, experiment, kind, action),
    }
    stream = f"fis/{experiment.id}"
    at = int(min(now, time.time() + AHEAD) * 1000) + experiment.logged
    experiment.logged += 1
    # A group that is gone is made again by whoever writes to it: without retention, key and tags.
    for operation, params in (
        ("CreateLogGroup", {"logGroupName": name}),
        ("CreateLogStream", {"logGroupName": name, "logStreamName": stream}),
    ):
        try:
            ctx.call("logs", operation, params)
        except AWSError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise
    ctx.call(
        "logs", "PutLogEvents",
        {"logGroupName": name, "logStreamName": stream, "logEvents": [{"timestamp": at, "message": json.dumps(event)}]},
    )  # fmt: skip


def _details(ctx: Context, experiment: Experiment, kind: str, action: str | None) -> dict[str, Any]:
    if action is not None:
        found = experiment.actions[action]
        return {
            "action_name": action,
            "action_id": found.shape["actionId"],
            "action_state": {"status": found.status, "reason": found.reason},
        }
    if kind == "target-resolution-end":
        return {"target_resolution": experiment.resolved}
    return {
        "account_id": ctx.account,
        "experiment_template_arn": fis_arn(ctx, "experiment-template", experiment.template["id"]),
        "experiment_state": {"status": experiment.status, "reason": experiment.reason},
    }

# SPDX-License-Identifier: Apache-2.0
"""What a function leaves behind: lines in its log group, and the metrics of Lambda and of its own."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services.cloudwatch.metrics import Sample, metric_id, put_sample
from harecon_sandbox.services.common import arn
from harecon_sandbox.services.lambda_.state import Function

from .environments import Outcome
from .rights import role_may

#: The emulator's logs refuse what is more than two hours ahead of the real time.
AHEAD = 3600.0
LONGEST_LINE = 262_118


def stream_name(ctx: Context) -> str:
    return f"{ctx.clock.datetime():%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}"


# The platform's own lines ------------------------------------------------------------------------------------------


def start(function: Function, request_id: str) -> str:
    if _is_json(function):
        return _platform("start", {"requestId": request_id, "version": "$LATEST"})
    return f"START RequestId: {request_id} Version: $LATEST"


def end(function: Function, request_id: str, outcome: Outcome) -> list[str]:
    duration, size = outcome.seconds * 1000, function.shape["MemorySize"]
    billed = int(duration) + 1
    if _is_json(function):
        metrics = {
            "durationMs": round(duration, 3), "billedDurationMs": billed, "memorySizeMB": size,
            "maxMemoryUsedMB": outcome.memory,
        }  # fmt: skip
        if outcome.loading:
            metrics["initDurationMs"] = round(outcome.loading * 1000, 2)
        status = "timeout" if outcome.timed_out else "error" if outcome.error else "success"
        return [_platform("report", {"requestId": request_id, "metrics": metrics, "status": status})]
    lines = [f"END RequestId: {request_id}"]
    if outcome.timed_out:
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        lines.insert(0, f"{stamp}Z {request_id} Task timed out after {outcome.seconds:.2f} seconds")
    loading = f"\tInit Duration: {outcome.loading * 1000:.2f} ms" if outcome.loading else ""
    lines.append(
        f"REPORT RequestId: {request_id}\tDuration: {duration:.2f} ms\tBilled Duration: {billed} ms\t"
        f"Memory Size: {size} MB\tMax Memory Used: {outcome.memory} MB{loading}"
    )
    return lines


def _is_json(function: Function) -> bool:
    return bool(function.shape["LoggingConfig"]["LogFormat"] == "JSON")


def _platform(kind: str, record: dict[str, Any]) -> str:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return json.dumps({"time": f"{stamp}Z", "type": f"platform.{kind}", "record": record})


# The log group -----------------------------------------------------------------------------------------------------


def log_time(ctx: Context) -> int:
    return int(min(ctx.clock.now(), time.time() + AHEAD) * 1000)


def write(ctx: Context, function: Function, stream: str, lines: list[str]) -> None:
    """Puts the lines into the function's group, when its role may; without that right they are lost, as on AWS.

    A group that is not there is made by the role, if that may. What is in CloudWatch's embedded metric format
    becomes metrics once it is in the log.
    """
    shape = function.shape
    group, role = shape["LoggingConfig"]["LogGroup"], shape["Role"]
    place = arn(ctx, "logs", f"log-group:{group}")
    if shape["LoggingConfig"].get("SystemLogLevel", "INFO") == "WARN":
        lines = [line for line in lines if '"type": "platform.' not in line]
    if not lines or not role_may(ctx, role, "logs:PutLogEvents", f"{place}:log-stream:{stream}"):
        return
    made: set[tuple[str, str]] = ctx.keep("runtime/streams", set)
    try:
        if (group, stream) not in made:
            if not role_may(ctx, role, "logs:CreateLogStream", f"{place}:log-stream:{stream}"):
                return
            _make_stream(ctx, group, stream, role, place)
            made.add((group, stream))
        events = [{"timestamp": log_time(ctx), "message": line[:LONGEST_LINE]} for line in lines]
        ctx.call("logs", "PutLogEvents", {"logGroupName": group, "logStreamName": stream, "logEvents": events})
    except AWSError:
        # Lambda has nobody to tell: the function goes on without its log.
        made.discard((group, stream))
        return
    for line in lines:
        embedded(ctx, line)


def _make_stream(ctx: Context, group: str, stream: str, role: str, place: str) -> None:
    asked = {"logGroupName": group, "logStreamName": stream}
    try:
        ctx.call("logs", "CreateLogStream", asked)
    except AWSError as error:
        if error.code != "ResourceNotFoundException" or not role_may(ctx, role, "logs:CreateLogGroup", place):
            raise
        ctx.call("logs", "CreateLogGroup", {"logGroupName": group})
        ctx.call("logs", "CreateLogStream", asked)


# Metrics -----------------------------------------------------------------------------------------------------------


def embedded(ctx: Context, line: str) -> None:
    """Metrics of a line in the embedded metric format; of a line that is not quite that, none, as on AWS."""
    if not line.startswith("{") or '"_aws"' not in line:
        return
    try:
        found = json.loads(line)
        stamp = datetime.fromtimestamp(found["_aws"]["Timestamp"] / 1000, UTC)
        for directive in found["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = [{"Name": name, "Value": str(found[name])} for name in names]
                data = [_datum(found, metric, dimensions, stamp) for metric in directive["Metrics"]]
                ctx.call("cloudwatch", "PutMetricData", {"Namespace": directive["Namespace"], "MetricData": data})
    except (KeyError, TypeError, ValueError, AWSError) as error:
        output: list[str] = ctx.keep("runtime/embedded-failures", list)
        output.append(f"{type(error).__name__}: {error}: {line[:500]}")


def _datum(
    found: dict[str, Any], metric: dict[str, Any], dimensions: list[dict[str, str]], at: datetime
) -> dict[str, Any]:
    value = found[metric["Name"]]
    values = {"Values": value} if isinstance(value, list) else {"Value": value}
    return {
        "MetricName": metric["Name"], "Unit": metric.get("Unit", "None"), "Timestamp": at, "Dimensions": dimensions,
        "StorageResolution": metric.get("StorageResolution", 60), **values,
    }  # fmt: skip


def measure(ctx: Context, function: Function, outcome: Outcome) -> None:
    """Lambda's own metrics of a call that has ended."""
    count(ctx, function, "Invocations", 1)
    count(ctx, function, "Errors", 1 if outcome.error else 0)
    count(ctx, function, "Duration", outcome.seconds * 1000, "Milliseconds")


def count(ctx: Context, function: Function, name: str, value: float, unit: str = "Count") -> None:
    own(ctx, "AWS/Lambda", name, {"FunctionName": function.name}, value, unit)


def own(ctx: Context, namespace: str, name: str, dimensions: dict[str, str], value: float, unit: str = "Count") -> None:
    """A metric that a service of AWS puts."""
    place = metric_id(namespace, name, [{"Name": key, "Value": text} for key, text in dimensions.items()])
    put_sample(ctx, place, Sample(ctx.clock.now(), ((float(value), 1.0),), unit, False))

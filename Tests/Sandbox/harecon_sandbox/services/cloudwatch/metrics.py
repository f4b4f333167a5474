# SPDX-License-Identifier: Apache-2.0
"""Metric data: what is put, and how the values of a period become one data point."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

from .state import SERVICE, moment

PAST, FUTURE = 14 * 86400, 2 * 3600
#: Namespace, name, dimensions in the order of their names.
MetricID = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(order=True, frozen=True)
class Sample:
    """Values with how often each was seen, put for one moment."""

    at: float
    values: tuple[tuple[float, float], ...]
    unit: str
    high_resolution: bool


@dataclass
class Metrics:
    samples: dict[MetricID, list[Sample]] = field(default_factory=dict)


def metrics_of(ctx: Context) -> Metrics:
    return ctx.keep("cloudwatch/metrics", Metrics)


def metric_id(namespace: str, name: str, dimensions: Sequence[Mapping[str, str]] | None) -> MetricID:
    return namespace, name, tuple(sorted((d["Name"], d["Value"]) for d in dimensions or ()))


def _wrong(message: str) -> AWSError:
    return AWSError("InvalidParameterValue", message)


def _values(datum: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    given = [member for member in ("Value", "Values", "StatisticValues") if member in datum]
    if len(given) != 1:
        raise _wrong("Exactly one of Value, Values and StatisticValues must be given")
    if "Value" in datum:
        return ((float(datum["Value"]), 1.0),)
    if "Values" in datum:
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        if len(counts) != len(datum["Values"]):
            raise _wrong("Values and Counts must be of the same length")
        return tuple(zip(map(float, datum["Values"]), map(float, counts), strict=True))
    stats = datum["StatisticValues"]
    count, rest = stats["SampleCount"], stats["Sum"] - stats["Minimum"] - stats["Maximum"]
    ends = ((stats["Minimum"], 1.0), (stats["Maximum"], 1.0))
    # As many values between the two ends as make up the sum.
    return ends + ((rest / (count - 2), count - 2),) if count > 2 else ((stats["Sum"] / count, count),)


@operation(SERVICE, "PutMetricData")
def put_metric_data(ctx: Context, params: Params) -> Result:
    """Nobody but AWS puts into AWS/; setting `aws_metrics` lets tests be AWS."""
    if params["Namespace"].startswith("AWS/") and not ctx.settings.get("aws_metrics"):
        raise _wrong("The value AWS/ for parameter Namespace is invalid: it is reserved")
    now = ctx.clock.now()
    for datum in params.get("MetricData") or ():
        stamp = datum.get("Timestamp")
        at = stamp.timestamp() if isinstance(stamp, datetime) else float(stamp) if stamp is not None else now
        if not now - PAST <= at <= now + FUTURE:
            raise _wrong("The timestamp must be at most two weeks ago and two hours ahead")
        if datum.get("StorageResolution", 60) not in (1, 60):
            raise _wrong("StorageResolution must be 1 or 60")
        values = _values(datum)
        if not all(math.isfinite(value) for value, _ in values):
            raise _wrong("The value must be a number")
        place = metric_id(params["Namespace"], datum["MetricName"], datum.get("Dimensions"))
        sample = Sample(at, values, datum.get("Unit", "None"), datum.get("StorageResolution", 60) == 1)
        put_sample(ctx, place, sample)
    return {}


def put_sample(ctx: Context, place: MetricID, sample: Sample) -> None:
    """Also for services of AWS that measure themselves."""
    insort(metrics_of(ctx).samples.setdefault(place, []), sample)


def point(
    ctx: Context, metric: MetricID, statistic: str, start: float, period: int, unit: str | None = None
) -> float | None:
    """The statistic of the period that begins at `start`, None without data.

    A metric of ordinary resolution has no data points for periods under a minute."""
    samples = metrics_of(ctx).samples.get(metric, [])
    first = bisect_left(samples, start, key=lambda sample: sample.at)
    last = bisect_left(samples, start + period, key=lambda sample: sample.at)
    values = [
        pair
        for sample in samples[first:last]
        if (unit is None or sample.unit == unit) and (period >= 60 or sample.high_resolution)
        for pair in sample.values
    ]
    return _statistic(sorted(values), statistic) if values else None


def _statistic(values: list[tuple[float, float]], statistic: str) -> float:
    count = sum(weight for _, weight in values)
    total = sum(value * weight for value, weight in values)
    match statistic:
        case "SampleCount":
            return count
        case "Sum":
            return total
        case "Average":
            return total / count
        case "Minimum":
            return values[0][0]
        case "Maximum":
            return values[-1][0]
    if not statistic.startswith("p"):
        raise AWSError("NotImplemented", f"the sandbox does not know the statistic {statistic}", 501)
    reached, wanted = 0.0, count * float(statistic[1:]) / 100
    for value, weight in values:
        reached += weight
        if reached >= wanted:
            return value
    return values[-1][0]


@operation(SERVICE, "GetMetricStatistics")
def get_metric_statistics(ctx: Context, params: Params) -> Result:
    metric = metric_id(params["Namespace"], params["MetricName"], params.get("Dimensions"))
    period, unit = params["Period"], params.get("Unit")
    start = params["StartTime"].timestamp() // period * period
    points = []
    while start < params["EndTime"].timestamp():
        shape: dict[str, Any] = {}
        for name in params.get("Statistics") or ():
            shape[name] = point(ctx, metric, name, start, period, unit)
        for name in params.get("ExtendedStatistics") or ():
            shape.setdefault("ExtendedStatistics", {})[name] = point(ctx, metric, name, start, period, unit)
        if point(ctx, metric, "SampleCount", start, period, unit) is not None:
            points.append({"Timestamp": moment(start), "Unit": unit or _unit(ctx, metric), **shape})
        start += period
    return {"Label": params["MetricName"], "Datapoints": points}


def _unit(ctx: Context, metric: MetricID) -> str:
    return metrics_of(ctx).samples[metric][-1].unit


@operation(SERVICE, "ListMetrics")
def list_metrics(ctx: Context, params: Params) -> Result:
    wanted = {(d["Name"], d.get("Value")) for d in params.get("Dimensions") or ()}
    return {
        "Metrics": [
            {"Namespace": space, "MetricName": name, "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions]}
            for space, name, dimensions in sorted(metrics_of(ctx).samples)
            if params.get("Namespace", space) == space
            and params.get("MetricName", name) == name
            and all((n, v) in dimensions if v is not None else n in dict(dimensions) for n, v in wanted)
        ]
    }

# SPDX-License-Identifier: Apache-2.0
"""Evaluates metric alarms on the account's clock: M of N, missing data, periods under a minute every ten seconds."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from typing import Any

from harecon_sandbox.kit import Context, Params, Result, before, operation

from . import maths
from .metric_alarms import period_of
from .metrics import MetricID, metric_id, metrics_of, point
from .state import ALARM, INSUFFICIENT, METRIC, OK, SERVICE, Alarm, invalid, moment, move, state_of

#: CloudWatch looks at more periods than the alarm has; how many more is not documented beyond the example of 5 for 3.
EXTRA_PERIODS = 2
#: Of a long jump of the clock only the last evaluations are made.
MOST_TICKS = 1500
BREACHING: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@before(SERVICE, "*")
def catch_up(ctx: Context, params: Params) -> None:
    """Whoever looks sees the states of now."""
    evaluate(ctx)


def evaluate(ctx: Context) -> None:
    """All evaluations that are due, in the order of simulated time."""
    now = ctx.clock.now()
    due: dict[int, list[Alarm]] = {}
    for _, alarm in sorted(state_of(ctx).alarms.items()):
        if alarm.kind != METRIC:
            continue
        tick = 10 if period_of(alarm.config) < 60 else 60
        last = int(now // tick)
        for number in range(max(int(alarm.evaluated // tick) + 1, last - MOST_TICKS), last + 1):
            due.setdefault(number * tick, []).append(alarm)
        alarm.evaluated = now
    for at in sorted(due):
        for alarm in due[at]:
            if state_of(ctx).alarms.get(alarm.name) is alarm:
                _evaluate(ctx, alarm, at)


def _evaluate(ctx: Context, alarm: Alarm, at: float) -> None:
    config = alarm.config
    if config.get("ComparisonOperator") not in BREACHING:
        return
    period, periods = period_of(config), int(config["EvaluationPeriods"])
    newest = at // period * period - period
    starts = [newest - i * period for i in range(periods + EXTRA_PERIODS)]
    points = [_point(ctx, config, start, period) for start in starts]
    if _is_warming_up(alarm, at, points[:periods]):
        return
    missing = config.get("TreatMissingData", "missing")
    if missing == "missing" and all(p is None for p in points) and not _was_ever_put(ctx, config):
        # CloudWatch would say INSUFFICIENT_DATA, as it does from the beginning; a state that a test has set stays.
        return
    breaching, words = BREACHING[config["ComparisonOperator"]]
    verdict = judge(
        [None if p is None else breaching(p, config["Threshold"]) for p in points],
        periods, int(config.get("DatapointsToAlarm", periods)), missing,
    )  # fmt: skip
    if verdict is not None and verdict != alarm.value:
        seen = [(p, start) for p, start in zip(points, starts, strict=True) if p is not None][:periods]
        move(ctx, alarm, verdict, _reason(verdict, seen, config, words), _data(config, at, seen, period), at)


def _is_warming_up(alarm: Alarm, at: float, window: list[float | None]) -> bool:
    """Until data fill the alarm's window, unless the whole time is to be waited for, and no longer than that time.

    Counted from the alarm's creation: another length starts it no second time, says the API reference.
    """
    if not alarm.warm:
        config = alarm.config.get("WarmUpConfiguration") or {"WarmUpPeriodDurationInMinutes": 0}
        waits = config.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds", False)
        over = at >= alarm.created + config["WarmUpPeriodDurationInMinutes"] * 60
        alarm.warm = over or (not waits and all(point is not None for point in window))
    return not alarm.warm


def judge(points: list[bool | None], periods: int, needed: int, missing: str) -> str | None:
    """The state that the data points give, None when the alarm keeps its own.

    `points` are breaching or not, or missing, the newest first, a few more than `periods`.
    """
    known = [p for p in points if p is not None]
    if len(known) >= periods:
        return ALARM if sum(known[:periods]) >= needed else OK
    bad, good = sum(known), len(known) - sum(known)
    if missing in ("breaching", "notBreaching"):
        filled = periods - len(known) if missing == "breaching" else 0
        return ALARM if bad + filled >= needed else OK
    if not known:
        return INSUFFICIENT if missing == "missing" else None
    if bad >= needed:
        return ALARM
    if good > periods - needed:
        return OK
    if missing == "ignore":
        return None
    # Nothing but breaching points and gaps, the oldest of them old enough: no need to wait for more.
    oldest = max(i for i, p in enumerate(points) if p is not None) + 1
    if good:
        return OK
    return ALARM if oldest >= needed else None


def _was_ever_put(ctx: Context, config: dict[str, Any]) -> bool:
    known = metrics_of(ctx).samples
    return any(metric in known for metric in _watched(config))


def _watched(config: dict[str, Any]) -> list[MetricID]:
    if "MetricName" in config:
        return [metric_id(config["Namespace"], config["MetricName"], config.get("Dimensions"))]
    metrics = [query["MetricStat"]["Metric"] for query in config["Metrics"] if "MetricStat" in query]
    return [metric_id(m["Namespace"], m["MetricName"], m.get("Dimensions")) for m in metrics]


def _point(ctx: Context, config: dict[str, Any], start: float, period: int) -> float | None:
    if "MetricName" in config:
        (metric,) = _watched(config)
        statistic = config.get("Statistic") or config["ExtendedStatistic"]
        return point(ctx, metric, statistic, start, period, config.get("Unit"))
    (watched,) = [query for query in config["Metrics"] if query.get("ReturnData", True)]
    return line(ctx, config["Metrics"], watched["Id"], start, period, frozenset())


def line(
    ctx: Context, queries: list[dict[str, Any]], wanted: str, start: float, period: int, above: frozenset[str]
) -> float | None:
    """The data point of one line of metric math."""
    query = next((q for q in queries if q["Id"] == wanted), None)
    if query is None or wanted in above:
        raise invalid(f"Error in expression: {wanted} is not defined, or by itself")
    if "MetricStat" in query:
        stat = query["MetricStat"]
        metric = stat["Metric"]
        place = metric_id(metric["Namespace"], metric["MetricName"], metric.get("Dimensions"))
        return point(ctx, place, stat["Stat"], start, period, stat.get("Unit"))
    return maths.evaluate(
        query["Expression"], lambda name: line(ctx, queries, name, start, period, above | {wanted})
    )


def _reason(verdict: str, seen: list[tuple[float, float]], config: dict[str, Any], words: str) -> str:
    if not seen:
        return f"{'Insufficient Data' if verdict == INSUFFICIENT else 'Threshold Crossed'}: no datapoints were received"
    shown = ", ".join(f"{value} ({moment(start):%d/%m/%y %H:%M:%S})" for value, start in seen)
    verb = "were" if verdict == ALARM else "were not"
    threshold = config["Threshold"]
    return f"Threshold Crossed: enough of the last datapoints [{shown}] {verb} {words} the threshold ({threshold})."


def _data(config: dict[str, Any], at: float, seen: list[tuple[float, float]], period: int) -> str:
    return json.dumps({
        "version": "1.0", "queryDate": f"{moment(at):%Y-%m-%dT%H:%M:%S.000+0000}", "period": period,
        "recentDatapoints": [value for value, _ in reversed(seen)], "threshold": config["Threshold"],
        **({"statistic": config["Statistic"]} if "Statistic" in config else {}),
    })  # fmt: skip


@operation(SERVICE, "GetMetricData")
def get_metric_data(ctx: Context, params: Params) -> Result:
    queries = params["MetricDataQueries"]
    results = []
    for query in queries:
        if not query.get("ReturnData", True):
            continue
        period = _period(queries, query)
        start, found = params["StartTime"].timestamp() // period * period, []
        while start < params["EndTime"].timestamp():
            value = line(ctx, queries, query["Id"], start, period, frozenset())
            if value is not None:
                found.append((moment(start), value))
            start += period
        if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            found.reverse()
        results.append({
            "Id": query["Id"], "Label": query.get("Label", query["Id"]), "StatusCode": "Complete",
            "Timestamps": [at for at, _ in found], "Values": [value for _, value in found],
        })  # fmt: skip
    return {"MetricDataResults": results, "Messages": []}


def _period(queries: list[dict[str, Any]], query: dict[str, Any]) -> int:
    if "MetricStat" in query:
        return int(query["MetricStat"]["Period"])
    return int(query.get("Period") or period_of({"Metrics": queries}))

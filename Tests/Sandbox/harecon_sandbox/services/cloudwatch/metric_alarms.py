# SPDX-License-Identifier: Apache-2.0
"""PutMetricAlarm and what CloudWatch refuses of it."""

from __future__ import annotations

import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import tags_from

from .state import METRIC, SERVICE, invalid, save

DAY = 86400
SINGLE = ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
MISSING = ("breaching", "notBreaching", "ignore", "missing")
QUERY_ID = re.compile(r"[a-z][A-Za-z0-9_]*")
PERCENTILE = re.compile(r"p(\d{1,3}(\.\d{1,10})?)")
TRIMMED = re.compile(r"(tm|wm|tc|ts)\d{1,3}(\.\d{1,10})?|IQM|(TM|WM|TC|TS|PR)\([^()]*:[^()]*\)")
SIMPLE = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")


@operation(SERVICE, "PutMetricAlarm")
def put_metric_alarm(ctx: Context, params: Params) -> Result:
    config = {key: value for key, value in params.items() if key != "Tags"}
    if "EvaluationCriteria" in config:
        raise AWSError("NotImplemented", "the sandbox knows no PromQL alarms", 501)
    check_actions(ctx, config)
    _check_source(config)
    _check_evaluation(config)
    if "MetricName" in config:
        config.setdefault("Dimensions", [])
    save(ctx, METRIC, config, tags_from(params.get("Tags")))
    return {}


def check_actions(ctx: Context, config: dict[str, Any]) -> None:
    """ARNs of this region; CloudWatch does not look whether there is such a topic or function."""
    for member in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        for action in config.get(member) or []:
            parts = action.split(":")
            if len(parts) < 6 or parts[0] != "arn":
                raise invalid(f"Invalid arn syntax: {action}")
            if parts[2] in ("sns", "lambda") and parts[3] != ctx.region:
                raise invalid(f"Invalid region {parts[3]} specified. Only {ctx.region} is supported.")
        if len(set(config.get(member) or [])) != len(config.get(member) or []):
            raise invalid(f"The list of {member} must not contain duplicates.")


def check_period(period: int) -> None:
    if period not in (10, 20, 30) and (period < 60 or period % 60):
        raise invalid(f"Period must be 10, 20, 30 or a multiple of 60. Period: {period}")


def check_extended(statistic: str) -> None:
    percentile = PERCENTILE.fullmatch(statistic)
    if percentile and float(percentile[1]) > 100 or not percentile and not TRIMMED.fullmatch(statistic):
        raise invalid(f"The extended statistic {statistic} is not valid")


def _check_source(config: dict[str, Any]) -> None:
    """A metric with one statistic, or metric math, and not both."""
    metrics = config.get("Metrics")
    if ("MetricName" in config) == bool(metrics):
        raise invalid("Exactly one of MetricName, Metrics and EvaluationCriteria must be specified")
    if metrics:
        mixed = [member for member in SINGLE if config.get(member)]
        if mixed:
            raise invalid(f"{', '.join(mixed)} must not be specified when Metrics is")
        _check_math(metrics)
        return
    if not config.get("Namespace"):
        raise invalid("Namespace must be specified with MetricName")
    if ("Statistic" in config) == ("ExtendedStatistic" in config):
        raise invalid("Exactly one of Statistic and ExtendedStatistic must be specified")
    if "ExtendedStatistic" in config:
        check_extended(config["ExtendedStatistic"])
    if "Period" not in config:
        raise invalid("Period must be specified with MetricName")
    check_period(config["Period"])


def _check_math(metrics: list[dict[str, Any]]) -> None:
    ids = [query["Id"] for query in metrics]
    if len(set(ids)) != len(ids) or not all(QUERY_ID.fullmatch(name) for name in ids):
        raise invalid("The ids of Metrics must differ, start with a lower case letter and be of letters, digits and _")
    if sum(query.get("ReturnData", True) for query in metrics) != 1:
        raise invalid("Exactly one element of the metrics list should return data.")
    for query in metrics:
        if ("MetricStat" in query) == ("Expression" in query):
            raise invalid(f"{query['Id']} must have either MetricStat or Expression")
        if "MetricStat" in query:
            stat = query["MetricStat"]
            check_period(stat["Period"])
            if stat["Stat"] not in SIMPLE:
                check_extended(stat["Stat"])
            if not stat["Metric"].get("Namespace") or not stat["Metric"].get("MetricName"):
                raise invalid(f"The metric of {query['Id']} must have a namespace and a name")
        elif re.search(r"\bSEARCH\s*\(", query["Expression"]):
            raise invalid("SEARCH is not supported in alarms")


def _check_evaluation(config: dict[str, Any]) -> None:
    for member in ("EvaluationPeriods", "Threshold", "ComparisonOperator"):
        if member not in config:
            raise invalid(f"{member} must be specified")
    periods = config["EvaluationPeriods"]
    if not 1 <= config.get("DatapointsToAlarm", periods) <= periods:
        raise invalid("DatapointsToAlarm must be at least 1 and at most EvaluationPeriods")
    if config.get("TreatMissingData", "missing") not in MISSING:
        raise invalid(f"TreatMissingData must be one of {', '.join(MISSING)}")
    low = config.get("EvaluateLowSampleCountPercentile")
    if low is not None and (low not in ("evaluate", "ignore") or "ExtendedStatistic" not in config):
        raise invalid("EvaluateLowSampleCountPercentile is evaluate or ignore, and for percentiles only")
    period = period_of(config)
    longest = 7 * DAY if period >= 3600 else DAY
    if period * periods > longest:
        raise invalid(f"Metrics cannot be checked across more than {longest} s (EvaluationPeriods * Period)")


def period_of(config: dict[str, Any]) -> int:
    """Of metric math, the longest of its metrics; a minute where there is none."""
    if "Period" in config:
        return int(config["Period"])
    return max((int(q["MetricStat"]["Period"]) for q in config.get("Metrics") or () if "MetricStat" in q), default=60)

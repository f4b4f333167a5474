# SPDX-License-Identifier: Apache-2.0
"""Metric filters of log groups: kept here, since the emulator drops members and judges nothing."""

from __future__ import annotations

import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, after, operation

from .groups import SERVICE, find_group, invalid

MAX_OF_GROUP, MAX_DIMENSIONS = 100, 3
KEPT = ("filterName", "filterPattern", "logGroupName", "metricTransformations", "applyOnTransformedLogs",
        "fieldSelectionCriteria", "emitSystemFieldDimensions")  # fmt: skip
PAIRS = {"{": "}", "[": "]", "(": ")"}

Filters = dict[tuple[str, str], dict[str, Any]]


def filters_of(ctx: Context) -> Filters:
    """By group and name."""
    return ctx.keep("logs/metric-filters", dict)


def count_of(ctx: Context, group: str) -> int:
    return sum(place[0] == group for place in filters_of(ctx))


def _is_balanced(pattern: str) -> bool:
    """Whether braces, brackets, parentheses and quotes of a filter pattern are closed."""
    expected: list[str] = []
    for char in re.sub(r'"(?:[^"\\]|\\.)*"|%[^%]*%', "", pattern):
        if char in PAIRS:
            expected.append(PAIRS[char])
        elif char in PAIRS.values() and (not expected or expected.pop() != char):
            return False
        elif char == '"':
            return False
    return not expected


@operation(SERVICE, "PutMetricFilter")
def put_filter(ctx: Context, params: Params) -> Result:
    group, name = find_group(ctx, params["logGroupName"]).name, params["filterName"]
    if not _is_balanced(params["filterPattern"]):
        raise invalid("Invalid metric filter pattern")
    for transformation in params["metricTransformations"]:
        dimensions = transformation.get("dimensions") or {}
        if dimensions and transformation.get("defaultValue") is not None:
            raise invalid("Invalid metric transformation: dimensions and default value are mutually exclusive")
        if len(dimensions) > MAX_DIMENSIONS:
            raise invalid(f"A metric transformation can have at most {MAX_DIMENSIONS} dimensions")
        if transformation["metricNamespace"].startswith("AWS/"):
            raise invalid("Invalid metric namespace: AWS/ is reserved")
    filters = filters_of(ctx)
    if (group, name) not in filters and count_of(ctx, group) >= MAX_OF_GROUP:
        raise AWSError("LimitExceededException", "Resource limit exceeded.")
    created = filters.get((group, name), {}).get("creationTime", int(ctx.clock.now() * 1000))
    kept = {member: params[member] for member in KEPT if member in params}
    filters[group, name] = {"applyOnTransformedLogs": False, **kept, "creationTime": created}
    return {}


@operation(SERVICE, "DescribeMetricFilters")
def describe_filters(ctx: Context, params: Params) -> Result:
    """A prefix counts only together with a group."""
    if ("metricName" in params) != ("metricNamespace" in params):
        raise invalid("metricName and metricNamespace must be given together")
    wanted = find_group(ctx, params["logGroupName"]).name if "logGroupName" in params else None
    prefix = params.get("filterNamePrefix", "") if wanted is not None else ""
    return {
        "metricFilters": [
            shape
            for (group, name), shape in sorted(filters_of(ctx).items())
            if wanted in (None, group)
            and name.startswith(prefix)
            and all(
                params.get(member, transformation[member]) == transformation[member]
                for transformation in shape["metricTransformations"]
                for member in ("metricName", "metricNamespace")
            )
        ]
    }


@operation(SERVICE, "DeleteMetricFilter")
def delete_filter(ctx: Context, params: Params) -> Result:
    group = find_group(ctx, params["logGroupName"]).name
    if filters_of(ctx).pop((group, params["filterName"]), None) is None:
        raise AWSError("ResourceNotFoundException", "The specified metric filter does not exist.")
    return {}


@after(SERVICE, "DeleteLogGroup")
def forget_filters(ctx: Context, params: Params, result: Result) -> Result:
    filters = filters_of(ctx)
    for place in [place for place in filters if place[0] == params["logGroupName"]]:
        del filters[place]
    return result


@after(SERVICE, "DescribeLogGroups")
def count_filters(ctx: Context, params: Params, result: Result) -> Result:
    for shape in result["logGroups"]:
        if "metricFilterCount" in shape:
            shape["metricFilterCount"] = count_of(ctx, shape["logGroupName"])
    return result

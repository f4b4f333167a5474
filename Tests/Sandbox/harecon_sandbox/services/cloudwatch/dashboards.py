# SPDX-License-Identifier: Apache-2.0
"""Dashboards: of the account and not of a region, judged when they are put."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import Tags, arn, tags_from

from .state import SERVICE, check_cloudwatch_tags, moment

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
GRID_WIDTH, MAX_HEIGHT = 24, 1000
MAX_WIDGETS, MAX_METRICS, MAX_METRICS_IN_ALL = 500, 500, 2500
TOP = {"start", "end", "periodOverride", "widgets", "variables"}
TYPES = {"metric", "text", "log", "alarm", "explorer", "custom"}
NEEDS = {"text": ("markdown",), "log": ("query", "region"), "alarm": ("alarms",), "metric": ("region",)}


@dataclass
class Dashboard:
    name: str
    arn: str
    body: str
    tags: Tags
    modified: float


def dashboards_of(ctx: Context) -> dict[str, Dashboard]:
    found: dict[str, Dashboard] = ctx.store.setdefault("cloudwatch/dashboards", {})
    return found


def find_by_arn(ctx: Context, resource: str) -> Dashboard | None:
    return next((board for board in dashboards_of(ctx).values() if board.arn == resource), None)


def _messages(messages: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"DataPath": path, "Message": message} for path, message in messages]


@operation(SERVICE, "PutDashboard")
def put_dashboard(ctx: Context, params: Params) -> Result:
    """What is wrong is refused; what is only strange is kept and told. Tags count only when it is new."""
    name, body = params["DashboardName"], params["DashboardBody"]
    errors: list[tuple[str, str]] = []
    warnings: list[tuple[str, str]] = []
    if not NAME.fullmatch(name):
        errors.append(("/dashboardName", "The dashboard name must be 1 to 255 of A-Z, a-z, 0-9, - and _"))
    content: Any = None
    try:
        content = json.loads(body)
    except ValueError:
        errors.append(("/", "The field DashboardBody must be a valid JSON object"))
    if content is not None:
        _judge(content, errors, warnings)
    if errors:
        message = "The dashboard is invalid, there are errors in its body"
        raise AWSError("InvalidParameterInput", message, dashboardValidationMessages=_messages(errors))
    boards, now = dashboards_of(ctx), ctx.clock.now()
    text = json.dumps(content, separators=(",", ":"))  # given back as CloudWatch writes it, not as it came
    if name in boards:
        boards[name].body, boards[name].modified = text, now
    else:
        tags = tags_from(params.get("Tags")) if ctx.settings.get("dashboard_tags", True) else {}
        check_cloudwatch_tags(tags, {})
        boards[name] = Dashboard(name, arn(ctx, SERVICE, f"dashboard/{name}", region=""), text, tags, now)
    return {"DashboardValidationMessages": _messages(warnings)}


def _judge(content: Any, errors: list[tuple[str, str]], warnings: list[tuple[str, str]]) -> None:
    if not isinstance(content, dict) or not isinstance(content.get("widgets"), list):
        errors.append(("/", "Should have required property 'widgets'"))
        return
    warnings += [(f"/{key}", f"Should NOT have additional property '{key}'") for key in sorted(set(content) - TOP)]
    widgets = content["widgets"]
    if len(widgets) > MAX_WIDGETS:
        errors.append(("/widgets", f"Should NOT have more than {MAX_WIDGETS} items"))
    counts = [_judge_widget(f"/widgets/{i}", widget, errors, warnings) for i, widget in enumerate(widgets)]
    if sum(counts) > MAX_METRICS_IN_ALL:
        errors.append(("/widgets", f"There are more than {MAX_METRICS_IN_ALL} metrics"))


def _judge_widget(path: str, widget: Any, errors: list[tuple[str, str]], warnings: list[tuple[str, str]]) -> int:
    """The number of its metrics."""
    if not isinstance(widget, dict) or widget.get("type") not in TYPES:
        errors.append((f"{path}/type", f"Should be one of {', '.join(sorted(TYPES))}"))
        return 0
    for side, least, most in (("width", 1, GRID_WIDTH), ("height", 1, MAX_HEIGHT)):
        if side in widget and not least <= widget[side] <= most:
            errors.append((f"{path}/{side}", f"Should be between {least} and {most}"))
    if ("x" in widget) != ("y" in widget):
        errors.append((path, "x and y must be given together"))
    if widget.get("x", 0) + widget.get("width", 6) > GRID_WIDTH:
        errors.append((path, f"x and width must not be more than {GRID_WIDTH} together"))
    properties = widget.get("properties")
    if not isinstance(properties, dict):
        errors.append((path, "Should have required property 'properties'"))
        return 0
    for needed in NEEDS.get(widget["type"], ()):
        if needed not in properties:
            errors.append((f"{path}/properties", f"Should have required property '{needed}'"))
    metrics = properties.get("metrics", [])
    if widget["type"] == "metric" and not metrics and "annotations" not in properties:
        errors.append((f"{path}/properties", "Should have required property 'metrics'"))
    if not isinstance(metrics, list):
        errors.append((f"{path}/properties/metrics", "Should be an array"))
        return 0
    if len(metrics) > MAX_METRICS:
        errors.append((f"{path}/properties/metrics", f"Should NOT have more than {MAX_METRICS} items"))
    for i, metric in enumerate(metrics):
        if not isinstance(metric, list) or not metric:
            errors.append((f"{path}/properties/metrics/{i}", "Invalid metric field type, it should be an array"))
        elif sum(isinstance(part, str) for part in metric) % 2 and not isinstance(metric[0], dict):
            warnings.append((f"{path}/properties/metrics/{i}", "A dimension's name is without a value"))
    return len(metrics)


@operation(SERVICE, "GetDashboard")
def get_dashboard(ctx: Context, params: Params) -> Result:
    board = dashboards_of(ctx).get(params["DashboardName"])
    if board is None:
        raise AWSError("ResourceNotFound", f"Dashboard {params['DashboardName']} does not exist")
    return {"DashboardName": board.name, "DashboardArn": board.arn, "DashboardBody": board.body}


@operation(SERVICE, "ListDashboards")
def list_dashboards(ctx: Context, params: Params) -> Result:
    prefix = params.get("DashboardNamePrefix", "")
    return {
        "DashboardEntries": [
            {
                "DashboardName": board.name,
                "DashboardArn": board.arn,
                "LastModified": moment(board.modified),
                "Size": len(board.body.encode()),
            }
            for _, board in sorted(dashboards_of(ctx).items())
            if board.name.startswith(prefix)
        ]
    }


@operation(SERVICE, "DeleteDashboards")
def delete_dashboards(ctx: Context, params: Params) -> Result:
    """All of them, or none when one is not there."""
    boards = dashboards_of(ctx)
    missing = [name for name in params["DashboardNames"] if name not in boards]
    if missing:
        raise AWSError("ResourceNotFound", f"Dashboards do not exist: {', '.join(missing)}", 404)
    for name in params["DashboardNames"]:
        del boards[name]
    return {}

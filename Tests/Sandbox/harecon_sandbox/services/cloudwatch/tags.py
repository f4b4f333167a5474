# SPDX-License-Identifier: Apache-2.0
"""Tags of alarms and dashboards by ARN."""

from __future__ import annotations

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import Tags, tag_list, tags_from

from . import dashboards
from .state import SERVICE, alarm_arn, alarm_name, check_cloudwatch_tags, find_alarm


def _tags(ctx: Context, resource: str) -> Tags:
    """An alarm's ARN names its region, a dashboard's none."""
    tags: Tags | None = None
    if ":alarm:" in resource:
        alarm = find_alarm(ctx, resource) if resource == alarm_arn(ctx, alarm_name(resource)) else None
        tags = alarm.tags if alarm is not None else None
    elif ":dashboard/" in resource and ctx.settings.get("dashboard_tags", True):
        dashboard = dashboards.find_by_arn(ctx, resource)
        tags = dashboard.tags if dashboard is not None else None
    else:
        raise AWSError("InvalidParameterValue", f"The resource {resource} cannot be tagged")
    if tags is None:
        raise AWSError(
            "ResourceNotFoundException", f"The resource {resource} does not exist", 404,
            ResourceType=resource.split(":")[5].partition("/")[0], ResourceId=resource,
        )  # fmt: skip
    return tags


@operation(SERVICE, "TagResource")
def tag(ctx: Context, params: Params) -> Result:
    tags, new = _tags(ctx, params["ResourceARN"]), tags_from(params["Tags"])
    check_cloudwatch_tags(new, tags)
    tags.update(new)
    return {}


@operation(SERVICE, "UntagResource")
def untag(ctx: Context, params: Params) -> Result:
    tags = _tags(ctx, params["ResourceARN"])
    for key in params["TagKeys"]:
        tags.pop(key, None)
    return {}


@operation(SERVICE, "ListTagsForResource")
def list_tags(ctx: Context, params: Params) -> Result:
    return {"Tags": tag_list(_tags(ctx, params["ResourceARN"]))}

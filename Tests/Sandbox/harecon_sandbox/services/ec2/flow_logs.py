# SPDX-License-Identifier: Apache-2.0
"""Flow logs of a VPC, to a log group."""

from __future__ import annotations

import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import iam
from harecon_sandbox.services.common import hex_id

from .state import SERVICE, Filters, Network, Resource, described, invalid, network, tags_for, with_tags

DEFAULT_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    "${bytes} ${start} ${end} ${action} ${log-status}"
)
KINDS = {"VPC": "vpc", "Subnet": "subnet", "NetworkInterface": "network-interface"}
FILTERS: Filters = {
    "deliver-log-status": "DeliverLogsStatus",
    "log-destination-type": "LogDestinationType",
    "flow-log-id": "FlowLogId",
    "log-group-name": "LogGroupName",
    "resource-id": "ResourceId",
    "traffic-type": "TrafficType",
}


def _failed(resource: str, code: str, message: str) -> dict[str, Any]:
    return {"ResourceId": resource, "Error": {"Code": code, "Message": message}}


def _shape(ctx: Context, params: Params) -> dict[str, Any]:
    """What all logs of a call have in common; refuses what no resource could have."""
    kind = params.get("LogDestinationType", "cloud-watch-logs")
    if kind != "cloud-watch-logs":
        raise invalid(f"The destination type {kind} is not one of this sandbox's.")
    destination, name = params.get("LogDestination"), params.get("LogGroupName")
    if bool(destination) == bool(name):
        raise invalid("Provide either a log destination or a log group name.")
    match = re.fullmatch(r"arn:[a-z-]+:logs:[a-z0-9-]+:\d{12}:log-group:([^:]+)(?::\*)?", destination or "")
    if destination and match is None:
        raise invalid(f"LogDestination: {destination} is not a valid ARN of a log group.")
    role = params.get("DeliverLogsPermissionArn")
    if role is None:
        raise invalid("DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs")
    if not iam.usable_by(ctx, role, "vpc-flow-logs.amazonaws.com", "logs:PutLogEvents"):
        raise AWSError("InvalidParameter", f"Unable to assume given IAM role {role}")
    interval = params.get("MaxAggregationInterval", 600)
    if interval not in (60, 600):
        raise invalid("The aggregation interval is 60 or 600.")
    if "TrafficType" not in params:
        raise invalid("TrafficType is required for the given resource type.")
    return {
        "DeliverLogsPermissionArn": role,
        "LogGroupName": name or (match[1] if match else ""),
        "LogDestinationType": kind,
        "LogDestination": destination or "",
        "TrafficType": params["TrafficType"],
        "LogFormat": params.get("LogFormat", DEFAULT_FORMAT),
        "MaxAggregationInterval": interval,
        "FlowLogStatus": "ACTIVE",
    }


def _same(net: Network, resource: str, shape: dict[str, Any]) -> bool:
    members = ("TrafficType", "LogGroupName", "LogDestinationType")
    return any(
        log.shape["ResourceId"] == resource and all(log.shape[member] == shape[member] for member in members)
        for log in net.all("flow-log")
    )


@operation(SERVICE, "CreateFlowLogs")
def create_flow_logs(ctx: Context, params: Params) -> Result:
    """Each resource for itself; what went wrong is in the answer."""
    net = network(ctx)
    tags = tags_for(params, "vpc-flow-log")
    shape = _shape(ctx, params)
    made: list[str] = []
    failed: list[dict[str, Any]] = []
    for resource in params["ResourceIds"]:
        if resource not in net.kinds[KINDS[params["ResourceType"]]]:
            failed.append(_failed(resource, "InvalidVpcId.NotFound", f"The resource {resource} does not exist"))
        elif _same(net, resource, shape):
            message = f"There is an existing Flow Log with the same configuration and log destination for {resource}."
            failed.append(_failed(resource, "FlowLogAlreadyExists", message))
        else:
            own = {"FlowLogId": hex_id("fl"), "ResourceId": resource, "CreationTime": ctx.clock.datetime()}
            made.append(net.add(Resource(own["FlowLogId"], "flow-log", {**shape, **own}, dict(tags))).id)
    return {"FlowLogIds": made, "Unsuccessful": failed}


def _render(ctx: Context, log: Resource) -> dict[str, Any]:
    shape = with_tags(log)
    if log.shape["LogGroupName"] in ctx.moto("logs").groups:
        return {**shape, "DeliverLogsStatus": "SUCCESS"}
    return {**shape, "DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Log destination not found"}


@operation(SERVICE, "DescribeFlowLogs")
def describe_flow_logs(ctx: Context, params: Params) -> Result:
    asked = {**params, "Filters": params.get("Filter") or ()}
    return {"FlowLogs": described(ctx, asked, "flow-log", "FlowLogIds", FILTERS, lambda log: _render(ctx, log))}


@operation(SERVICE, "DeleteFlowLogs")
def delete_flow_logs(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    failed = []
    for identifier in params["FlowLogIds"]:
        log = net.kinds["flow-log"].get(identifier)
        if log is None:
            message = f"The flow log id '{identifier}' does not exist"
            failed.append(_failed(identifier, "InvalidFlowLogId.NotFound", message))
        else:
            net.remove(log)
    return {"Unsuccessful": failed}

# SPDX-License-Identifier: Apache-2.0
"""Event source mappings: queues whose messages a function is given."""

from __future__ import annotations

import uuid
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services.common import arn, check_tags

from .configuration import check_may
from .state import (
    SERVICE,
    Function,
    Mapping,
    conflict,
    invalid,
    mappings_of,
    not_found,
    require,
)

CREATING, UPDATING, DELETING = 10.0, 5.0, 10.0
FIFO_BATCH = 10


def _require(ctx: Context, identifier: str) -> Mapping:
    mapping = mappings_of(ctx).get(identifier)
    if mapping is None:
        raise not_found("The resource you requested does not exist.")
    return mapping


def _require_settled(mapping: Mapping) -> None:
    if mapping.timeline.status() not in ("Enabled", "Disabled"):
        raise AWSError(
            "ResourceInUseException",
            f"Cannot update the event source mapping because it is in use: {mapping.timeline.status()}",
        )


def _queue(ctx: Context, source: str) -> dict[str, str]:
    """The queue's attributes; the role is asked first, so that a refusal of this is about the queue."""
    _, _, service, region, account, name = source.split(":", 5)
    if service != "sqs":
        raise invalid("the sandbox maps queues only")
    url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    try:
        asked = {"QueueUrl": url, "AttributeNames": ["All"]}
        attributes: dict[str, str] = ctx.call("sqs", "GetQueueAttributes", asked)["Attributes"]
    except AWSError:
        raise invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        ) from None
    return attributes


def _check(ctx: Context, shape: dict[str, Any], function: Function) -> None:
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
        check_may(ctx, function.shape["Role"], action)
    source = shape["EventSourceArn"]
    attributes = _queue(ctx, source)
    visible, timeout = int(attributes.get("VisibilityTimeout", 30)), function.shape["Timeout"]
    if visible < timeout:
        raise invalid(
            f"Invalid request provided: Queue visibility timeout: {visible} seconds is less than "
            f"Function timeout: {timeout} seconds"
        )
    if source.endswith(".fifo"):
        if shape["BatchSize"] > FIFO_BATCH:
            raise invalid(f"Batch size {shape['BatchSize']} is not supported for FIFO queues: at most {FIFO_BATCH}")
        if shape.get("MaximumBatchingWindowInSeconds"):
            raise invalid("Batching window is not supported for FIFO queues")


def _members(params: Params) -> dict[str, Any]:
    """What create and update take alike; empty values take something away."""
    members = {m: params[m] for m in ("BatchSize", "MaximumBatchingWindowInSeconds") if m in params}
    for member in ("FunctionResponseTypes", "ScalingConfig", "FilterCriteria"):
        if member in params:
            members[member] = params[member]
    return members


def _cleaned(shape: dict[str, Any]) -> dict[str, Any]:
    if not shape.get("ScalingConfig"):
        shape.pop("ScalingConfig", None)
    if not (shape.get("FilterCriteria") or {}).get("Filters"):
        shape.pop("FilterCriteria", None)
    return shape


@operation(SERVICE, "CreateEventSourceMapping")
def create_mapping(ctx: Context, params: Params) -> Result:
    function = require(ctx, params["FunctionName"])
    source = params["EventSourceArn"]
    check_tags(params.get("Tags") or {}, {}, invalid)
    for other in mappings_of(ctx).values():
        if (other.shape["EventSourceArn"], other.shape["FunctionArn"]) == (source, function.arn):
            raise conflict(
                f'An event source mapping with SQS arn (" {source} ") and function (" {function.name} ") already '
                f"exists. Please update or delete the existing mapping with UUID {other.id}"
            )
    identifier = str(uuid.uuid4())
    mapping_arn = arn(ctx, SERVICE, f"event-source-mapping:{identifier}")
    shape = {
        "UUID": identifier,
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "EventSourceArn": source,
        "FunctionArn": function.arn,
        "FunctionResponseTypes": [],
        "StateTransitionReason": "USER_INITIATED",
        "LastModified": ctx.clock.datetime(),
        "EventSourceMappingArn": mapping_arn,
        **_members(params),
    }
    shape = _cleaned(shape)
    _check(ctx, shape, function)
    final = "Enabled" if params.get("Enabled", True) else "Disabled"
    timeline = Timeline(ctx.clock, [("Creating", CREATING), (final, None)])
    mapping = Mapping(identifier, mapping_arn, shape, dict(params.get("Tags") or {}), timeline)
    mappings_of(ctx)[identifier] = mapping
    return mapping.describe()


@operation(SERVICE, "GetEventSourceMapping")
def get_mapping(ctx: Context, params: Params) -> Result:
    return _require(ctx, params["UUID"]).describe()


@operation(SERVICE, "ListEventSourceMappings")
def list_mappings(ctx: Context, params: Params) -> Result:
    source = params.get("EventSourceArn")
    function = require(ctx, params["FunctionName"]).arn if "FunctionName" in params else None
    return {
        "EventSourceMappings": [
            mapping.describe()
            for _, mapping in sorted(mappings_of(ctx).items())
            if source in (None, mapping.shape["EventSourceArn"]) and function in (None, mapping.shape["FunctionArn"])
        ]
    }


@operation(SERVICE, "UpdateEventSourceMapping")
def update_mapping(ctx: Context, params: Params) -> Result:
    mapping = _require(ctx, params["UUID"])
    _require_settled(mapping)
    shape = _cleaned({**mapping.shape, **_members(params)})
    function = require(ctx, params.get("FunctionName", shape["FunctionArn"]))
    shape |= {"FunctionArn": function.arn, "LastModified": ctx.clock.datetime()}
    _check(ctx, shape, function)
    mapping.shape = shape
    was = mapping.timeline.status()
    final = was if "Enabled" not in params else ("Enabled" if params["Enabled"] else "Disabled")
    passing = {("Disabled", "Enabled"): "Enabling", ("Enabled", "Disabled"): "Disabling"}.get((was, final), "Updating")
    mapping.timeline = Timeline(ctx.clock, [(passing, UPDATING), (final, None)])
    return mapping.describe()


@operation(SERVICE, "DeleteEventSourceMapping")
def delete_mapping(ctx: Context, params: Params) -> Result:
    mapping = _require(ctx, params["UUID"])
    _require_settled(mapping)
    mapping.timeline = Timeline(ctx.clock, [("Deleting", DELETING), (Timeline.GONE, None)])
    return mapping.describe()

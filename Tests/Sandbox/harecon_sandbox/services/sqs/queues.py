# SPDX-License-Identifier: Apache-2.0
"""The life of queues: made, described, changed, tagged, deleted."""

from __future__ import annotations

import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services.common import check_tags

from . import attributes, bridge, state
from .state import SERVICE, Queue


def _name_error(is_fifo: bool) -> AWSError:
    if is_fifo:
        message = (
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end "
            "with .fifo suffix and be 1 to 80 in length."
        )
    else:
        message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    return AWSError("InvalidParameterValue", message)


def _check_queue_tags(tags: dict[str, str], current: dict[str, str]) -> None:
    check_tags(tags, current, lambda message: AWSError("InvalidParameterValue", message))


@operation(SERVICE, "CreateQueue")
def create_queue(ctx: Context, params: Params) -> Result:
    name, given = params["QueueName"], dict(params.get("Attributes") or {})
    is_fifo = given.get("FifoQueue") == "true"
    if given.pop("FifoQueue", "true") != "true":
        # The attribute is there to say true, and nothing else.
        raise AWSError("InvalidAttributeName", "Unknown Attribute FifoQueue.")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,75}\.fifo" if is_fifo else r"[A-Za-z0-9_-]{1,80}", name):
        raise _name_error(is_fifo)
    kept = state.queues(ctx)
    existing = kept.live.get(name)
    if existing is not None and existing.dying is None:
        return _same(ctx, existing, given)
    _require_free(ctx, kept, name)
    arn = state.queue_arn(ctx, name)
    settings = attributes.DEFAULTS | (attributes.FIFO_DEFAULTS if is_fifo else {})
    settings |= attributes.check(ctx, arn, given, settings)
    _check_queue_tags(params.get("tags") or {}, {})
    now = ctx.clock.now()
    queue = Queue(
        name, arn, state.queue_url(ctx, name), now, now, {k: v for k, v in settings.items() if v},
        dict(params.get("tags") or {}),
    )  # fmt: skip
    kept.live[name] = queue
    kept.deleted.pop(name, None)
    bridge.build(ctx, queue)
    return {"QueueUrl": queue.url}


def _same(ctx: Context, queue: Queue, given: dict[str, str]) -> Result:
    """The URL of the queue that has the name, if it is as it was asked for."""
    latest = state.wanted(queue)
    asked = attributes.check(ctx, queue.arn, given, latest)
    for name in given:
        if latest.get(name, "") != asked[name]:
            message = f"A queue already exists with the same name and a different value for attribute {name}"
            raise AWSError("QueueNameExists", message)
    return {"QueueUrl": queue.url}


def _require_free(ctx: Context, kept: state.Queues, name: str) -> None:
    free = kept.deleted.get(name, -state.NAME_LOCKED) + state.NAME_LOCKED
    if ctx.clock.now() < free:
        # With an automatic clock, asking in vain moves it to when the name is free.
        ctx.clock.forget_expected()
        ctx.clock.expect(free)
        ctx.clock.settle()
        message = "You must wait 60 seconds after deleting a queue before you can create another with the same name."
        raise AWSError("QueueDeletedRecently", message)


@operation(SERVICE, "DeleteQueue")
def delete_queue(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])
    if queue.dying is None:
        lingers = float(ctx.settings.get("sqs_deletion", state.DELETION))
        queue.dying = Timeline(ctx.clock, [("deleting", lingers), (Timeline.GONE, None)])
        state.queues(ctx).deleted[queue.name] = ctx.clock.now()
        bridge.tear_down(ctx, queue)
    return {}


@operation(SERVICE, "GetQueueUrl")
def get_queue_url(ctx: Context, params: Params) -> Result:
    queue = state.queues(ctx).live.get(params["QueueName"])
    if queue is None or params.get("QueueOwnerAWSAccountId", ctx.account) != ctx.account:
        raise state.missing()
    return {"QueueUrl": queue.url}


@operation(SERVICE, "ListQueues")
def list_queues(ctx: Context, params: Params) -> Result:
    """ "If you do not set MaxResults, the response includes a maximum of 1,000 results", and no token."""
    prefix = params.get("QueueNamePrefix", "")
    urls = [queue.url for name, queue in sorted(state.queues(ctx).live.items()) if name.startswith(prefix)]
    return {"QueueUrls": urls if "MaxResults" in params else urls[:1000]} if urls else {}


@operation(SERVICE, "ListDeadLetterSourceQueues")
def list_sources(ctx: Context, params: Params) -> Result:
    target = state.require(ctx, params["QueueUrl"])
    queues = state.queues(ctx).live.values()
    return {"queueUrls": [q.url for q in queues if f'"{target.arn}"' in q.settings.get("RedrivePolicy", "")]}


@operation(SERVICE, "GetQueueAttributes")
def get_attributes(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])
    asked = set(params.get("AttributeNames") or ())
    unknown = asked - {"All"} - attributes.SETTABLE - attributes.READ_ONLY
    if unknown:
        raise AWSError("InvalidAttributeName", f"Unknown Attribute {sorted(unknown)[0]}.")
    shown = {name: value for name, value in _shown(ctx, queue).items() if "All" in asked or name in asked}
    return {"Attributes": shown} if shown else {}


def _shown(ctx: Context, queue: Queue) -> dict[str, str]:
    now = ctx.clock.now()
    waiting = [m for m in queue.messages if m.visible_from > now]
    delayed = sum(1 for m in waiting if m.receives == 0)
    shown = dict(queue.settings) | {
        "QueueArn": queue.arn,
        "CreatedTimestamp": str(int(queue.created)),
        "LastModifiedTimestamp": str(int(queue.modified)),
        "ApproximateNumberOfMessages": str(len(queue.messages) - len(waiting)),
        "ApproximateNumberOfMessagesDelayed": str(delayed),
        "ApproximateNumberOfMessagesNotVisible": str(len(waiting) - delayed),
    }
    if queue.is_fifo:
        shown["FifoQueue"] = "true"
    if "KmsMasterKeyId" in queue.settings:
        shown.setdefault("KmsDataKeyReusePeriodSeconds", "300")
    return shown


@operation(SERVICE, "SetQueueAttributes")
def set_attributes(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])
    change = attributes.check(ctx, queue.arn, params["Attributes"], state.wanted(queue))
    _change(ctx, queue, change)
    return {}


def _change(ctx: Context, queue: Queue, change: dict[str, str]) -> None:
    queue.modified = ctx.clock.now()
    queue.changes.append((queue.modified + float(ctx.settings.get("sqs_propagation", state.PROPAGATION)), change))


@operation(SERVICE, "ListQueueTags")
def list_tags(ctx: Context, params: Params) -> Result:
    tags = state.require(ctx, params["QueueUrl"]).tags
    return {"Tags": dict(tags)} if tags else {}


@operation(SERVICE, "TagQueue")
def tag(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])
    _check_queue_tags(params["Tags"], queue.tags)
    queue.tags |= params["Tags"]
    return {}


@operation(SERVICE, "UntagQueue")
def untag(ctx: Context, params: Params) -> Result:
    queue = state.require(ctx, params["QueueUrl"])
    for key in params["TagKeys"]:
        queue.tags.pop(key, None)
    return {}


def inventory(ctx: Context) -> list[dict[str, Any]]:
    return [
        {
            "kind": "sqs/queue",
            "id": queue.url,
            "name": name,
            "arn": queue.arn,
            "tags": dict(queue.tags),
            "status": "available" if queue.dying is None else queue.dying.status(),
        }
        for name, queue in sorted(state.queues(ctx).live.items())
    ]

# SPDX-License-Identifier: Apache-2.0
"""Event source mappings: a function is given a queue's messages, in batches, which are deleted when it has done them.

What it has not done comes back when its visibility timeout is over, and goes to the dead-letter queue when it was
received as often as it may be.
"""

from __future__ import annotations

import json
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services.lambda_.state import Function, Mapping, find, mappings_of
from harecon_sandbox.services.sqs import state as queues
from harecon_sandbox.services.sqs.state import Queue

from .environments import Outcome
from .functions import admit, begin, require_invocable, require_room
from .life import Runtime, runtime_of
from .rights import role_may, role_may_key

PRINCIPAL = "lambda.amazonaws.com"
ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
#: Batches of one mapping at a time. AWS begins with five.
AT_ONCE = 5


def poll(ctx: Context) -> float | None:
    """Hands over what can be received; answers when the next message can be."""
    runtime = runtime_of(ctx)
    if runtime is None or ("lambda-mappings", ctx.region) not in ctx.store:
        return None
    dues: list[float] = []
    for mapping in list(mappings_of(ctx).values()):
        if not mapping.timeline.settled():
            dues.append(mapping.timeline.ends())
        elif mapping.timeline.status() == "Enabled":
            dues += _poll(runtime, ctx, mapping)
    now = ctx.clock.now()
    return min((due for due in dues if due > now), default=None)


def _poll(runtime: Runtime, ctx: Context, mapping: Mapping) -> list[float]:
    queue, function = queues.find(ctx, mapping.shape["EventSourceArn"]), find(ctx, mapping.shape["FunctionArn"])
    if queue is None or function is None or not _may(ctx, function, queue):
        return []
    for member in ("FilterCriteria", "MaximumBatchingWindowInSeconds"):
        if mapping.shape.get(member):
            raise NotImplementedError(f"the sandbox's runtime does not know {member} of event source mappings")
    busy: dict[str, int] = ctx.keep("runtime/batches", dict)
    while busy.get(mapping.id, 0) < AT_ONCE:
        try:
            require_invocable(function)
            require_room(ctx, function)
        except AWSError:
            break
        messages = _receive(ctx, queue, mapping)
        if not messages:
            break
        busy[mapping.id] = busy.get(mapping.id, 0) + 1
        _run(runtime, ctx, mapping, function, queue, messages, busy)
    return [message.visible_from for message in queue.messages]


def _may(ctx: Context, function: Function, queue: Queue) -> bool:
    role, key = function.shape["Role"], queue.settings.get("KmsMasterKeyId")
    if not all(role_may(ctx, role, action, queue.arn, PRINCIPAL) for action in ACTIONS):
        return False
    return key is None or key.startswith("alias/aws/") or role_may_key(ctx, role, "kms:Decrypt", key, PRINCIPAL, "sqs")


def _receive(ctx: Context, queue: Queue, mapping: Mapping) -> list[dict[str, Any]]:
    """Standard queues give ten messages at a time, also where a batch may have more."""
    asked = {
        "QueueUrl": queue.url, "MaxNumberOfMessages": min(10, mapping.shape["BatchSize"]), "WaitTimeSeconds": 0,
        "AttributeNames": ["All"], "MessageAttributeNames": ["All"],
    }  # fmt: skip
    found: list[dict[str, Any]] = ctx.call("sqs", "ReceiveMessage", asked).get("Messages", [])
    return found


def _run(
    runtime: Runtime, ctx: Context, mapping: Mapping, function: Function, queue: Queue,
    messages: list[dict[str, Any]], busy: dict[str, int],
) -> None:  # fmt: skip
    event = {"Records": [_record(ctx, queue, message) for message in messages]}

    def then(outcome: Outcome) -> None:
        busy[mapping.id] -= 1
        for message in messages:
            if message["MessageId"] not in _failed(mapping, messages, outcome):
                _delete(ctx, queue, message)
        runtime.agenda.wake(runtime.account(ctx))

    begin(admit(runtime, ctx, function, json.dumps(event).encode(), mapping.arn), then)


def _delete(ctx: Context, queue: Queue, message: dict[str, Any]) -> None:
    try:
        ctx.call("sqs", "DeleteMessage", {"QueueUrl": queue.url, "ReceiptHandle": message["ReceiptHandle"]})
    except AWSError:
        # Its time was over before the function was done: it will come again.
        return


def _failed(mapping: Mapping, messages: list[dict[str, Any]], outcome: Outcome) -> set[str]:
    """The ids of the messages that stay. An answer that makes no sense has the whole batch fail, as on AWS."""
    everything = {message["MessageId"] for message in messages}
    if outcome.error is not None:
        return everything
    if "ReportBatchItemFailures" not in (mapping.shape.get("FunctionResponseTypes") or ()):
        return set()
    answer = json.loads(outcome.payload)
    if answer is None or answer == {}:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else ()
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return everything
    named = [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]
    return set(named) if all(name in everything for name in named) else everything


def _record(ctx: Context, queue: Queue, message: dict[str, Any]) -> dict[str, Any]:
    attributes = {
        name: {
            **{member[:1].lower() + member[1:]: value for member, value in given.items()},
            "stringListValues": [], "binaryListValues": [],
        }
        for name, given in message.get("MessageAttributes", {}).items()
    }  # fmt: skip
    return {
        "messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"],
        "attributes": message["Attributes"], "messageAttributes": attributes, "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs", "eventSourceARN": queue.arn, "awsRegion": ctx.region,
    }  # fmt: skip

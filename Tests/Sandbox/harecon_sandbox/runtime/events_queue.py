# SPDX-License-Identifier: Apache-2.0
"""Events that a function is sent and not waited for: tried, tried again, and put aside in the end."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services import sqs
from harecon_sandbox.services.lambda_.state import Function, find
from harecon_sandbox.services.sns import state as topics
from harecon_sandbox.services.sqs import messages
from harecon_sandbox.services.sqs import state as queues

from . import output
from .environments import Outcome
from .functions import admit, begin
from .life import Runtime
from .rights import role_may, role_may_send, role_may_use_key

PRINCIPAL = "lambda.amazonaws.com"
RETRIES, AGE = 2, 6 * 3600
#: Simulated seconds before the second and the third attempt after an error of the function's.
PAUSES = (60.0, 120.0)
#: Before the next attempt when there was no room: a second, then twice as long each time up to five minutes.
LONGEST_PAUSE = 300.0


@dataclass
class Event:
    """One event on its way through the function's queue."""

    ctx: Context
    function: str
    payload: bytes
    source: str
    request_id: str
    since: float
    attempts: int = 0
    refusals: int = 0
    last: Outcome | None = None


def enqueue(runtime: Runtime, ctx: Context, function: Function, payload: bytes, source: str) -> str:
    """Takes the event in for the function; answers its request id."""
    event = Event(ctx, function.name, payload, source, str(uuid.uuid4()), ctx.clock.now())
    _try(runtime, event)
    return event.request_id


def _try(runtime: Runtime, event: Event) -> None:
    function = find(event.ctx, event.function)
    if function is None:
        return
    if event.ctx.clock.now() - event.since > _settings(function).get("MaximumEventAgeInSeconds", AGE):
        _give_up(event, function, "EventAgeExceeded")
        return
    try:
        job = admit(
            runtime, event.ctx, function, event.payload, event.source, event.attempts + 1, event.request_id
        )
    except AWSError:
        event.refusals += 1
        pause = min(LONGEST_PAUSE, 2.0 ** (event.refusals - 1))
        runtime.later(event.ctx, event.ctx.clock.now() + pause, lambda: _try(runtime, event))
        return
    event.attempts += 1
    begin(job, lambda outcome: _judge(runtime, event, outcome))


def _settings(function: Function) -> dict[str, Any]:
    return function.async_settings or {}


def _judge(runtime: Runtime, event: Event, outcome: Outcome) -> None:
    function = find(event.ctx, event.function)
    event.last = outcome
    if function is None:
        return
    if outcome.error is None:
        destination = _destination(function, "OnSuccess")
        if destination:
            _send(event, function, destination, "Success")
        return
    retries = _settings(function).get("MaximumRetryAttempts", RETRIES)
    if event.attempts > retries:
        _give_up(event, function, "RetriesExhausted")
        return
    due = event.ctx.clock.now() + PAUSES[event.attempts - 1]
    runtime.later(event.ctx, due, lambda: _try(runtime, event))


def _give_up(event: Event, function: Function, condition: str) -> None:
    output.count(event.ctx, function, "AsyncEventsDropped", 1)
    destination = _destination(function, "OnFailure")
    if destination:
        _send(event, function, destination, condition)
    if dead := function.shape.get("DeadLetterConfig", {}).get("TargetArn"):
        _bury(event, function, dead)


def _destination(function: Function, kind: str) -> str | None:
    found: str | None = (_settings(function).get("DestinationConfig") or {}).get(kind, {}).get("Destination")
    return found


def _send(event: Event, function: Function, destination: str, condition: str) -> None:
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": f"{event.ctx.clock.datetime():%Y-%m-%dT%H:%M:%S.000Z}",
        "requestContext": {
            "requestId": event.request_id, "functionArn": f"{function.arn}:$LATEST", "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.payload),
    }  # fmt: skip
    if event.last is not None:
        failed = {"functionError": event.last.error} if event.last.error else {}
        record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST", **failed}
        record["responsePayload"] = json.loads(event.last.payload)
    if not _deliver(event.ctx, function, destination, json.dumps(record), {}):
        output.count(event.ctx, function, "DestinationDeliveryFailures", 1)


def _bury(event: Event, function: Function, target: str) -> None:
    message = json.loads(event.last.payload).get("errorMessage", "") if event.last else ""
    attributes = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (("RequestID", event.request_id), ("ErrorCode", "200"), ("ErrorMessage", message[:1024]))
        if value
    }
    if not _deliver(event.ctx, function, target, event.payload.decode(), attributes):
        output.count(event.ctx, function, "DeadLetterErrors", 1)


def _deliver(ctx: Context, function: Function, target: str, text: str, attributes: dict[str, Any]) -> bool:
    """With the rights of the function's role."""
    role, service = function.shape["Role"], target.split(":")[2]
    try:
        if service == "sqs":
            queue = queues.find(ctx, target)
            key = queue.settings.get("KmsMasterKeyId") if queue else None
            if queue is None or not role_may_send(ctx, role, target, key, PRINCIPAL):
                return False
            messages.put(ctx, queue, sqs.Draft(text, attributes))
            return True
        if service == "sns":
            topic = topics.kept(ctx).topics.get(target)
            key = topic.settings.get("KmsMasterKeyId") if topic else None
            if topic is None or not role_may(ctx, role, "sns:Publish", target, PRINCIPAL):
                return False
            if key is not None and not role_may_use_key(ctx, role, key, PRINCIPAL, "sns"):
                return False
            ctx.call("sns", "Publish", {"TopicArn": target, "Message": text, "MessageAttributes": attributes})
            return True
    except AWSError:
        return False
    raise AWSError("NotImplemented", f"the sandbox's runtime delivers to queues and topics, not to {target}", 501)

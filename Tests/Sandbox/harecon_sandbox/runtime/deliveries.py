# SPDX-License-Identifier: Apache-2.0
"""What a service hands over to a target: tried again while that may help, put aside when it does not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from harecon_sandbox import refusals
from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services import resource_policy, sns, sqs
from harecon_sandbox.services.lambda_.state import find
from harecon_sandbox.services.logs.resource_policies import policies_of

from . import events_queue
from .functions import require_invocable
from .life import Runtime
from .rights import function_lets

#: Simulated seconds before the second attempt; twice as many before each that follows.
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
#: Of faults, those after which an attempt is made again.
PASSING = ("throttle", "500", "503")


@dataclass
class Delivery:
    """How one delivery has gone; `outcome` is waiting, delivered, dead (put aside) or lost."""

    n: int
    source: str
    target: str
    payload: str
    since: float
    attempts: int = 0
    outcome: str = "waiting"
    code: str = ""
    message: str = ""

    def shape(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Terms:
    """How often and for how long (simulated seconds) a delivery is tried, and who is told of its end.

    `bury` puts it aside with what is said of it and says whether that went; None has it dropped.
    """

    retries: int
    age: float
    bury: Callable[[dict[str, str]], bool] | None
    ended: Callable[[Delivery], None]


class Refused(AWSError):
    """A target that will not take it, now or later."""


def deliveries_of(ctx: Context) -> list[Delivery]:
    kept: list[Delivery] = ctx.store.setdefault("runtime/deliveries", [])
    return kept


def deliver(
    runtime: Runtime, ctx: Context, source: str, target: str, payload: str, send: Callable[[], None], terms: Terms
) -> None:
    """Has `send` tried at once; it raises Refused for good, and any other AWSError for now."""
    kept = deliveries_of(ctx)
    delivery = Delivery(len(kept) + 1, source, target, payload, ctx.clock.now())
    kept.append(delivery)
    _try(runtime, ctx, delivery, send, terms)


def _try(runtime: Runtime, ctx: Context, delivery: Delivery, send: Callable[[], None], terms: Terms) -> None:
    delivery.attempts += 1
    try:
        send()
    except AWSError as error:
        delivery.code, delivery.message = error.code, error.message
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (delivery.attempts - 1))
        exhausted = ""
        if isinstance(error, Refused):
            exhausted = "-"
        elif delivery.attempts > terms.retries:
            exhausted = "MaximumRetryAttempts"
        elif ctx.clock.now() + pause - delivery.since > terms.age:
            exhausted = "MaximumEventAgeInSeconds"
        if exhausted:
            _give_up(delivery, terms, exhausted)
        else:
            due = ctx.clock.now() + pause
            runtime.later(ctx, due, lambda: _try(runtime, ctx, delivery, send, terms))
        return
    delivery.outcome = "delivered"
    terms.ended(delivery)


def _give_up(delivery: Delivery, terms: Terms, exhausted: str) -> None:
    said = {
        "ERROR_CODE": delivery.code, "ERROR_MESSAGE": delivery.message[:1024], "TARGET_ARN": delivery.target,
        "RETRY_ATTEMPTS": str(delivery.attempts - 1),
    }  # fmt: skip
    if exhausted != "-":
        said["EXHAUSTED_RETRY_CONDITION"] = exhausted
    delivery.outcome = "dead" if terms.bury is not None and terms.bury(said) else "lost"
    terms.ended(delivery)


def letter(body: str, said: dict[str, str]) -> sqs.Draft:
    """What goes into a dead-letter queue: the payload, and why it is there as attributes."""
    return sqs.Draft(
        body, {name: {"DataType": "String", "StringValue": value} for name, value in said.items() if value}
    )


# Targets -----------------------------------------------------------------------------------------------------------


def meet_faults(runtime: Runtime, ctx: Context, service: str, operation: str) -> None:
    """The account's faults strike what services call for it as they strike its own calls."""
    struck = runtime.account(ctx).faults.strike(service, operation)
    if struck is None or struck[0] not in (*PASSING, "denied"):
        return
    error = refusals.refusal(struck[0], service, "query")
    kind = AWSError if struck[0] in PASSING else Refused
    raise kind(error.code, error.message, error.status)


def to_function(runtime: Runtime, ctx: Context, arn: str, payload: str, principal: str, source: str) -> None:
    """Puts an event into the function's queue; the function's policy must let the service in for the source."""
    function = find(ctx, arn)
    if function is None:
        raise Refused("ResourceNotFoundException", f"Function not found: {arn}")
    if not function_lets(function, principal, "lambda:InvokeFunction", arn=source, account=ctx.account):
        message = f"User: {principal} is not authorized to perform: lambda:InvokeFunction on resource: {arn}"
        raise Refused("AccessDeniedException", message, 403)
    meet_faults(runtime, ctx, "lambda", "Invoke")
    require_invocable(function)
    events_queue.enqueue(runtime, ctx, function, payload.encode(), source)


def to_queue(runtime: Runtime, ctx: Context, arn: str, draft: sqs.Draft, principal: str, source: str) -> None:
    meet_faults(runtime, ctx, "sqs", "SendMessage")
    if not sqs.deliver(ctx, arn, draft, principal, source):
        raise Refused("NO_PERMISSIONS", f"{principal} may not send to {arn} for {source}, or to its key", 403)


def to_topic(runtime: Runtime, ctx: Context, arn: str, notice: sns.Notice, principal: str, source: str) -> None:
    meet_faults(runtime, ctx, "sns", "Publish")
    if not sns.publish_for(ctx, arn, notice, principal, source):
        raise Refused("NO_PERMISSIONS", f"{principal} may not publish to {arn} for {source}, or to its key", 403)


def to_log_group(runtime: Runtime, ctx: Context, arn: str, text: str, principal: str, source: str) -> None:
    """A stream of its own for each event; a resource policy of CloudWatch Logs must let the service write."""
    group = arn.split(":log-group:", 1)[1].removesuffix(":*")
    context = {"aws:SourceArn": source, "aws:SourceAccount": ctx.account}
    documents = [policy["policyDocument"] for policy in policies_of(ctx).values()]
    stream = f"{arn.removesuffix(':*')}:log-stream:{uuid.uuid4()}"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        if not any(
            resource_policy.service_allowed(document, principal, action, place, context)
            for document in documents
            for place in (stream, f"{arn.removesuffix(':*')}:*")
        ):
            raise Refused("NO_PERMISSIONS", f"no resource policy lets {principal} {action} in {group}", 403)
    meet_faults(runtime, ctx, "logs", "PutLogEvents")
    name = stream.rsplit(":", 1)[1]
    from . import output

    try:
        ctx.call("logs", "CreateLogStream", {"logGroupName": group, "logStreamName": name})
        event = {"timestamp": output.log_time(ctx), "message": text}
        ctx.call("logs", "PutLogEvents", {"logGroupName": group, "logStreamName": name, "logEvents": [event]})
    except AWSError as error:
        raise Refused(error.code, error.message, error.status) from None


def as_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

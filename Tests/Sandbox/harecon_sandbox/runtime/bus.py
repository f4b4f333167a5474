# SPDX-License-Identifier: Apache-2.0
"""EventBridge's buses: what is put on one goes to the targets of the rules that it matches."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import sns, sqs
from harecon_sandbox.services.events import patterns
from harecon_sandbox.services.events.state import DEFAULT_BUS, SERVICE, Rule, bus_name, state_of

from . import deliveries, output, transform
from .deliveries import Delivery, Refused, Terms
from .life import Runtime, runtime_of

PRINCIPAL = "events.amazonaws.com"
ENTRIES, LARGEST = 10, 262_144
RETRIES, AGE = 185, 86_400


@operation(SERVICE, "PutEvents")
def put_events(ctx: Context, params: Params) -> Result:
    """Each entry for itself; those that are wrong are in the answer."""
    runtime = runtime_of(ctx)
    if runtime is None:
        return ctx.emulate(SERVICE, "PutEvents", params)
    entries = params["Entries"]
    if not 1 <= len(entries) <= ENTRIES:
        raise AWSError("ValidationException", f"Member must have length between 1 and {ENTRIES}")
    if sum(len(json.dumps(entry, default=str)) for entry in entries) > LARGEST:
        raise AWSError("ValidationException", "Total size of the entries in the request is over the limit.")
    answers = [_put(runtime, ctx, entry) for entry in entries]
    return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}


def _put(runtime: Runtime, ctx: Context, entry: Params) -> dict[str, str]:
    missing = next((name for name in ("Source", "DetailType", "Detail") if not entry.get(name)), None)
    if missing is not None:
        return _wrong("InvalidArgument", f"Parameter {missing} is not valid. Reason: {missing} is a required argument.")
    if entry["Source"].startswith("aws."):
        return _wrong("NotAuthorizedForSourceException", "Not authorized for the source.")
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return _wrong("MalformedDetail", "Detail is malformed.")
    at = entry["Time"].timestamp() if "Time" in entry else ctx.clock.now()
    resources = list(entry.get("Resources") or [])
    bus = bus_name(ctx, entry.get("EventBusName"))
    return {"EventId": publish(runtime, ctx, entry["Source"], entry["DetailType"], resources, detail, at, bus)}


def _wrong(code: str, message: str) -> dict[str, str]:
    return {"ErrorCode": code, "ErrorMessage": message}


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def publish(
    runtime: Runtime, ctx: Context, source: str, kind: str, resources: list[str], detail: dict[str, Any], at: float,
    bus: str = DEFAULT_BUS,
) -> str:  # fmt: skip
    """Puts an event on the bus and answers its id."""
    event = {
        "version": "0", "id": str(uuid.uuid4()), "detail-type": kind, "source": source, "account": ctx.account,
        "time": stamp(at), "region": ctx.region, "resources": resources, "detail": detail,
    }  # fmt: skip
    for rule in sorted(state_of(ctx).rules.values(), key=lambda rule: rule.name):
        if rule.bus == bus and rule.state != "DISABLED" and rule.pattern and _matches(rule, event):
            trigger(runtime, ctx, rule, event)
    return str(event["id"])


def _matches(rule: Rule, event: dict[str, Any]) -> bool:
    # A put checks the pattern, so that one with a feature that is not known never gets here.
    return patterns.matches(patterns.parse(rule.pattern or ""), event)


def trigger(runtime: Runtime, ctx: Context, rule: Rule, event: dict[str, Any]) -> None:
    _count(ctx, rule, "TriggeredRules")
    now = stamp(ctx.clock.now())
    for _, target in sorted(rule.targets.items()):
        text = transform.payload(target, event, rule.arn, rule.name, now)
        _send(runtime, ctx, rule, dict(target), text)


def _send(runtime: Runtime, ctx: Context, rule: Rule, target: dict[str, Any], text: str) -> None:
    policy, dead = target.get("RetryPolicy") or {}, (target.get("DeadLetterConfig") or {}).get("Arn")

    def send() -> None:
        _count(ctx, rule, "InvocationAttempts")
        _to_target(runtime, ctx, rule, target, text)

    def bury(said: dict[str, str]) -> bool:
        done = sqs.deliver(ctx, dead, deliveries.letter(text, {"RULE_ARN": rule.arn, **said}), PRINCIPAL, rule.arn)
        _count(ctx, rule, "InvocationsSentToDlq" if done else "InvocationsFailedToBeSentToDlq")
        return done

    def ended(delivery: Delivery) -> None:
        _count(ctx, rule, "Invocations")
        if delivery.outcome != "delivered":
            _count(ctx, rule, "FailedInvocations")

    terms = Terms(
        int(policy.get("MaximumRetryAttempts", RETRIES)), float(policy.get("MaximumEventAgeInSeconds", AGE)),
        bury if dead else None, ended,
    )  # fmt: skip
    deliveries.deliver(runtime, ctx, rule.arn, target["Arn"], text, send, terms)


def _to_target(runtime: Runtime, ctx: Context, rule: Rule, target: dict[str, Any], text: str) -> None:
    arn = target["Arn"]
    match arn.split(":")[2]:
        case "lambda":
            deliveries.to_function(runtime, ctx, arn, text, PRINCIPAL, rule.arn)
        case "sqs":
            group = (target.get("SqsParameters") or {}).get("MessageGroupId")
            deliveries.to_queue(runtime, ctx, arn, sqs.Draft(text, group=group), PRINCIPAL, rule.arn)
        case "sns":
            deliveries.to_topic(runtime, ctx, arn, sns.Notice(text), PRINCIPAL, rule.arn)
        case "logs":
            deliveries.to_log_group(runtime, ctx, arn, text, PRINCIPAL, rule.arn)
        case service:
            raise Refused("NotImplemented", f"the sandbox's runtime has no targets of {service}", 501)


def _count(ctx: Context, rule: Rule, name: str) -> None:
    output.own(ctx, "AWS/Events", name, {"RuleName": rule.name}, 1)

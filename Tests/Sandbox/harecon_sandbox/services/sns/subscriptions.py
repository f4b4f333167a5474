# SPDX-License-Identifier: Apache-2.0
"""Subscriptions: pending until their owner confirms them, with attributes that are judged."""

from __future__ import annotations

import json
import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

from . import filters, state, topics
from .state import SERVICE, Subscription

SETTABLE = frozenset(
    {
        "DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy",
        "SubscriptionRoleArn",
    }
)  # fmt: skip
PENDING = "PendingConfirmation"


def _check_endpoint(ctx: Context, protocol: str, endpoint: str) -> None:
    patterns = {
        "http": r"http://[^\s/?#]+.*",
        "https": r"https://[^\s/?#]+.*",
        "email": r"[^\s@]+@[^\s@]+\.[^\s@]+",
        "email-json": r"[^\s@]+@[^\s@]+\.[^\s@]+",
        "sms": r"\+?[0-9][0-9./-]{5,14}",
    }
    if protocol not in state.PROTOCOLS:
        reason = f"Amazon SNS does not support this protocol string: {protocol}"
        raise AWSError("InvalidParameter", f"Invalid parameter: {reason}")
    if protocol in patterns and not re.fullmatch(patterns[protocol], endpoint):
        raise AWSError("InvalidParameter", f"Invalid parameter: {protocol} endpoint: {endpoint}")
    if protocol in ("sqs", "lambda", "firehose") and not re.fullmatch(rf"arn:aws[a-z-]*:{protocol}:.+", endpoint):
        raise AWSError("InvalidParameter", f"Invalid parameter: {protocol.upper()} endpoint ARN")
    if protocol == "sqs" and endpoint.endswith(".fifo"):
        reason = "FIFO SQS Queues can not be subscribed to standard SNS topics"
        raise AWSError("InvalidParameter", f"Invalid parameter: Invalid parameter: Endpoint Reason: {reason}")


def _check(ctx: Context, protocol: str, given: dict[str, str], together: dict[str, str]) -> None:
    """Refuses attributes that SNS would not take; `together` is what they make with those that are there."""
    for name, value in given.items():
        if name not in SETTABLE:
            raise state.invalid("AttributeName", f"{name} is not an attribute of a subscription")
        if not value:
            continue
        match name:
            case "RawMessageDelivery":
                if value not in ("true", "false"):
                    raise state.invalid("Attributes", f"RawMessageDelivery: Invalid value [{value}]")
                if value == "true" and protocol not in ("sqs", "http", "https", "firehose"):
                    raise state.invalid("Attributes", "Delivery protocol does not support raw message delivery.")
            case "FilterPolicyScope":
                if value not in ("MessageAttributes", "MessageBody"):
                    raise state.invalid("Attributes", f"FilterPolicyScope: Invalid value [{value}].")
            case "RedrivePolicy":
                _check_redrive(ctx, value)
            case "DeliveryPolicy":
                if protocol not in ("http", "https"):
                    raise state.invalid("Attributes", f"DeliveryPolicy: protocol [{protocol}] has none")
                topics.check_delivery_policy(value)
            case _:
                pass
    if together.get("FilterPolicy") and ("FilterPolicy" in given or "FilterPolicyScope" in given):
        filters.check(together["FilterPolicy"], together.get("FilterPolicyScope", "MessageAttributes"))


def _check_redrive(ctx: Context, text: str) -> None:
    policy = state.json_object(text)
    target = policy.get("deadLetterTargetArn") if policy is not None else None
    if not isinstance(target, str):
        raise AWSError("InvalidParameter", "Invalid parameter: RedrivePolicy: failed to parse JSON.")
    parts = target.split(":")
    if len(parts) != 6 or parts[2] != "sqs" or parts[3:5] != [ctx.region, ctx.account]:
        reason = f"deadLetterTargetArn is an invalid arn: {target}"
        raise AWSError("InvalidParameter", f"Invalid parameter: RedrivePolicy: {reason}")


@operation(SERVICE, "Subscribe")
def subscribe(ctx: Context, params: Params) -> Result:
    topic = state.require_topic(ctx, params["TopicArn"])
    protocol, endpoint = params["Protocol"], params.get("Endpoint", "")
    given = dict(params.get("Attributes") or {})
    _check_endpoint(ctx, protocol, endpoint)
    _check(ctx, protocol, given, given)
    kept = state.kept(ctx)
    found = next(
        (s for s in kept.subscriptions if (s.topic, s.protocol, s.endpoint) == (topic.arn, protocol, endpoint)), None
    )
    if found is None:
        found = Subscription(
            topic.arn, protocol, endpoint, state.new_subscription_arn(topic.arn), ctx.account,
            {name: value for name, value in given.items() if value},
        )  # fmt: skip
        kept.subscriptions.append(found)
        if protocol not in state.TRUSTED:
            found.token = state.new_token()
    elif any(found.settings.get(name, _default(name)) != value for name, value in given.items()):
        raise state.invalid("Attributes", "Subscription already exists with different attributes")
    if found.is_pending:
        # Asked again, SNS sends the link again.
        found.asked = ctx.clock.now()
        if not params.get("ReturnSubscriptionArn"):
            return {"SubscriptionArn": "pending confirmation"}
    return {"SubscriptionArn": found.arn}


def _default(name: str) -> str:
    return {"RawMessageDelivery": "false", "FilterPolicyScope": "MessageAttributes"}.get(name, "")


@operation(SERVICE, "ConfirmSubscription")
def confirm(ctx: Context, params: Params) -> Result:
    topic = state.require_topic(ctx, params["TopicArn"])
    for subscription in state.kept(ctx).subscriptions:
        if subscription.topic == topic.arn and subscription.token == params["Token"]:
            subscription.token = None
            return {"SubscriptionArn": subscription.arn}
    raise AWSError("InvalidParameter", "Invalid token")


@operation(SERVICE, "Unsubscribe")
def unsubscribe(ctx: Context, params: Params) -> Result:
    """Of one that is gone already it is no error; one that is pending has no ARN to name it by."""
    arn = params["SubscriptionArn"]
    if len(arn.split(":")) < 6:
        raise state.invalid("SubscriptionArn", f"An ARN must have at least 6 elements, not {len(arn.split(':'))}")
    kept = state.kept(ctx)
    for subscription in [s for s in kept.subscriptions if s.arn == arn]:
        if subscription.is_pending:
            raise state.invalid("SubscriptionArn", "This operation is not permitted on a pending subscription")
        kept.subscriptions.remove(subscription)
        kept.topics[subscription.topic].cancelled += 1
    return {}


def _entry(subscription: Subscription) -> dict[str, Any]:
    return {
        "SubscriptionArn": PENDING if subscription.is_pending else subscription.arn,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": _without_password(subscription.endpoint),
        "TopicArn": subscription.topic,
    }


def _without_password(endpoint: str) -> str:
    return re.sub(r"^(https?://[^:@/?#]*):[^@/?#]*@", r"\1:****@", endpoint)


@operation(SERVICE, "ListSubscriptionsByTopic")
def list_by_topic(ctx: Context, params: Params) -> Result:
    topic = state.require_topic(ctx, params["TopicArn"])
    return {"Subscriptions": [_entry(s) for s in state.kept(ctx).subscriptions if s.topic == topic.arn]}


@operation(SERVICE, "ListSubscriptions")
def list_all(ctx: Context, params: Params) -> Result:
    return {"Subscriptions": [_entry(s) for s in state.kept(ctx).subscriptions]}


@operation(SERVICE, "GetSubscriptionAttributes")
def get_attributes(ctx: Context, params: Params) -> Result:
    subscription = state.require_subscription(ctx, params["SubscriptionArn"])
    shown = {
        "RawMessageDelivery": "false",
        **subscription.settings,
        "SubscriptionArn": subscription.arn,
        "TopicArn": subscription.topic,
        "Protocol": subscription.protocol,
        "Endpoint": _without_password(subscription.endpoint),
        "Owner": subscription.owner,
        "PendingConfirmation": "true" if subscription.is_pending else "false",
        "ConfirmationWasAuthenticated": "true" if subscription.protocol in state.TRUSTED else "false",
        "SubscriptionPrincipal": f"arn:aws:iam::{ctx.account}:root",
    }
    if "FilterPolicy" in shown:
        shown.setdefault("FilterPolicyScope", "MessageAttributes")
    else:
        shown.pop("FilterPolicyScope", None)
    if subscription.protocol in ("http", "https"):
        shown["EffectiveDeliveryPolicy"] = _effective(ctx, subscription)
    return {"Attributes": shown}


def _effective(ctx: Context, subscription: Subscription) -> str:
    own = state.json_object(subscription.settings.get("DeliveryPolicy", "")) or {}
    retries = topics.RETRIES | own.get("healthyRetryPolicy", {})
    return json.dumps({"healthyRetryPolicy": retries, "sicklyRetryPolicy": None, "throttlePolicy": None})


@operation(SERVICE, "SetSubscriptionAttributes")
def set_attributes(ctx: Context, params: Params) -> Result:
    subscription = state.require_subscription(ctx, params["SubscriptionArn"])
    if subscription.is_pending:
        raise state.invalid("SubscriptionArn", "This operation is not permitted on a pending subscription")
    name, value = params["AttributeName"], params.get("AttributeValue", "")
    _check(ctx, subscription.protocol, {name: value}, subscription.settings | {name: value})
    if value and not (name == "FilterPolicy" and value == "{}"):
        subscription.settings[name] = value
    else:
        subscription.settings.pop(name, None)
    return {}


def queue_of(subscription: Subscription) -> str | None:
    """The dead-letter queue."""
    policy = state.json_object(subscription.settings.get("RedrivePolicy", "")) or {}
    target = policy.get("deadLetterTargetArn")
    return str(target) if target else None



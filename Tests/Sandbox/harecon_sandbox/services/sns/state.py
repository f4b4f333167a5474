# SPDX-License-Identifier: Apache-2.0
"""Topics and subscriptions as SNS keeps them."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services.common import Tags

SERVICE = "sns"
DAY = 86_400.0
#: "Confirmation tokens are valid for two days"; a subscription that was not confirmed goes with its token.
PENDING = 2 * DAY
#: Protocols whose endpoint confirms by itself what its owner asks for.
TRUSTED = frozenset({"sqs", "lambda", "sms", "application", "firehose"})
PROTOCOLS = TRUSTED | {"http", "https", "email", "email-json"}


@dataclass
class Topic:
    arn: str
    name: str
    settings: dict[str, str]
    tags: Tags
    cancelled: int = 0


@dataclass
class Subscription:
    topic: str
    protocol: str
    endpoint: str
    arn: str
    owner: str
    settings: dict[str, str]
    #: None once it is confirmed.
    token: str | None = None
    asked: float = 0.0

    @property
    def is_pending(self) -> bool:
        return self.token is not None


@dataclass
class Delivery:
    """What has left for an endpoint outside AWS: a URL or an address."""

    topic: str
    protocol: str
    endpoint: str
    message: str
    subject: str | None


@dataclass
class Topics:
    """Of one account and region; topics by ARN."""

    topics: dict[str, Topic] = field(default_factory=dict)
    subscriptions: list[Subscription] = field(default_factory=list)
    outbox: list[Delivery] = field(default_factory=list)


def kept(ctx: Context) -> Topics:
    """With all that has come about by now."""
    state = ctx.keep("sns", Topics)
    now = ctx.clock.now()
    state.subscriptions = [s for s in state.subscriptions if not s.is_pending or now < s.asked + PENDING]
    return state


def require_topic(ctx: Context, arn: str) -> Topic:
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "sns":
        raise invalid("TopicArn", f"An ARN must have at least 6 elements, not {len(parts)}")
    topic = kept(ctx).topics.get(arn)
    if topic is None:
        raise AWSError("NotFound", "Topic does not exist")
    return topic


def require_subscription(ctx: Context, arn: str) -> Subscription:
    parts = arn.split(":")
    if len(parts) < 6:
        raise invalid("SubscriptionArn", f"An ARN must have at least 6 elements, not {len(parts)}")
    for subscription in kept(ctx).subscriptions:
        if subscription.arn == arn:
            return subscription
    raise AWSError("NotFound", "Subscription does not exist")


def invalid(name: str, reason: str) -> AWSError:
    return AWSError("InvalidParameter", f"Invalid parameter: {name} Reason: {reason}")


def new_subscription_arn(topic_arn: str) -> str:
    return f"{topic_arn}:{uuid.uuid4()}"


def new_token() -> str:
    return secrets.token_hex(64)


def json_object(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None

# SPDX-License-Identifier: Apache-2.0
"""Publishing: to queues at once, to functions by an event, to everybody else into the outbox."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import kms, resource_policy, sqs

from . import filters, state, subscriptions
from .state import SERVICE, Subscription, Topic

LONGEST = 262_144
PRINCIPAL = "sns.amazonaws.com"


@dataclass
class Notice:
    """A message as it is published."""

    message: str
    subject: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    #: Protocol → text, of a message with `MessageStructure` json.
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, protocol: str) -> str:
        return self.texts.get(protocol, self.message)


@operation(SERVICE, "Publish")
def publish(ctx: Context, params: Params) -> Result:
    target = params.get("TopicArn") or params.get("TargetArn")
    if not target:
        raise state.invalid("TopicArn or TargetArn", "no value for required parameter")
    return {"MessageId": _publish(ctx, state.require_topic(ctx, target), _notice(params))}


@operation(SERVICE, "PublishBatch")
def publish_batch(ctx: Context, params: Params) -> Result:
    topic = state.require_topic(ctx, params["TopicArn"])
    entries = params["PublishBatchRequestEntries"]
    if len({entry["Id"] for entry in entries}) != len(entries):
        message = "Two or more batch entries in the request have the same Id."
        raise AWSError("BatchEntryIdsNotDistinct", message)
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            done.append({"Id": entry["Id"], "MessageId": _publish(ctx, topic, _notice(entry))})
        except AWSError as error:
            failed.append({"Id": entry["Id"], "Code": error.code, "Message": error.message, "SenderFault": True})
    return {"Successful": done, "Failed": failed}


def publish_for(ctx: Context, topic_arn: str, notice: Notice, service: str, source_arn: str) -> bool:
    """Publishes for a service (`events.amazonaws.com`) on behalf of a resource (a rule); False when it may not.

    The topic's policy must let the service publish for that resource, and a customer key's policy must let the service
    use it; a topic under AWS's own key takes nothing from services.
    """
    topic = state.kept(ctx).topics.get(topic_arn)
    if topic is None:
        return False
    context = {"aws:SourceArn": source_arn, "aws:SourceAccount": ctx.account, "aws:SourceOwner": ctx.account}
    if not resource_policy.service_allowed(topic.settings["Policy"], service, "sns:Publish", topic_arn, context):
        return False
    identifier = topic.settings.get("KmsMasterKeyId")
    if identifier is not None:
        key = kms.find_key(ctx, identifier) if identifier != "alias/aws/sns" else None
        actions = ("kms:GenerateDataKey", "kms:Decrypt")
        if key is None or not all(kms.allows_service(key, service, action, {}) for action in actions):
            return False
    try:
        _publish(ctx, topic, notice)
    except AWSError:
        return False
    return True


def _notice(params: Params) -> Notice:
    message = params["Message"]
    if len(message.encode()) > LONGEST:
        raise state.invalid("Message", "Message too long")
    subject = params.get("Subject")
    if subject is not None and (not 1 <= len(subject) <= 100 or "\n" in subject):
        raise AWSError("InvalidParameter", "Invalid parameter: Subject")
    attributes = dict(params.get("MessageAttributes") or {})
    if params.get("MessageStructure") != "json":
        return Notice(message, subject, attributes)
    texts = state.json_object(message)
    if texts is None:
        raise state.invalid("Message Structure", "No JSON message body")
    if "default" not in texts:
        raise state.invalid("Message Structure", "No default entry in JSON message body")
    return Notice(str(texts["default"]), subject, attributes, {name: str(text) for name, text in texts.items()})


def _publish(ctx: Context, topic: Topic, notice: Notice) -> str:
    kms.require_usable(ctx, topic.settings.get("KmsMasterKeyId"), SERVICE, "KMS")
    message_id = str(uuid.uuid4())
    for subscription in [s for s in state.kept(ctx).subscriptions if s.topic == topic.arn and not s.is_pending]:
        settings = subscription.settings
        scope = settings.get("FilterPolicyScope", "MessageAttributes")
        if filters.passes(settings.get("FilterPolicy"), scope, notice.attributes, notice.message):
            _deliver(ctx, subscription, notice, message_id)
    return message_id


def _deliver(ctx: Context, subscription: Subscription, notice: Notice, message_id: str) -> None:
    match subscription.protocol:
        case "sqs":
            draft = _for_queue(ctx, subscription, notice, message_id)
            done = sqs.deliver(ctx, subscription.endpoint, draft, PRINCIPAL, subscription.topic)
        case "lambda":
            done = _invoke(ctx, subscription, notice, message_id)
        case _:
            text = notice.text(subscription.protocol)
            state.kept(ctx).outbox.append(
                state.Delivery(
                    subscription.topic, subscription.protocol, subscription.endpoint, text, notice.subject
                )
            )
            done = True
    dead = subscriptions.queue_of(subscription)
    if not done and dead is not None:
        sqs.deliver(ctx, dead, _for_queue(ctx, subscription, notice, message_id), PRINCIPAL, subscription.topic)


def _for_queue(ctx: Context, subscription: Subscription, notice: Notice, message_id: str) -> sqs.Draft:
    """Raw, a message keeps its attributes; otherwise they go into the envelope."""
    if subscription.settings.get("RawMessageDelivery") == "true":
        return sqs.Draft(notice.text("sqs"), dict(notice.attributes))
    return sqs.Draft(json.dumps(_envelope(ctx, subscription, notice, message_id), indent=2))


def _envelope(ctx: Context, subscription: Subscription, notice: Notice, message_id: str) -> dict[str, Any]:
    host = f"https://sns.{ctx.region}.amazonaws.com"
    envelope: dict[str, Any] = {"Type": "Notification", "MessageId": message_id, "TopicArn": subscription.topic}
    if notice.subject is not None:
        envelope["Subject"] = notice.subject
    envelope |= {
        "Message": notice.text(subscription.protocol),
        "Timestamp": ctx.clock.datetime().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
    }
    if notice.attributes:
        envelope["MessageAttributes"] = {
            name: {"Type": value["DataType"], "Value": value.get("StringValue", "")}
            for name, value in notice.attributes.items()
        }
    return envelope


def _invoke(ctx: Context, subscription: Subscription, notice: Notice, message_id: str) -> bool:
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": {"Subject": None, "MessageAttributes": {}, **_envelope(ctx, subscription, notice, message_id)},
    }
    payload = json.dumps({"Records": [record]})
    if ctx.runner.runtime is not None:
        from harecon_sandbox.runtime.deliveries import to_function

        try:
            to_function(ctx.runner.runtime, ctx, subscription.endpoint, payload, PRINCIPAL, subscription.topic)
        except AWSError:
            return False
        return True
    event = {"FunctionName": subscription.endpoint, "InvocationType": "Event", "Payload": payload}
    try:
        ctx.call("lambda", "Invoke", event)
    except AWSError:
        return False
    return True

# SPDX-License-Identifier: Apache-2.0
"""The life of topics: made, described, changed, tagged, deleted with their subscriptions."""

from __future__ import annotations

import json
import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import iam, kms
from harecon_sandbox.services.common import arn, check_tags, tag_list, tags_from

from . import state
from .state import SERVICE, Topic

FEEDBACK = {
    f"{protocol}{what}"
    for protocol in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
    for what in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
}
SETTABLE = frozenset(
    {"DeliveryPolicy", "DisplayName", "KmsMasterKeyId", "Policy", "SignatureVersion", "TracingConfig", *FEEDBACK}
)
FIFO_ONLY = frozenset({"ArchivePolicy", "ContentBasedDeduplication", "FifoThroughputScope"})
#: How SNS repeats deliveries to URLs when nobody has said otherwise.
RETRIES = {
    "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0, "numNoDelayRetries": 0,
    "numMinDelayRetries": 0, "backoffFunction": "linear",
}  # fmt: skip


def _default_policy(ctx: Context, topic_arn: str) -> str:
    actions = (
        "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
        "ListSubscriptionsByTopic", "Publish",
    )  # fmt: skip
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": ctx.account}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


# What attributes may be --------------------------------------------------------------------------------------------


def _check(ctx: Context, topic_arn: str, name: str, value: str) -> None:
    allowed = SETTABLE | (FIFO_ONLY if topic_arn.endswith(".fifo") else frozenset())
    if name not in allowed:
        raise state.invalid("AttributeName", f"{name} is not an attribute of this topic")
    if not value:
        return
    if name == "Policy":
        _check_policy(ctx, topic_arn, value)
    elif name == "DeliveryPolicy":
        check_delivery_policy(value)
    elif name == "KmsMasterKeyId" and not _usable(ctx, value):
        # Not documented; the stricter reading: what SNS could never use is refused at once.
        raise state.invalid("KmsMasterKeyId", f"KMS key {value} does not exist or is not enabled")
    elif name == "DisplayName" and len(value) > 100:
        raise state.invalid("DisplayName", "must be at most 100 characters long")
    elif (name == "SignatureVersion" and value not in ("1", "2")) or (
        name == "TracingConfig" and value not in ("PassThrough", "Active")
    ):
        raise state.invalid(name, f"{value} is not a value of it")
    elif name.endswith("SampleRate") and not (re.fullmatch(r"\d{1,3}", value) and int(value) <= 100):
        raise state.invalid(name, "must be an integer between 0 and 100")
    elif name.endswith("RoleArn") and not _logs(ctx, value):
        raise state.invalid(name, f"{value} is no role that the service can assume")


def _logs(ctx: Context, role_arn: str) -> bool:
    return iam.usable_by(ctx, role_arn, "sns.amazonaws.com", "logs:PutLogEvents")


def _usable(ctx: Context, identifier: str) -> bool:
    if identifier == "alias/aws/sns":
        return True
    key = kms.find_key(ctx, identifier)
    return key is not None and key.key_state == "Enabled"


def _check_policy(ctx: Context, topic_arn: str, text: str) -> None:
    document = iam.load_document(text)
    if document is None or not iam.statements(document):
        raise _policy_error("null")
    if len(text.encode()) > 30_720:
        raise state.invalid("Policy", "Policy is too large")
    for statement in iam.statements(document):
        actions = [action.lower() for action in iam.as_list(statement.get("Action"))]
        if statement.get("Effect") not in ("Allow", "Deny") or "Principal" not in statement:
            raise _policy_error("null")
        if any(action != "*" and not action.startswith("sns:") for action in actions) or not actions:
            raise AWSError(
                "InvalidParameter", "Invalid parameter: Policy statement action out of service scope!"
            )
        if topic_arn not in iam.as_list(statement.get("Resource")):
            raise AWSError("InvalidParameter", "Invalid parameter: Invalid Resource Specified in Policy")
        if any(not iam.known_principal(ctx, principal) for principal in iam.principals(statement, "AWS")):
            raise _policy_error("PrincipalNotFound")


def _policy_error(reason: str) -> AWSError:
    return AWSError("InvalidParameter", f"Invalid parameter: Policy Error: {reason}")


def check_delivery_policy(text: str) -> None:
    document = state.json_object(text)
    if document is None:
        raise AWSError("InvalidParameter", "Invalid parameter: DeliveryPolicy: failed to parse JSON")
    known = {"http", "healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "guaranteed", "requestPolicy"}
    if set(document) - known:
        raise AWSError("InvalidParameter", f"Invalid parameter: DeliveryPolicy: unexpected {sorted(document)}")


def _apply(ctx: Context, topic: Topic, name: str, value: str) -> None:
    """Some attributes have a value always: an empty one gives them back their first."""
    if value:
        topic.settings[name] = value
    elif name == "Policy":
        topic.settings[name] = _default_policy(ctx, topic.arn)
    elif name == "DisplayName":
        topic.settings[name] = ""
    else:
        topic.settings.pop(name, None)


# Operations --------------------------------------------------------------------------------------------------------


@operation(SERVICE, "CreateTopic")
def create_topic(ctx: Context, params: Params) -> Result:
    """Answers the topic that has the name, when tags and attributes are those of it."""
    name, given = params["Name"], dict(params.get("Attributes") or {})
    is_fifo = given.pop("FifoTopic", "false") == "true"
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,251}\.fifo" if is_fifo else r"[A-Za-z0-9_-]{1,256}", name):
        raise state.invalid("Topic Name", "the name holds what it may not")
    topic_arn = arn(ctx, SERVICE, name)
    tags = tags_from(params.get("Tags"))
    _check_topic_tags(tags, {})
    for attribute, value in given.items():
        _check(ctx, topic_arn, attribute, value)
    topics = state.kept(ctx).topics
    existing = topics.get(topic_arn)
    if existing is None:
        topic = Topic(topic_arn, name, {"DisplayName": "", "Policy": _default_policy(ctx, topic_arn)}, tags)
        if is_fifo:
            topic.settings |= {"FifoTopic": "true", "ContentBasedDeduplication": "false"}
        for attribute, value in given.items():
            _apply(ctx, topic, attribute, value)
        topics[topic_arn] = topic
    else:
        if any(existing.settings.get(attribute, "") != value for attribute, value in given.items()):
            raise state.invalid("Attributes", "Topic already exists with different attributes")
        if any(existing.tags.get(key) != value for key, value in tags.items()):
            raise state.invalid("Tags", "Topic already exists with different tags")
    return {"TopicArn": topic_arn}


@operation(SERVICE, "DeleteTopic")
def delete_topic(ctx: Context, params: Params) -> Result:
    """ "Deleting a topic that does not exist does not result in an error." """
    kept = state.kept(ctx)
    kept.topics.pop(params["TopicArn"], None)
    kept.subscriptions = [s for s in kept.subscriptions if s.topic != params["TopicArn"]]
    return {}


@operation(SERVICE, "ListTopics")
def list_topics(ctx: Context, params: Params) -> Result:
    return {"Topics": [{"TopicArn": topic_arn} for topic_arn in sorted(state.kept(ctx).topics)]}


@operation(SERVICE, "GetTopicAttributes")
def get_topic(ctx: Context, params: Params) -> Result:
    topic = state.require_topic(ctx, params["TopicArn"])
    mine = [s for s in state.kept(ctx).subscriptions if s.topic == topic.arn]
    shown = dict(topic.settings) | {
        "TopicArn": topic.arn,
        "Owner": ctx.account,
        "SubscriptionsConfirmed": str(sum(1 for s in mine if not s.is_pending)),
        "SubscriptionsPending": str(sum(1 for s in mine if s.is_pending)),
        "SubscriptionsDeleted": str(topic.cancelled),
        "EffectiveDeliveryPolicy": effective_policy(topic),
    }
    return {"Attributes": shown}


def effective_policy(topic: Topic) -> str:
    http: dict[str, Any] = {
        "defaultHealthyRetryPolicy": dict(RETRIES),
        "disableSubscriptionOverrides": False,
        "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
    }
    own = (state.json_object(topic.settings.get("DeliveryPolicy", "")) or {}).get("http", {})
    http["defaultHealthyRetryPolicy"] |= own.get("defaultHealthyRetryPolicy", {})
    return json.dumps({"http": http})


@operation(SERVICE, "SetTopicAttributes")
def set_topic(ctx: Context, params: Params) -> Result:
    topic = state.require_topic(ctx, params["TopicArn"])
    name, value = params["AttributeName"], params.get("AttributeValue", "")
    _check(ctx, topic.arn, name, value)
    _apply(ctx, topic, name, value)
    return {}


# Tags --------------------------------------------------------------------------------------------------------------


def _check_topic_tags(tags: dict[str, str], current: dict[str, str]) -> None:
    check_tags(tags, current, lambda message: state.invalid("Tags", message))


def _tagged(ctx: Context, topic_arn: str) -> Topic:
    topic = state.kept(ctx).topics.get(topic_arn)
    if topic is None:
        raise AWSError("ResourceNotFound", "Resource does not exist")
    return topic


@operation(SERVICE, "ListTagsForResource")
def list_tags(ctx: Context, params: Params) -> Result:
    return {"Tags": tag_list(_tagged(ctx, params["ResourceArn"]).tags)}


@operation(SERVICE, "TagResource")
def tag(ctx: Context, params: Params) -> Result:
    topic = _tagged(ctx, params["ResourceArn"])
    tags = tags_from(params["Tags"])
    if len({**topic.tags, **tags}) > 50:
        raise AWSError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
    _check_topic_tags(tags, topic.tags)
    topic.tags |= tags
    return {}


@operation(SERVICE, "UntagResource")
def untag(ctx: Context, params: Params) -> Result:
    topic = _tagged(ctx, params["ResourceArn"])
    for key in params["TagKeys"]:
        topic.tags.pop(key, None)
    return {}

# SPDX-License-Identifier: Apache-2.0
"""What a queue's attributes may be: names by type of queue, ranges, documents that are read."""

from __future__ import annotations

import json
import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services import iam, kms

from . import state

RANGES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
CHOICES = {
    "ContentBasedDeduplication": {"true", "false"},
    "DeduplicationScope": {"messageGroup", "queue"},
    "FifoThroughputLimit": {"perQueue", "perMessageGroupId"},
    "SqsManagedSseEnabled": {"true", "false"},
}
FIFO_ONLY = frozenset({"ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"})
DOCUMENTS = frozenset({"Policy", "RedrivePolicy", "RedriveAllowPolicy"})
SETTABLE = frozenset({*RANGES, *CHOICES, *DOCUMENTS, "KmsMasterKeyId"})
READ_ONLY = frozenset(
    {
        "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp", "FifoQueue", "LastModifiedTimestamp", "QueueArn",
    }
)  # fmt: skip
DEFAULTS = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
FIFO_DEFAULTS = {
    "ContentBasedDeduplication": "false", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue",
}  # fmt: skip


def check(ctx: Context, queue_arn: str, given: dict[str, str], current: dict[str, str]) -> dict[str, str]:
    """Refuses attributes that SQS would not take; answers them as it keeps them."""
    is_fifo = queue_arn.endswith(".fifo")
    for name, value in given.items():
        if name not in SETTABLE or (name in FIFO_ONLY and not is_fifo):
            raise AWSError("InvalidAttributeName", f"Unknown Attribute {name}.")
        _check_value(name, value)
    kept = dict(given)
    together = {**current, **{name: value for name, value in given.items() if value}}
    if together.get("FifoThroughputLimit") == "perMessageGroupId" and together["DeduplicationScope"] != "messageGroup":
        raise _invalid("FifoThroughputLimit")
    if given.get("Policy"):
        _check_policy(ctx, given["Policy"])
    if given.get("RedrivePolicy"):
        kept["RedrivePolicy"] = _redrive(ctx, queue_arn, given["RedrivePolicy"])
    if given.get("RedriveAllowPolicy"):
        kept["RedriveAllowPolicy"] = _redrive_allow(given["RedriveAllowPolicy"])
    return kept | _encryption(ctx, given, current)


def _invalid(name: str) -> AWSError:
    return AWSError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def _check_value(name: str, value: str) -> None:
    if name in RANGES:
        low, high = RANGES[name]
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            raise _invalid(name)
    elif name in CHOICES and value.lower() not in {choice.lower() for choice in CHOICES[name]}:
        raise _invalid(name)


def _encryption(ctx: Context, given: dict[str, str], current: dict[str, str]) -> dict[str, str]:
    """A customer key and SQS's own exclude each other: setting one ends the other."""
    if given.get("KmsMasterKeyId"):
        if given.get("SqsManagedSseEnabled") == "true":
            choice = "You can either enable KMS SSE or SQS SSE."
            message = f"You can use one type of server-side encryption (SSE) at one time. {choice}"
            raise AWSError("InvalidAttributeValue", message)
        if not _usable(ctx, given["KmsMasterKeyId"]):
            # Not documented; the stricter reading: what SQS could never use is refused at once.
            raise _invalid("KmsMasterKeyId")
        return {"SqsManagedSseEnabled": "false"}
    if given.get("SqsManagedSseEnabled") == "true" and current.get("KmsMasterKeyId") and "KmsMasterKeyId" not in given:
        return {"KmsMasterKeyId": ""}
    return {}


def _usable(ctx: Context, identifier: str) -> bool:
    if identifier == "alias/aws/sqs":
        return True
    key = kms.find_key(ctx, identifier)
    return key is not None and key.key_state == "Enabled"


def _check_policy(ctx: Context, text: str) -> None:
    """SQS says of whatever is wrong with a policy only that it is: a principal that it does not see yet too."""
    document = iam.load_document(text)
    if document is None or not iam.statements(document):
        raise _invalid("Policy")
    for statement in iam.statements(document):
        actions = [action.lower() for action in iam.as_list(statement.get("Action"))]
        named = iam.principals(statement, "AWS") + iam.principals(statement, "Service")
        if (
            statement.get("Effect") not in ("Allow", "Deny")
            or not named
            or not actions
            or any(action != "*" and not action.startswith("sqs:") for action in actions)
            or any(not iam.known_principal(ctx, principal) for principal in iam.principals(statement, "AWS"))
        ):
            raise _invalid("Policy")


def _object(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _bad(name: str, text: str, reason: str) -> AWSError:
    return AWSError("InvalidParameterValue", f"Value {text} for parameter {name} is invalid. Reason: {reason}")


def _redrive(ctx: Context, queue_arn: str, text: str) -> str:
    policy = _object(text)
    if policy is None:
        raise _bad("RedrivePolicy", text, "Redrive policy is not a valid JSON map.")
    for member in ("deadLetterTargetArn", "maxReceiveCount"):
        if member not in policy:
            reason = f"Redrive policy does not contain mandatory attribute: {member}."
            raise _bad("RedrivePolicy", text, reason)
    target_arn, count = str(policy["deadLetterTargetArn"]), str(policy["maxReceiveCount"])
    if not re.fullmatch(r"\d{1,4}", count) or not 1 <= int(count) <= 1000:
        reason = f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
        raise _bad("RedrivePolicy", text, reason)
    target = state.find(ctx, target_arn) if target_arn.split(":")[3:4] == [ctx.region] else None
    if target is None:
        raise _bad("RedrivePolicy", text, "Dead letter target does not exist.")
    if target.is_fifo != queue_arn.endswith(".fifo"):
        raise _bad("RedrivePolicy", text, "Dead-letter queue must be same type of queue as the source.")
    if not _lets(target, queue_arn):
        raise _bad("RedrivePolicy", text, "Dead letter target does not allow this queue to use it.")
    return json.dumps({"deadLetterTargetArn": target_arn, "maxReceiveCount": int(count)}, separators=(",", ":"))


def _lets(target: state.Queue, source_arn: str) -> bool:
    policy = _object(state.wanted(target).get("RedriveAllowPolicy", "")) or {}
    match policy.get("redrivePermission", "allowAll"):
        case "denyAll":
            return False
        case "byQueue":
            return source_arn in policy["sourceQueueArns"]
        case _:
            return True


def _redrive_allow(text: str) -> str:
    policy = _object(text)
    permission = policy.get("redrivePermission") if policy is not None else None
    if policy is None or permission not in ("allowAll", "denyAll", "byQueue"):
        raise _bad("RedriveAllowPolicy", text, "Amazon SQS can't create the redrive allow policy.")
    sources = policy.get("sourceQueueArns")
    if (sources is not None) != (permission == "byQueue"):
        raise _bad("RedriveAllowPolicy", text, "sourceQueueArns goes with the permission byQueue.")
    if sources is not None and (not isinstance(sources, list) or not 1 <= len(sources) <= 10):
        raise _bad("RedriveAllowPolicy", text, "sourceQueueArns names 1 to 10 queues.")
    return text

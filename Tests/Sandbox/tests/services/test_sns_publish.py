# SPDX-License-Identifier: Apache-2.0
"""Deliveries to queues: in an envelope or raw, filtered, let in by the queue's policy, dead letters kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import refused, root_statement


@pytest.fixture
def sns(aws: Any) -> Any:
    aws.settings(sqs_propagation=0)
    return aws.client("sns")


@pytest.fixture
def sqs(aws: Any) -> Any:
    return aws.client("sqs")


@pytest.fixture
def topic(sns: Any) -> str:
    return sns.create_topic(Name="critical")["TopicArn"]


def queue(aws: Any, name: str, topic: str, **more: str) -> tuple[str, str]:
    """The URL and the ARN of a queue that takes what the topic sends."""
    arn = f"arn:aws:sqs:us-east-1:{aws.account}:{name}"
    statement = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = aws.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy, **more})
    return made["QueueUrl"], arn


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return found.get("Messages", [])


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def test_message_comes_in_an_envelope(sns: Any, sqs: Any, topic: str, aws: Any) -> None:
    url, arn = queue(aws, "alerts", topic)
    sub = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    sent = sns.publish(TopicArn=topic, Message="it is down", Subject="db", MessageAttributes={"severity": text("page")})
    (message,) = received(sqs, url)
    envelope = json.loads(message["Body"])
    assert (envelope["Type"], envelope["Message"], envelope["Subject"]) == ("Notification", "it is down", "db")
    assert (envelope["MessageId"], envelope["TopicArn"]) == (sent["MessageId"], topic)
    assert envelope["MessageAttributes"] == {"severity": {"Type": "String", "Value": "page"}}
    assert sub in envelope["UnsubscribeURL"]
    assert "MessageAttributes" not in message


def test_raw_message_comes_as_it_is(sns: Any, sqs: Any, topic: str, aws: Any) -> None:
    url, arn = queue(aws, "alerts", topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    sns.publish(TopicArn=topic, Message="it is down", MessageAttributes={"severity": text("page")})
    (message,) = received(sqs, url)
    assert message["Body"] == "it is down"
    assert message["MessageAttributes"] == {"severity": text("page")}


def test_message_has_a_text_for_each_protocol(sns: Any, sqs: Any, topic: str, aws: Any) -> None:
    url, arn = queue(aws, "alerts", topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    both = json.dumps({"default": "for all", "sqs": "for queues"})
    sns.publish(TopicArn=topic, Message=both, MessageStructure="json")
    assert [m["Body"] for m in received(sqs, url)] == ["for queues"]
    with refused("InvalidParameter", "default"):
        sns.publish(TopicArn=topic, Message='{"sqs": "x"}', MessageStructure="json")


@pytest.mark.parametrize(
    ("policy", "passing", "stopped"),
    [
        ({"severity": ["page", "warn"]}, {"severity": text("warn")}, {"severity": text("note")}),
        ({"severity": ["page"]}, {"severity": text("page"), "more": text("x")}, {}),
        ({"severity": [{"prefix": "pa"}]}, {"severity": text("page")}, {"severity": text("warn")}),
        ({"severity": [{"anything-but": ["note"]}]}, {"severity": text("page")}, {"severity": text("note")}),
        ({"drill": [{"exists": False}]}, {"severity": text("page")}, {"drill": text("weekly")}),
        (
            {"lag": [{"numeric": [">", 1, "<=", 5]}]},
            {"lag": {"DataType": "Number", "StringValue": "5"}},
            {"lag": {"DataType": "Number", "StringValue": "5.5"}},
        ),
        (
            {"zones": ["a"]},
            {"zones": {"DataType": "String.Array", "StringValue": '["a", "b"]'}},
            {"zones": {"DataType": "String.Array", "StringValue": '["c"]'}},
        ),
        ({"$or": [{"a": ["1"]}, {"b": ["2"]}]}, {"b": text("2")}, {"b": text("1")}),
    ],
)
def test_filter_looks_at_attributes(
    sns: Any, sqs: Any, topic: str, aws: Any, policy: Any, passing: Any, stopped: Any
) -> None:
    url, arn = queue(aws, "alerts", topic)
    given = {"RawMessageDelivery": "true", "FilterPolicy": json.dumps(policy)}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=given)
    sns.publish(TopicArn=topic, Message="stopped", MessageAttributes=stopped)
    sns.publish(TopicArn=topic, Message="passing", MessageAttributes=passing)
    assert [m["Body"] for m in received(sqs, url)] == ["passing"]


def test_filter_looks_at_the_body(sns: Any, sqs: Any, topic: str, aws: Any) -> None:
    url, arn = queue(aws, "alerts", topic)
    policy = json.dumps({"detail": {"EventID": ["RDS-EVENT-0071", "RDS-EVENT-0073"]}})
    given = {"RawMessageDelivery": "true", "FilterPolicy": policy, "FilterPolicyScope": "MessageBody"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=given)
    wanted = json.dumps({"detail": {"EventID": "RDS-EVENT-0071"}})
    for body in ("no document", json.dumps({"detail": {"EventID": "RDS-EVENT-0169"}}), wanted):
        sns.publish(TopicArn=topic, Message=body)
    assert [m["Body"] for m in received(sqs, url)] == [wanted]


def test_queue_without_a_policy_gets_nothing(sns: Any, sqs: Any, topic: str, aws: Any) -> None:
    url = sqs.create_queue(QueueName="closed")["QueueUrl"]
    other, other_arn = queue(aws, "other", f"{topic}-other")
    for arn in (f"arn:aws:sqs:us-east-1:{aws.account}:closed", other_arn):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="it is down")
    assert received(sqs, url) == [] == received(sqs, other)


def test_what_cannot_be_delivered_is_kept(sns: Any, sqs: Any, topic: str, aws: Any) -> None:
    dead, dead_arn = queue(aws, "dead", topic)
    sqs.create_queue(QueueName="closed")
    given = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn}), "RawMessageDelivery": "true"}
    closed = f"arn:aws:sqs:us-east-1:{aws.account}:closed"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=closed, Attributes=given)
    sns.publish(TopicArn=topic, Message="it is down")
    assert [m["Body"] for m in received(sqs, dead)] == ["it is down"]


@pytest.mark.parametrize("allowed", [True, False])
def test_key_of_the_queue_must_let_the_topic_use_it(sns: Any, sqs: Any, topic: str, aws: Any, allowed: bool) -> None:
    statements = [root_statement(aws.account)]
    if allowed:
        actions = ["kms:GenerateDataKey*", "kms:Decrypt"]
        principal = {"Service": "sns.amazonaws.com"}
        statements.append({"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"})
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    key = aws.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    url, arn = queue(aws, "alerts", topic, KmsMasterKeyId=key)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="it is down")
    assert len(received(sqs, url)) == int(allowed)


def test_topic_without_its_key_takes_nothing(sns: Any, topic: str, aws: Any) -> None:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    sns.publish(TopicArn=topic, Message="x")
    kms.disable_key(KeyId=key)
    with refused("KMSDisabled"):
        sns.publish(TopicArn=topic, Message="x")


def test_messages_are_judged(sns: Any, topic: str) -> None:
    with refused("InvalidParameter", "too long"):
        sns.publish(TopicArn=topic, Message="x" * 262_145)
    with refused("InvalidParameter", "subject"):
        sns.publish(TopicArn=topic, Message="x", Subject="x" * 101)
    with refused("NotFound"):
        sns.publish(TopicArn=f"{topic}-none", Message="x")

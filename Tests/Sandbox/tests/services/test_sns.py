# SPDX-License-Identifier: Apache-2.0
"""Topics and subscriptions: names that are taken once, attributes that are judged, owners that have to confirm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import refused, trust


@pytest.fixture
def sns(auto: Any) -> Any:
    return auto.client("sns")


def arn(aws: Any, name: str = "critical") -> str:
    return f"arn:aws:sns:us-east-1:{aws.account}:{name}"


def policy(topic: str, **more: Any) -> str:
    statement = {
        "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish",
        "Resource": topic, **more,
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def shown(sns: Any, topic: str) -> dict[str, str]:
    return sns.get_topic_attributes(TopicArn=topic)["Attributes"]


def subscribed(sns: Any, topic: str) -> list[dict[str, str]]:
    return sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]


@pytest.fixture
def topic(sns: Any) -> str:
    return sns.create_topic(Name="critical")["TopicArn"]


# Topics ------------------------------------------------------------------------------------------------------------


def test_topic_keeps_what_was_asked_for(sns: Any, auto: Any) -> None:
    key = auto.client("kms").create_key()["KeyMetadata"]["Arn"]
    given = {
        "DisplayName": "alerts", "KmsMasterKeyId": key, "Policy": policy(arn(auto)), "SignatureVersion": "2",
        "TracingConfig": "Active",
    }  # fmt: skip
    made = sns.create_topic(Name="critical", Attributes=given, Tags=[{"Key": "team", "Value": "dbre"}])["TopicArn"]
    assert made == arn(auto)
    seen = shown(sns, made)
    assert {name: seen[name] for name in given} == given
    assert (seen["Owner"], seen["SubscriptionsConfirmed"], seen["SubscriptionsPending"]) == (auto.account, "0", "0")
    assert sns.list_tags_for_resource(ResourceArn=made)["Tags"] == [{"Key": "team", "Value": "dbre"}]


def test_new_topic_is_its_owners_alone(sns: Any, topic: str, auto: Any) -> None:
    (statement,) = json.loads(shown(sns, topic)["Policy"])["Statement"]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": auto.account}}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(topic))
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue="")
    assert json.loads(shown(sns, topic)["Policy"])["Statement"] == [statement]


def test_same_name_is_the_same_topic_or_refused(sns: Any) -> None:
    tags = [{"Key": "team", "Value": "dbre"}]
    made = sns.create_topic(Name="critical", Attributes={"DisplayName": "a"}, Tags=tags)
    again = sns.create_topic(Name="critical", Attributes={"DisplayName": "a"}, Tags=tags)
    assert again["TopicArn"] == made["TopicArn"]
    with refused("InvalidParameter", "Topic already exists with different attributes"):
        sns.create_topic(Name="critical", Attributes={"DisplayName": "b"}, Tags=tags)
    with refused("InvalidParameter", "Topic already exists with different tags"):
        sns.create_topic(Name="critical", Tags=[{"Key": "team", "Value": "other"}])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("Policy", "{", "policy"),
        ("Policy", '{"Version": "2012-10-17"}', "policy"),
        ("DeliveryPolicy", "{", "json"),
        ("KmsMasterKeyId", "alias/none", "kms"),
        ("SignatureVersion", "3", "SignatureVersion"),
        ("TracingConfig", "On", "TracingConfig"),
        ("HTTPSuccessFeedbackSampleRate", "101", "integer"),
        ("Colour", "red", "AttributeName"),
    ],
)
def test_wrong_attributes_are_refused(sns: Any, topic: str, name: str, value: str, words: str) -> None:
    before = shown(sns, topic)
    with refused("InvalidParameter", words):
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    assert shown(sns, topic) == before


def test_policy_names_this_topic_and_who_exists(sns: Any, topic: str, auto: Any) -> None:
    def put(text: str) -> None:
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=text)

    with refused("InvalidParameter", "out of service scope"):
        put(policy(topic, Action="sqs:SendMessage"))
    with refused("InvalidParameter", "Resource"):
        put(policy(arn(auto, "other")))
    role = f"arn:aws:iam::{auto.account}:role/late"
    with refused("InvalidParameter", "PrincipalNotFound"):
        put(policy(topic, Principal={"AWS": role}))
    auto.client("iam").create_role(RoleName="late", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    auto.advance(10)
    put(policy(topic, Principal={"AWS": role}))


def test_log_of_deliveries_needs_a_role_that_can_write_it(sns: Any, topic: str, auto: Any) -> None:
    iam = auto.client("iam")
    role = iam.create_role(RoleName="log", AssumeRolePolicyDocument=trust("sns.amazonaws.com"))["Role"]["Arn"]
    auto.advance(10)
    change = {"TopicArn": topic, "AttributeName": "HTTPFailureFeedbackRoleArn", "AttributeValue": role}
    with refused("InvalidParameter", "assume"):
        sns.set_topic_attributes(**change)
    statement = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="log", PolicyName="log", PolicyDocument=document)
    sns.set_topic_attributes(**change)
    assert shown(sns, topic)["HTTPFailureFeedbackRoleArn"] == role


def test_topic_takes_its_subscriptions_with_it(sns: Any, topic: str, auto: Any) -> None:
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="oncall@example.com")
    sns.delete_topic(TopicArn=topic)
    sns.delete_topic(TopicArn=topic)
    assert sns.list_subscriptions()["Subscriptions"] == []
    with refused("NotFound", "Topic"):
        shown(sns, topic)
    assert [row["kind"] for row in auto.inventory()] == []


def test_listings_are_paged(sns: Any, topic: str, auto: Any) -> None:
    for i in range(4):
        sns.create_topic(Name=f"t{i}")
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"p{i}@example.com")
    auto.settings(page=2)
    pages = list(sns.get_paginator("list_topics").paginate())
    assert [len(page["Topics"]) for page in pages] == [2, 2, 1]
    pages = list(sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic))
    assert [len(page["Subscriptions"]) for page in pages] == [2, 2]


def test_tags_are_set_taken_away_and_found(sns: Any, topic: str, auto: Any) -> None:
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["b", "none"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "a", "Value": "1"}]
    auto.advance(5)
    tagging = auto.client("resourcegroupstaggingapi")
    (found,) = tagging.get_resources(ResourceTypeFilters=["sns"])["ResourceTagMappingList"]
    assert found == {"ResourceARN": topic, "Tags": [{"Key": "a", "Value": "1"}]}
    tagging.tag_resources(ResourceARNList=[topic], Tags={"c": "3"})
    assert {"Key": "c", "Value": "3"} in sns.list_tags_for_resource(ResourceArn=topic)["Tags"]
    with refused("ResourceNotFound"):
        sns.list_tags_for_resource(ResourceArn=arn(auto, "none"))
    with refused("TagLimitExceeded"):
        sns.tag_resource(ResourceArn=topic, Tags=[{"Key": f"k{i}", "Value": ""} for i in range(50)])


# Subscriptions -----------------------------------------------------------------------------------------------------


def token(aws: Any) -> str:
    (pending,) = [row for row in aws.inventory() if row["status"] == "pending"]
    return pending["token"]


def test_address_is_pending_until_its_owner_confirms(sns: Any, topic: str, auto: Any) -> None:
    made = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="oncall@example.com")
    assert made["SubscriptionArn"] == "pending confirmation"
    (entry,) = subscribed(sns, topic)
    assert (entry["SubscriptionArn"], entry["Endpoint"]) == ("PendingConfirmation", "oncall@example.com")
    assert shown(sns, topic)["SubscriptionsPending"] == "1"
    with refused("InvalidParameter", "at least 6 elements"):
        sns.unsubscribe(SubscriptionArn="PendingConfirmation")
    with refused("InvalidParameter", "token"):
        sns.confirm_subscription(TopicArn=topic, Token="0" * 128)
    sub = sns.confirm_subscription(TopicArn=topic, Token=token(auto))["SubscriptionArn"]
    assert subscribed(sns, topic)[0]["SubscriptionArn"] == sub
    assert sns.get_subscription_attributes(SubscriptionArn=sub)["Attributes"]["PendingConfirmation"] == "false"
    sns.unsubscribe(SubscriptionArn=sub)
    sns.unsubscribe(SubscriptionArn=sub)
    assert subscribed(sns, topic) == []
    assert shown(sns, topic)["SubscriptionsDeleted"] == "1"


def test_pending_subscription_has_attributes_and_cannot_be_changed(sns: Any, topic: str) -> None:
    given = {"RawMessageDelivery": "true"}
    url = "https://alerts.example.com/hook"
    asked = {"TopicArn": topic, "Protocol": "https", "Endpoint": url, "Attributes": given}
    sub = sns.subscribe(**asked, ReturnSubscriptionArn=True)["SubscriptionArn"]
    seen = sns.get_subscription_attributes(SubscriptionArn=sub)["Attributes"]
    assert (seen["PendingConfirmation"], seen["RawMessageDelivery"]) == ("true", "true")
    change = {"SubscriptionArn": sub, "AttributeName": "RawMessageDelivery", "AttributeValue": "false"}
    with refused("InvalidParameter", "pending"):
        sns.set_subscription_attributes(**change)


def test_unconfirmed_subscription_goes_after_two_days(sns: Any, topic: str, auto: Any) -> None:
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="oncall@example.com")
    auto.advance(86400)
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="oncall@example.com")
    auto.advance(2 * 86400 - 60)
    assert len(subscribed(sns, topic)) == 1
    auto.advance(60)
    assert subscribed(sns, topic) == []


def test_password_of_a_url_is_not_listed(sns: Any, topic: str) -> None:
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://me:secret@alerts.example.com/hook")
    (entry,) = subscribed(sns, topic)
    assert entry["Endpoint"] == "https://me:****@alerts.example.com/hook"


def test_same_endpoint_is_the_same_subscription_or_refused(sns: Any, topic: str, auto: Any) -> None:
    queue = f"arn:aws:sqs:us-east-1:{auto.account}:alerts"
    asked = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue}
    sub = sns.subscribe(**asked, Attributes={"RawMessageDelivery": "true"})["SubscriptionArn"]
    assert sns.subscribe(**asked)["SubscriptionArn"] == sub
    with refused("InvalidParameter", "Subscription already exists with different attributes"):
        sns.subscribe(**asked, Attributes={"RawMessageDelivery": "false"})
    assert len(subscribed(sns, topic)) == 1


def test_attributes_of_a_subscription_come_and_go(sns: Any, topic: str, auto: Any) -> None:
    queue, dead = (f"arn:aws:sqs:us-east-1:{auto.account}:{name}" for name in ("alerts", "dead"))
    sub = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]

    def put(name: str, value: str) -> dict[str, str]:
        sns.set_subscription_attributes(SubscriptionArn=sub, AttributeName=name, AttributeValue=value)
        return sns.get_subscription_attributes(SubscriptionArn=sub)["Attributes"]

    seen = put("FilterPolicy", '{"severity": ["page"]}')
    assert (seen["FilterPolicy"], seen["FilterPolicyScope"]) == ('{"severity": ["page"]}', "MessageAttributes")
    assert put("FilterPolicyScope", "MessageBody")["FilterPolicyScope"] == "MessageBody"
    seen = put("FilterPolicy", "{}")
    assert "FilterPolicy" not in seen and "FilterPolicyScope" not in seen
    assert "RedrivePolicy" in put("RedrivePolicy", json.dumps({"deadLetterTargetArn": dead}))
    assert "RedrivePolicy" not in put("RedrivePolicy", "")
    assert put("RawMessageDelivery", "true")["RawMessageDelivery"] == "true"


@pytest.mark.parametrize(
    ("protocol", "address", "attributes"),
    [
        ("pigeon", "loft", {}),
        ("email", "nobody", {}),
        ("https", "http://example.com", {}),
        ("sqs", "not-an-arn", {}),
        ("sqs", "arn:aws:sqs:us-east-1:111122223333:a.fifo", {}),
        ("email", "a@example.com", {"RawMessageDelivery": "true"}),
        ("email", "a@example.com", {"DeliveryPolicy": "{}"}),
        ("email", "a@example.com", {"FilterPolicy": "{"}),
        ("email", "a@example.com", {"FilterPolicy": '{"a": "b"}'}),
        ("email", "a@example.com", {"FilterPolicy": '{"a": {"b": ["c"]}}'}),
        ("email", "a@example.com", {"FilterPolicy": '{"a": [{"sounds": "like"}]}'}),
        ("email", "a@example.com", {"RedrivePolicy": '{"deadLetterTargetArn": "dead"}'}),
        ("email", "a@example.com", {"Colour": "red"}),
    ],
)
def test_wrong_subscriptions_are_refused(
    sns: Any, topic: str, protocol: str, address: str, attributes: dict[str, str]
) -> None:
    with refused("InvalidParameter"):
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=address, Attributes=attributes)
    assert subscribed(sns, topic) == []


def test_subscription_needs_its_topic(sns: Any, auto: Any) -> None:
    with refused("NotFound", "Topic"):
        sns.subscribe(TopicArn=arn(auto, "none"), Protocol="email", Endpoint="a@example.com")
    with refused("NotFound", "Subscription"):
        sns.get_subscription_attributes(SubscriptionArn=f"{arn(auto)}:11111111-2222-3333-4444-555555555555")

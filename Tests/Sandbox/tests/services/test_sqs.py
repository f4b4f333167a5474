# SPDX-License-Identifier: Apache-2.0
"""Queues: names, attributes, policies, keys, tags."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import gone, refused, trust

NONE = "AWS.SimpleQueueService.NonExistentQueue"


@pytest.fixture
def sqs(auto: Any) -> Any:
    return auto.client("sqs")


def make(sqs: Any, name: str = "replay", **attributes: Any) -> str:
    return sqs.create_queue(QueueName=name, Attributes={k: str(v) for k, v in attributes.items()})["QueueUrl"]


def shown(sqs: Any, url: str) -> dict[str, str]:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def arn(aws: Any, name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{aws.account}:{name}"


def policy(aws: Any, name: str = "replay", **more: Any) -> str:
    statement = {
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn(aws, name), **more,
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def redrive(target: str, count: Any = 5) -> str:
    return json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": count})


def test_queue_keeps_what_was_asked_for(sqs: Any, auto: Any) -> None:
    dead = make(sqs, "dead.fifo", FifoQueue="true")
    key = auto.client("kms").create_key()["KeyMetadata"]["Arn"]
    url = make(
        sqs, "replay.fifo", FifoQueue="true", ContentBasedDeduplication="true", VisibilityTimeout=60, DelaySeconds=5,
        MessageRetentionPeriod=1209600, KmsMasterKeyId=key, Policy=policy(auto, "replay.fifo"),
        RedrivePolicy=redrive(arn(auto, "dead.fifo"), "5"),
    )  # fmt: skip
    assert url == f"https://sqs.us-east-1.amazonaws.com/{auto.account}/replay.fifo"
    seen = shown(sqs, url)
    wanted = {
        "FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "60", "DelaySeconds": "5",
        "MessageRetentionPeriod": "1209600", "KmsMasterKeyId": key, "KmsDataKeyReusePeriodSeconds": "300",
        "SqsManagedSseEnabled": "false", "DeduplicationScope": "queue", "QueueArn": arn(auto, "replay.fifo"),
    }  # fmt: skip
    assert {name: seen[name] for name in wanted} == wanted
    assert json.loads(seen["RedrivePolicy"]) == {"deadLetterTargetArn": arn(auto, "dead.fifo"), "maxReceiveCount": 5}
    assert json.loads(seen["Policy"]) == json.loads(policy(auto, "replay.fifo"))
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]


def test_plain_queue_has_the_defaults(sqs: Any) -> None:
    seen = shown(sqs, make(sqs))
    assert seen["VisibilityTimeout"] == "30"
    assert seen["MaximumMessageSize"] == "1048576"
    assert seen["SqsManagedSseEnabled"] == "true"
    absent = {"FifoQueue", "Policy", "RedrivePolicy", "KmsMasterKeyId", "ContentBasedDeduplication"}
    assert not absent & set(seen)
    url = make(sqs)
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"].keys() == {"QueueArn"}


def test_same_name_is_the_same_queue_or_refused(sqs: Any) -> None:
    url = make(sqs, VisibilityTimeout=60)
    assert make(sqs, VisibilityTimeout=60) == url
    assert make(sqs) == url
    with refused("QueueAlreadyExists", "VisibilityTimeout"):
        make(sqs, VisibilityTimeout=61)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"VisibilityTimeout": 99999}, "InvalidAttributeValue"),
        ({"MessageRetentionPeriod": 59}, "InvalidAttributeValue"),
        ({"DelaySeconds": "soon"}, "InvalidAttributeValue"),
        ({"SqsManagedSseEnabled": "yes"}, "InvalidAttributeValue"),
        ({"QueueArn": "mine"}, "InvalidAttributeName"),
        ({"FifoQueue": "false"}, "InvalidAttributeName"),
        ({"ContentBasedDeduplication": "true"}, "InvalidAttributeName"),
        ({"FifoQueue": "true"}, "InvalidParameterValue"),
        ({"Policy": "{"}, "InvalidAttributeValue"),
        ({"Policy": '{"Version": "2012-10-17"}'}, "InvalidAttributeValue"),
        ({"RedrivePolicy": "{}"}, "InvalidParameterValue"),
        ({"RedriveAllowPolicy": '{"redrivePermission": "some"}'}, "InvalidParameterValue"),
        ({"RedriveAllowPolicy": '{"redrivePermission": "byQueue"}'}, "InvalidParameterValue"),
        ({"KmsMasterKeyId": "alias/none"}, "InvalidAttributeValue"),
    ],
)
def test_wrong_attributes_are_refused(sqs: Any, attributes: dict[str, Any], code: str) -> None:
    with refused(code):
        make(sqs, **attributes)
    assert "QueueUrls" not in sqs.list_queues()


def test_names_are_judged_by_type(sqs: Any) -> None:
    for name, more in (("a.fifo", {}), ("a b", {}), ("a" * 81, {}), ("plain", {"FifoQueue": "true"})):
        with refused("InvalidParameterValue"):
            make(sqs, name, **more)


def test_fifo_stays_what_it_is(sqs: Any) -> None:
    url = make(sqs, "replay.fifo", FifoQueue="true")
    with refused("InvalidAttributeName", "FifoQueue"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"FifoQueue": "true"})
    with refused("InvalidAttributeValue", "FifoThroughputLimit"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"FifoThroughputLimit": "perMessageGroupId"})
    both = {"FifoThroughputLimit": "perMessageGroupId", "DeduplicationScope": "messageGroup"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=both)


def test_changes_take_time_to_show(aws: Any) -> None:
    aws.control("clock", {"freeze": True})
    sqs = aws.client("sqs")
    url = make(sqs)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "7", "Policy": policy(aws)})
    assert shown(sqs, url)["VisibilityTimeout"] == "30"
    aws.advance(20)
    seen = shown(sqs, url)
    assert (seen["VisibilityTimeout"], seen["DelaySeconds"]) == ("60", "7")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "Policy" in shown(sqs, url)
    aws.advance(20)
    assert "Policy" not in shown(sqs, url)


def test_name_is_free_a_minute_after_the_delete(aws: Any) -> None:
    aws.control("clock", {"freeze": True})
    sqs = aws.client("sqs")
    url = make(sqs)
    sqs.delete_queue(QueueUrl=url)
    assert shown(sqs, url)["VisibilityTimeout"] == "30"
    with refused("AWS.SimpleQueueService.QueueDeletedRecently"):
        make(sqs, VisibilityTimeout=60)
    aws.advance(10)
    with refused(NONE):
        sqs.delete_queue(QueueUrl=url)
    assert "QueueUrls" not in sqs.list_queues()
    with refused("AWS.SimpleQueueService.QueueDeletedRecently"):
        make(sqs, VisibilityTimeout=60)
    aws.advance(50)
    assert make(sqs, VisibilityTimeout=60) == url


def test_asking_in_vain_for_a_name_moves_an_automatic_clock(sqs: Any) -> None:
    url = make(sqs)
    sqs.delete_queue(QueueUrl=url)
    gone(lambda: shown(sqs, url), NONE)
    with refused("AWS.SimpleQueueService.QueueDeletedRecently"):
        make(sqs)
    assert make(sqs) == url


def test_dead_letter_queue_must_be_there_fit_and_agree(sqs: Any, auto: Any) -> None:
    with refused("InvalidParameterValue", "does not exist"):
        make(sqs, RedrivePolicy=redrive(arn(auto, "dead")))
    make(sqs, "dead.fifo", FifoQueue="true")
    with refused("InvalidParameterValue", "same type"):
        make(sqs, RedrivePolicy=redrive(arn(auto, "dead.fifo")))
    allow = {"redrivePermission": "byQueue", "sourceQueueArns": [arn(auto, "replay")]}
    make(sqs, "dead", RedriveAllowPolicy=json.dumps(allow))
    with refused("InvalidParameterValue", "maxReceiveCount"):
        make(sqs, RedrivePolicy=redrive(arn(auto, "dead"), 0))
    with refused("InvalidParameterValue", "allow"):
        make(sqs, "other", RedrivePolicy=redrive(arn(auto, "dead")))
    make(sqs, RedrivePolicy=redrive(arn(auto, "dead")))


def test_policy_names_who_exists(sqs: Any, auto: Any) -> None:
    url = make(sqs)
    role = f"arn:aws:iam::{auto.account}:role/late"
    named = policy(auto, Principal={"AWS": role})
    with refused("InvalidAttributeValue", "Policy"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": named})
    with refused("InvalidAttributeValue", "Policy"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(auto, Action="sns:Publish")})
    auto.client("iam").create_role(RoleName="late", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    auto.advance(10)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": named})


def test_one_kind_of_encryption_ends_the_other(aws: Any) -> None:
    aws.settings(sqs_propagation=0)
    sqs = aws.client("sqs")
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    url = make(sqs, KmsMasterKeyId=key)
    with refused("InvalidAttributeValue", "one type"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key, "SqsManagedSseEnabled": "true"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    assert "KmsMasterKeyId" not in shown(sqs, url)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
    assert shown(sqs, url)["SqsManagedSseEnabled"] == "false"


def test_listing_is_paged_for_who_asks_for_it(sqs: Any) -> None:
    urls = [make(sqs, f"orders-{i}") for i in range(5)] + [make(sqs, "payments")]
    assert sqs.list_queues()["QueueUrls"] == urls
    assert sqs.list_queues(QueueNamePrefix="orders-")["QueueUrls"] == urls[:5]
    first = sqs.list_queues(QueueNamePrefix="orders-", MaxResults=2)
    assert len(first["QueueUrls"]) == 2
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix="orders-", PaginationConfig={"PageSize": 2})
    assert [len(page["QueueUrls"]) for page in pages] == [2, 2, 1]


def test_tags_are_set_taken_away_and_found(sqs: Any, auto: Any) -> None:
    url = sqs.create_queue(QueueName="replay", tags={"harecon:stack": "payments", "team": "dbre"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"team": "platform"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["none"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"harecon:stack": "payments", "team": "platform"}
    auto.advance(5)
    tagging = auto.client("resourcegroupstaggingapi")
    (found,) = tagging.get_resources(ResourceTypeFilters=["sqs"])["ResourceTagMappingList"]
    assert found["ResourceARN"] == arn(auto, "replay")
    tagging.untag_resources(ResourceARNList=[arn(auto, "replay")], TagKeys=["team"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"harecon:stack": "payments"}
    with refused("InvalidParameterValue", "aws:"):
        sqs.tag_queue(QueueUrl=url, Tags={"aws:x": "1"})


def test_queue_of_no_name_or_account_is_not_there(sqs: Any, auto: Any, other: Any) -> None:
    with refused(NONE):
        sqs.get_queue_url(QueueName="none")
    url = make(other.client("sqs"))
    with refused(NONE):
        shown(sqs, url)

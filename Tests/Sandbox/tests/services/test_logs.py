# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import refused, root_statement

GROUP = "/aws/rds/cluster/payments/postgresql"


@pytest.fixture
def logs(aws: Any) -> Any:
    return aws.client("logs")


def group(logs: Any, name: str = GROUP) -> dict[str, Any]:
    (found,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return found


def make_key(aws: Any, **more: Any) -> str:
    statement = {
        "Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"], "Resource": "*", **more,
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [root_statement(aws.account), statement]})
    return aws.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]


def test_group_keeps_what_was_asked_for(logs: Any, aws: Any) -> None:
    arn = f"arn:aws:logs:us-east-1:{aws.account}:log-group:{GROUP}"
    key = make_key(aws, Condition={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn.replace("postgresql", "*")}})
    logs.create_log_group(
        logGroupName=GROUP, kmsKeyId=key, logGroupClass="INFREQUENT_ACCESS", tags={"harecon:id": "log"}
    )
    seen = group(logs)
    assert (seen["kmsKeyId"], seen["logGroupClass"]) == (key, "INFREQUENT_ACCESS")
    assert (seen["arn"], seen["logGroupArn"]) == (f"{arn}:*", arn)
    assert "retentionInDays" not in seen
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"harecon:id": "log"}
    with refused("ResourceAlreadyExistsException"):
        logs.create_log_group(logGroupName=GROUP)


def test_key_must_let_the_service_use_it_for_this_group(logs: Any, aws: Any) -> None:
    other = f"arn:aws:logs:us-east-1:{aws.account}:log-group:/other"
    wrong = [
        "arn:aws:kms:us-east-1:" + aws.account + ":key/11111111-2222-3333-4444-555555555555",
        aws.client("kms").create_key()["KeyMetadata"]["Arn"],
        make_key(aws, Principal={"Service": "logs.eu-west-1.amazonaws.com"}),
        make_key(aws, Action="kms:Decrypt"),
        make_key(aws, Condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": other}}),
    ]
    for key in wrong:
        with refused("InvalidParameterException", "KMS key"):
            logs.create_log_group(logGroupName=GROUP, kmsKeyId=key)
    assert logs.describe_log_groups()["logGroups"] == []


def test_key_is_associated_and_taken_away(logs: Any, aws: Any) -> None:
    logs.create_log_group(logGroupName=GROUP)
    key = make_key(aws)
    logs.associate_kms_key(logGroupName=GROUP, kmsKeyId=key)
    assert group(logs)["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName=GROUP)
    assert "kmsKeyId" not in group(logs)
    with refused("ResourceNotFoundException"):
        logs.associate_kms_key(logGroupName="/none", kmsKeyId=key)


def test_retention_has_its_values(logs: Any) -> None:
    logs.create_log_group(logGroupName=GROUP)
    with refused("InvalidParameterException"):
        logs.put_retention_policy(logGroupName=GROUP, retentionInDays=13)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=400)
    assert group(logs)["retentionInDays"] == 400
    logs.delete_retention_policy(logGroupName=GROUP)
    assert "retentionInDays" not in group(logs)
    with refused("ResourceNotFoundException"):
        logs.put_retention_policy(logGroupName="/none", retentionInDays=400)


def test_protected_group_is_not_deleted(logs: Any) -> None:
    logs.create_log_group(logGroupName=GROUP)
    logs.put_log_group_deletion_protection(logGroupIdentifier=GROUP, deletionProtectionEnabled=True)
    assert group(logs)["deletionProtectionEnabled"] is True
    with refused("ValidationException", "protection"):
        logs.delete_log_group(logGroupName=GROUP)
    logs.put_log_group_deletion_protection(logGroupIdentifier=GROUP, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=GROUP)
    with refused("ResourceNotFoundException"):
        logs.delete_log_group(logGroupName=GROUP)


def test_groups_are_found_by_prefix_pattern_and_class(logs: Any) -> None:
    for name in ("/a/one", "/a/two", "/b/one"):
        logs.create_log_group(logGroupName=name)

    def names(**given: Any) -> list[str]:
        return [g["logGroupName"] for g in logs.describe_log_groups(**given)["logGroups"]]

    assert names(logGroupNamePrefix="/a/") == ["/a/one", "/a/two"]
    assert names(logGroupNamePattern="ONE") == ["/a/one", "/b/one"]
    logs.put_retention_policy(logGroupName="/a/one", retentionInDays=30)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePattern="/a/one")["logGroups"][0]
    assert names(logGroupClass="INFREQUENT_ACCESS") == []
    assert [g["logGroupName"] for g in logs.list_log_groups(logGroupNamePattern="^/b/")["logGroups"]] == ["/b/one"]
    with refused("InvalidParameterException", "mutually exclusive"):
        names(logGroupNamePrefix="/a", logGroupNamePattern="one")


def test_names_and_tags_are_judged(logs: Any, aws: Any) -> None:
    with refused("InvalidParameterException", "reserved"):
        logs.create_log_group(logGroupName="aws/mine")
    with refused("InvalidParameterException", "aws:"):
        logs.create_log_group(logGroupName=GROUP, tags={"aws:x": "1"})
    logs.create_log_group(logGroupName=GROUP)
    with refused("ResourceNotFoundException"):
        logs.tag_resource(resourceArn=f"arn:aws:logs:us-east-1:{aws.account}:log-group:/none", tags={"a": "1"})
    logs.tag_resource(resourceArn=group(logs)["logGroupArn"], tags={f"k{i}": "v" for i in range(50)})
    with refused("TooManyTagsException"):
        logs.tag_resource(resourceArn=group(logs)["logGroupArn"], tags={"one": "more"})


def test_tags_die_with_their_group(logs: Any) -> None:
    logs.create_log_group(logGroupName=GROUP, tags={"a": "1"})
    logs.delete_log_group(logGroupName=GROUP)
    logs.create_log_group(logGroupName=GROUP)
    assert logs.list_tags_for_resource(resourceArn=group(logs)["logGroupArn"])["tags"] == {}

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from .conftest import gone, refused, root_statement, trust


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def kms(aws: Any) -> Any:
    return aws.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    return kms.create_key(Description="payments")["KeyMetadata"]["KeyId"]


def test_rotation_has_its_period_and_its_next_date(kms: Any, key: str, aws: Any) -> None:
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 365
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=100)
    first = kms.get_key_rotation_status(KeyId=key)
    assert (first["KeyRotationEnabled"], first["RotationPeriodInDays"]) == (True, 100)
    aws.advance(150 * 86400)
    assert kms.get_key_rotation_status(KeyId=key)["NextRotationDate"] == first["NextRotationDate"] + timedelta(days=100)
    kms.disable_key_rotation(KeyId=key)
    assert "NextRotationDate" not in kms.get_key_rotation_status(KeyId=key)


def test_a_key_pending_deletion_refuses_and_then_goes(kms: Any, key: str, aws: Any) -> None:
    kms.create_alias(AliasName="alias/payments", TargetKeyId=key)
    kms.enable_key_rotation(KeyId=key)
    with refused("ValidationException"):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=3)
    answer = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion" and answer["KeyId"].startswith("arn:aws:kms:")
    assert kms.describe_key(KeyId="alias/payments")["KeyMetadata"]["DeletionDate"] == answer["DeletionDate"]
    for call in (
        lambda: kms.schedule_key_deletion(KeyId=key),
        lambda: kms.enable_key_rotation(KeyId=key),
        lambda: kms.put_key_policy(KeyId=key, Policy=policy(root_statement(aws.account))),
        lambda: kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "1"}]),
        lambda: kms.create_alias(AliasName="alias/other", TargetKeyId=key),
        lambda: kms.enable_key(KeyId=key),
        lambda: kms.encrypt(KeyId=key, Plaintext=b"x"),
        lambda: kms.update_key_description(KeyId=key, Description="x"),
    ):
        with refused("KMSInvalidStateException"):
            call()
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    assert [a["AliasName"] for a in kms.list_aliases(KeyId=key)["Aliases"]] == ["alias/payments"]
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    with refused("DisabledException"):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    with refused("KMSInvalidStateException"):
        kms.cancel_key_deletion(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    aws.advance(7 * 86400 + 1)
    assert gone(lambda: kms.describe_key(KeyId=key), "NotFoundException") == []
    assert kms.list_aliases()["Aliases"] == []


def test_alias_rules(kms: Any, key: str) -> None:
    kms.create_alias(AliasName="alias/harecon/payments", TargetKeyId=key)
    with refused("AlreadyExistsException"):
        kms.create_alias(AliasName="alias/harecon/payments", TargetKeyId=key)
    with refused("NotAuthorizedException"):
        kms.create_alias(AliasName="alias/aws/payments", TargetKeyId=key)
    with refused("InvalidAliasNameException"):
        kms.create_alias(AliasName="payments", TargetKeyId=key)
    with refused("NotFoundException"):
        kms.update_alias(AliasName="alias/none", TargetKeyId=key)
    with refused("NotFoundException"):
        kms.create_alias(AliasName="alias/new", TargetKeyId="11111111-2222-3333-4444-555555555555")
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName="alias/harecon/payments", TargetKeyId=other)
    (alias,) = kms.list_aliases()["Aliases"]
    assert alias["TargetKeyId"] == other
    assert alias["AliasArn"].endswith(":alias/harecon/payments") and "CreationDate" in alias
    assert kms.describe_key(KeyId="alias/harecon/payments")["KeyMetadata"]["KeyId"] == other
    with refused("NotFoundException", "Invalid keyId"):
        kms.schedule_key_deletion(KeyId="alias/harecon/payments")
    kms.delete_alias(AliasName="alias/harecon/payments")
    with refused("NotFoundException"):
        kms.delete_alias(AliasName="alias/harecon/payments")
    with refused("NotFoundException"):
        kms.describe_key(KeyId="alias/harecon/payments")


def test_policies_are_judged(kms: Any, key: str, aws: Any) -> None:
    root = root_statement(aws.account)
    service = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Action": "kms:*",
        "Resource": "*",
    }
    unknown = {**root, "Principal": {"AWS": f"arn:aws:iam::{aws.account}:role/none"}}
    bare = {name: value for name, value in root.items() if name != "Resource"}
    for broken in ("{", "[]", policy({**root, "Effect": "Maybe"}), policy(bare),
                   policy(service), policy(root, unknown)):  # fmt: skip
        with refused("MalformedPolicyDocumentException"):
            kms.create_key(Policy=broken)
        with refused("MalformedPolicyDocumentException"):
            kms.put_key_policy(KeyId=key, Policy=broken)
    kms.create_key(Policy=policy(service), BypassPolicyLockoutSafetyCheck=True)
    kms.put_key_policy(KeyId=key, Policy=policy(root, service))
    text = kms.get_key_policy(KeyId=key)["Policy"]
    assert json.loads(text)["Statement"] == [root, service]
    assert text != policy(root, service)


def test_a_role_just_made_is_no_principal_yet(kms: Any, key: str, aws: Any) -> None:
    role = aws.client("iam").create_role(RoleName="fresh", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))[
        "Role"
    ]
    text = policy(root_statement(aws.account), {**root_statement(aws.account), "Principal": {"AWS": role["Arn"]}})
    with refused("MalformedPolicyDocumentException", "invalid principals"):
        kms.put_key_policy(KeyId=key, Policy=text)
    aws.advance(30)
    kms.put_key_policy(KeyId=key, Policy=text)


def test_tags_and_inventory(kms: Any, key: str, aws: Any) -> None:
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "harecon:stack", "TagValue": "payments"}])
    with refused("TagException"):
        kms.create_key(Tags=[{"TagKey": "aws:x", "TagValue": "1"}])
    (item,) = [item for item in aws.inventory() if item["kind"] == "kms/key"]
    assert (item["id"], item["tags"], item["status"]) == (key, {"harecon:stack": "payments"}, "Enabled")


def test_keys_are_switched_off_on_and_described_anew_by_arn(kms: Any, aws: Any) -> None:
    arn = kms.create_key(Description="old")["KeyMetadata"]["Arn"]

    def read() -> tuple[str, bool, str]:
        metadata = kms.describe_key(KeyId=arn)["KeyMetadata"]
        return metadata["KeyState"], metadata["Enabled"], metadata["Description"]

    kms.disable_key(KeyId=arn)
    kms.update_key_description(KeyId=arn, Description="new")
    assert read() == ("Disabled", False, "new")
    kms.enable_key(KeyId=arn)
    assert read() == ("Enabled", True, "new")
    asked = [call["params"]["KeyId"] for call in aws.calls() if call["operation"] == "EnableKey"]
    assert asked == [arn]

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import refused, trust

READ = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
MONITORING = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


@pytest.fixture
def iam(aws: Any) -> Any:
    return aws.client("iam")


@pytest.fixture
def role(iam: Any) -> str:
    iam.create_role(
        RoleName="Monitor", Path="/harecon/payments/", AssumeRolePolicyDocument=trust("monitoring.rds.amazonaws.com"),
        Tags=[{"Key": "harecon:stack", "Value": "payments"}], Description="d",
    )  # fmt: skip
    return "Monitor"


def test_role_names_differ_in_more_than_case(iam: Any, role: str) -> None:
    with refused("EntityAlreadyExists"):
        iam.create_role(RoleName="monitor", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))


@pytest.mark.parametrize(
    "document",
    [
        "{",
        json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}),
        trust("lambda.amazonaws.com", Action="s3:GetObject"),
        trust("lambda.amazonaws.com", Resource="*"),
        trust("lambda"),
        trust("x.amazonaws.com", Principal={"AWS": "arn:aws:iam::{account}:role/none"}),
    ],
)
def test_trust_policies_are_judged(iam: Any, role: str, aws: Any, document: str) -> None:
    broken = document.replace("{account}", aws.account)
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName="other", AssumeRolePolicyDocument=broken)
    with refused("MalformedPolicyDocument"):
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=broken)


def test_lists_leave_out_what_aws_leaves_out(iam: Any, role: str) -> None:
    (listed,) = iam.list_roles(PathPrefix="/harecon/payments/")["Roles"]
    assert "Tags" not in listed and "RoleLastUsed" not in listed
    assert listed["Arn"].endswith(":role/harecon/payments/Monitor")
    assert iam.get_role(RoleName=role)["Role"]["Tags"] == [{"Key": "harecon:stack", "Value": "payments"}]
    assert iam.list_role_tags(RoleName=role)["Tags"] == [{"Key": "harecon:stack", "Value": "payments"}]


def test_policy_limits(iam: Any, role: str) -> None:
    with refused("MalformedPolicyDocument"):
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument="{")
    big = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [f"arn:aws:s3:::bucket-{i:04}" for i in range(300)]}
    ]})  # fmt: skip
    iam.put_role_policy(RoleName=role, PolicyName="big", PolicyDocument=big)
    with refused("LimitExceeded", "10240"):
        iam.put_role_policy(RoleName=role, PolicyName="second", PolicyDocument=big)
    iam.put_role_policy(RoleName=role, PolicyName="big", PolicyDocument=big)


def test_delete_in_order(iam: Any, role: str) -> None:
    iam.attach_role_policy(RoleName=role, PolicyArn=MONITORING)
    iam.attach_role_policy(RoleName=role, PolicyArn=MONITORING)
    iam.put_role_policy(RoleName=role, PolicyName="read", PolicyDocument=READ)
    assert [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]] == [MONITORING]
    with refused("DeleteConflict", "detach"):
        iam.delete_role(RoleName=role)
    iam.detach_role_policy(RoleName=role, PolicyArn=MONITORING)
    with refused("DeleteConflict", "policies"):
        iam.delete_role(RoleName=role)
    iam.delete_role_policy(RoleName=role, PolicyName="read")
    iam.delete_role(RoleName=role)
    with refused("NoSuchEntity"):
        iam.get_role(RoleName=role)
    with refused("NoSuchEntity"):
        iam.delete_role(RoleName=role)


def test_unknown_aws_policy(iam: Any, role: str) -> None:
    with refused("NoSuchEntity"):
        iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")


def test_service_linked_role_is_made_once(iam: Any) -> None:
    iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")
    with refused("InvalidInput", "taken"):
        iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")


def test_boundaries_and_profiles(iam: Any, role: str) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    policy = iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=policy)
    assert iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy
    iam.delete_role_permissions_boundary(RoleName=role)
    assert "PermissionsBoundary" not in iam.get_role(RoleName=role)["Role"]
    assert iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"] == []
    iam.update_role(RoleName=role, Description="new", MaxSessionDuration=7200)
    assert iam.get_role(RoleName=role)["Role"]["Description"] == "new"


def test_tags_are_judged(iam: Any, role: str) -> None:
    with refused("InvalidInput"):
        iam.tag_role(RoleName=role, Tags=[{"Key": "aws:x", "Value": "1"}])
    with refused("InvalidInput", "case insensitive"):
        iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "1"}])


def test_inventory(iam: Any, role: str, aws: Any) -> None:
    (item,) = [item for item in aws.inventory() if item["kind"] == "iam/role"]
    assert (item["name"], item["tags"]) == ("Monitor", {"harecon:stack": "payments"})

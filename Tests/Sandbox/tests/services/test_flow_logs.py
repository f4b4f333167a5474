# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Network, refused, trust


@pytest.fixture
def given(auto: Any) -> dict[str, Any]:
    """A role that may write, a log group, and what a call gives."""
    role = auto.client("iam").create_role(
        RoleName="traffic", AssumeRolePolicyDocument=trust("vpc-flow-logs.amazonaws.com")
    )["Role"]["Arn"]
    document = {"Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}
    auto.client("iam").put_role_policy(
        RoleName="traffic", PolicyName="write", PolicyDocument=json.dumps({"Version": "2012-10-17", **document})
    )
    auto.advance(60)
    auto.client("logs").create_log_group(logGroupName="/traffic")
    group = f"arn:aws:logs:us-east-1:{auto.account}:log-group:/traffic"
    return {
        "ResourceType": "VPC", "TrafficType": "ALL", "DeliverLogsPermissionArn": role, "LogDestination": group,
        "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "a", "Value": "1"}]}],
    }  # fmt: skip


def test_flow_log_is_kept_found_and_deleted(auto: Any, network: Network, given: dict[str, Any]) -> None:
    ec2 = auto.client("ec2")
    (made,) = ec2.create_flow_logs(ResourceIds=[network.vpc], **given)["FlowLogIds"]
    (log,) = ec2.describe_flow_logs(Filters=[{"Name": "tag:a", "Values": ["1"]}])["FlowLogs"]
    assert (log["FlowLogId"], log["ResourceId"], log["LogGroupName"]) == (made, network.vpc, "/traffic")
    assert (log["DeliverLogsStatus"], log["MaxAggregationInterval"]) == ("SUCCESS", 600)
    assert log["LogFormat"].startswith("${version} ${account-id}")
    auto.client("logs").delete_log_group(logGroupName="/traffic")
    assert ec2.describe_flow_logs()["FlowLogs"][0]["DeliverLogsStatus"] == "FAILED"
    assert ec2.delete_flow_logs(FlowLogIds=[made])["Unsuccessful"] == []
    (failed,) = ec2.delete_flow_logs(FlowLogIds=[made])["Unsuccessful"]
    assert failed["Error"]["Code"] == "InvalidFlowLogId.NotFound"


def test_the_same_twice_and_a_missing_network_are_in_the_answer(
    auto: Any, network: Network, given: dict[str, Any]
) -> None:
    ec2 = auto.client("ec2")
    ec2.create_flow_logs(ResourceIds=[network.vpc], **given)
    failed = ec2.create_flow_logs(ResourceIds=[network.vpc, "vpc-0123456789abcdef0"], **given)["Unsuccessful"]
    assert [item["Error"]["Code"] for item in failed] == ["FlowLogAlreadyExists", "InvalidVpcId.NotFound"]


def test_what_no_log_can_have_is_refused(auto: Any, network: Network, given: dict[str, Any]) -> None:
    ec2 = auto.client("ec2")
    weak = auto.client("iam").create_role(RoleName="weak", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    for wrong, code in (
        ({"DeliverLogsPermissionArn": weak["Role"]["Arn"]}, "InvalidParameter"),
        ({"MaxAggregationInterval": 61}, "InvalidParameterValue"),
        ({"LogDestination": "arn:aws:s3:::bucket"}, "InvalidParameterValue"),
    ):
        with refused(code):
            ec2.create_flow_logs(ResourceIds=[network.vpc], **{**given, **wrong})

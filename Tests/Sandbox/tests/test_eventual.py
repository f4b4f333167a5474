# SPDX-License-Identifier: Apache-2.0
"""What was just created is not seen for a while: by its id, by its name, in lists."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import TRUST, Aws


@pytest.fixture
def late(aws: Aws) -> Aws:
    """An account in which creations stay unseen for 30 simulated seconds, on a clock that stands still."""
    aws.settings(eventual=30)
    aws.control("clock", {"freeze": True})
    return aws


def code(call: Any, **params: Any) -> str:
    try:
        call(**params)
        return "seen"
    except ClientError as error:
        return str(error.response["Error"]["Code"])


def test_an_id_is_not_found_until_its_time(late: Aws) -> None:
    ec2 = late.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert code(ec2.describe_vpcs, VpcIds=[vpc]) == "InvalidVpcID.NotFound"
    assert code(ec2.describe_vpc_attribute, VpcId=vpc, Attribute="enableDnsSupport") == "InvalidVpcID.NotFound"
    late.advance(31)
    assert code(ec2.describe_vpcs, VpcIds=[vpc]) == "seen"


def test_a_filter_finds_nothing_instead_of_an_error(late: Aws) -> None:
    ec2 = late.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    assert ec2.describe_vpcs(Filters=filters)["Vpcs"] == []
    late.advance(31)
    assert len(ec2.describe_vpcs(Filters=filters)["Vpcs"]) == 1


def test_a_list_leaves_it_out_and_shows_the_rest(late: Aws) -> None:
    before = late.edit("logs", "CreateLogGroup", logGroupName="old")
    assert before == {}
    logs = late.client("logs")
    logs.create_log_group(logGroupName="new")
    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ["old"]
    late.advance(31)
    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ["new", "old"]


def test_an_item_that_only_mentions_it_is_shown(late: Aws) -> None:
    ec2 = late.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    late.edit("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.0.0.0/24")
    assert len(ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]) == 1


@pytest.mark.parametrize("service", ["iam", "kms", "rds", "route53"])
def test_each_service_has_its_own_words(late: Aws, service: str) -> None:
    client = late.client(service)
    match service:
        case "iam":
            client.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
            assert code(client.get_role, RoleName="r") == "NoSuchEntity"
        case "kms":
            key = client.create_key()["KeyMetadata"]
            assert code(client.describe_key, KeyId=key["KeyId"]) == "NotFoundException"
            assert code(client.get_key_policy, KeyId=key["Arn"], PolicyName="default") == "NotFoundException"
        case "rds":
            client.create_db_cluster_parameter_group(
                DBClusterParameterGroupName="g", DBParameterGroupFamily="aurora-postgresql15", Description="d"
            )
            found = code(client.describe_db_cluster_parameter_groups, DBClusterParameterGroupName="g")
            assert found == "DBParameterGroupNotFound"
        case "route53":
            vpc = late.edit("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
            zone = client.create_hosted_zone(
                Name="a.example", CallerReference="1", VPC={"VPCRegion": "us-east-1", "VPCId": vpc}
            )["HostedZone"]["Id"]
            assert code(client.get_hosted_zone, Id=zone) == "NoSuchHostedZone"
            assert client.list_hosted_zones()["HostedZones"] == []


def test_a_name_hides_only_its_own_kind(late: Aws) -> None:
    rds = late.client("rds")
    late.edit("rds", "CreateDBParameterGroup", DBParameterGroupName="same",
        DBParameterGroupFamily="aurora-postgresql15", Description="d")  # fmt: skip
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="same", DBParameterGroupFamily="aurora-postgresql15", Description="d"
    )
    assert code(rds.describe_db_parameter_groups, DBParameterGroupName="same") == "seen"


def test_writes_see_it_at_once_unless_told_otherwise(late: Aws) -> None:
    ec2 = late.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert code(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.0.0/24") == "seen"
    late.settings(eventual_writes=1)
    assert code(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.0/24") == "InvalidVpcID.NotFound"


def test_another_service_may_see_it_later_than_its_own(late: Aws) -> None:
    late.settings(eventual=0, eventual_elsewhere=30)
    vpc = late.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert code(late.client("ec2").describe_vpcs, VpcIds=[vpc]) == "seen"
    zone = {"Name": "a.example", "CallerReference": "1", "VPC": {"VPCRegion": "us-east-1", "VPCId": vpc}}
    route53 = late.client("route53")
    assert code(route53.create_hosted_zone, **zone) != "seen"
    late.advance(31)
    assert code(route53.create_hosted_zone, **zone) == "seen"


def test_rds_has_its_own_words_for_what_it_cannot_see_in_ec2(late: Aws) -> None:
    late.settings(eventual_writes=1)
    ec2, rds = late.client("ec2"), late.client("rds")
    vpc = late.edit("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    subnet_group = {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "d", "SubnetIds": subnets}
    assert code(rds.create_db_subnet_group, **subnet_group) == "InvalidSubnet"
    cluster = {"DBClusterIdentifier": "c", "Engine": "aurora-postgresql", "VpcSecurityGroupIds": [group]}
    with pytest.raises(ClientError, match="Invalid security group"):
        rds.create_db_cluster(**cluster)
    late.advance(31)
    assert code(rds.create_db_subnet_group, **subnet_group) == "seen"


def test_an_auto_clock_lets_a_client_that_asks_again_see_it(late: Aws) -> None:
    late.control("clock", {"freeze": False, "auto": True})
    ec2 = late.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert [code(ec2.describe_vpcs, VpcIds=[vpc]) for _ in range(2)] == ["InvalidVpcID.NotFound", "seen"]

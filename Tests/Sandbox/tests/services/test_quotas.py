# SPDX-License-Identifier: Apache-2.0
"""What an account may have: it is told, and what is more is refused by whoever keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Network, refused, trust
from .rds.words import make_cluster, make_instance, settle


@pytest.fixture
def quotas(auto: Any) -> Any:
    return auto.client("service-quotas")


def test_a_quota_is_told_with_what_the_account_was_given(quotas: Any, auto: Any) -> None:
    auto.settings(quotas={"vpc/L-F678F1CE": 7})
    found = quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-F678F1CE")["Quota"]
    assert (found["Value"], found["QuotaName"], found["Adjustable"]) == (7.0, "VPCs per Region", True)
    default = quotas.get_aws_default_service_quota(ServiceCode="vpc", QuotaCode="L-F678F1CE")["Quota"]
    assert default["Value"] == 5.0
    listed = quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]
    assert {q["QuotaCode"]: q["Value"] for q in listed} == {"L-F678F1CE": 7.0, "L-0EA8095F": 60.0}
    assert {q["Value"] for q in quotas.list_aws_default_service_quotas(ServiceCode="vpc")["Quotas"]} == {5.0, 60.0}


def test_what_there_is_no_quota_of_is_not_found(quotas: Any, auto: Any) -> None:
    with refused("NoSuchResourceException", "L-00000000"):
        quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-00000000")
    with refused("NoSuchResourceException", "nothing"):
        quotas.list_service_quotas(ServiceCode="nothing")
    assert quotas.get_service_quota(ServiceCode="iam", QuotaCode="L-FE177D64")["Quota"]["GlobalQuota"]
    with refused("NoSuchResourceException"):
        auto.client("service-quotas", "eu-west-1").get_service_quota(ServiceCode="iam", QuotaCode="L-FE177D64")


def test_networks_and_rules_are_counted(network: Network, auto: Any) -> None:
    ec2 = auto.client("ec2")
    auto.settings(quotas={"vpc/L-F678F1CE": 3, "vpc/L-0EA8095F": 2})
    ec2.create_vpc(CidrBlock="10.30.0.0/16")
    with refused("VpcLimitExceeded"):
        ec2.create_vpc(CidrBlock="10.40.0.0/16")
    ranges = [{"CidrIp": f"10.{i}.0.0/16"} for i in range(3)]
    asked = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    with refused("RulesPerSecurityGroupLimitExceeded"):
        ec2.authorize_security_group_ingress(GroupId=network.group, IpPermissions=[asked | {"IpRanges": ranges}])
    ec2.authorize_security_group_ingress(GroupId=network.group, IpPermissions=[asked | {"IpRanges": ranges[:2]}])


def test_databases_and_their_groups_are_counted(network: Network, auto: Any) -> None:
    rds = auto.client("rds")
    codes = {"L-952B80B8": 1, "L-7B6409FD": 1, "L-E4C808A8": 1, "L-DE55804A": 1, "L-48C6BF61": 1}
    auto.settings(quotas={f"rds/{code}": value for code, value in codes.items()})
    family = {"DBParameterGroupFamily": "aurora-postgresql15", "Description": "d"}

    def make(suffix: str) -> None:
        rds.create_db_subnet_group(
            DBSubnetGroupName=f"payments{suffix}", DBSubnetGroupDescription="d", SubnetIds=network.subnets
        )

    make("")
    with refused("DBSubnetGroupQuotaExceeded"):
        make("-2")
    with refused("DBSubnetGroupAlreadyExists"):
        make("")
    rds.create_db_cluster_parameter_group(DBClusterParameterGroupName="one", **family)
    with refused("DBParameterGroupQuotaExceeded"):
        rds.create_db_cluster_parameter_group(DBClusterParameterGroupName="two", **family)
    rds.create_db_parameter_group(DBParameterGroupName="one", **family)
    with refused("DBParameterGroupQuotaExceeded"):
        rds.create_db_parameter_group(DBParameterGroupName="two", **family)
    make_cluster(rds, network)
    settle(auto)
    with refused("DBClusterQuotaExceededFault"):
        make_cluster(rds, network, DBClusterIdentifier="orders")
    make_instance(rds, "payments-a")
    with refused("InstanceQuotaExceeded"):
        make_instance(rds, "payments-b")
    told = {q["AccountQuotaName"]: (q["Used"], q["Max"]) for q in rds.describe_account_attributes()["AccountQuotas"]}
    counted = ("DBClusters", "DBInstances", "DBClusterParameterGroups", "DBParameterGroups", "DBSubnetGroups")
    assert {name: told[name] for name in counted} == dict.fromkeys(counted, (1, 1))


def test_roles_are_counted(auto: Any) -> None:
    iam = auto.client("iam")
    used = iam.get_account_summary()["SummaryMap"]["Roles"]
    auto.settings(quotas={"iam/L-FE177D64": used + 1})
    iam.create_role(RoleName="one", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    with refused("LimitExceeded"):
        iam.create_role(RoleName="two", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Roles"], summary["RolesQuota"]) == (used + 1, used + 1)


def test_a_retired_version_is_kept_and_not_given_anew(network: Network, auto: Any) -> None:
    rds = auto.client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="payments", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    make_cluster(rds, network)
    settle(auto)
    auto.settings(retired_versions=["15.10", "15.12"])
    with refused("InvalidParameterCombination", "15.10"):
        make_cluster(rds, network, DBClusterIdentifier="orders")
    with refused("InvalidParameterCombination", "15.12"):
        rds.modify_db_cluster(DBClusterIdentifier="payments", EngineVersion="15.12", ApplyImmediately=True)
    make_instance(rds, "payments-a")
    versions = rds.describe_db_engine_versions(Engine="aurora-postgresql")["DBEngineVersions"]
    assert "15.10" not in {version["EngineVersion"] for version in versions}
    with refused("InvalidParameterCombination", "15.10"):
        rds.describe_orderable_db_instance_options(Engine="aurora-postgresql", EngineVersion="15.10")


def test_a_class_is_had_only_where_it_is_offered(network: Network, auto: Any) -> None:
    rds = auto.client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="payments", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    make_cluster(rds, network)
    settle(auto)
    auto.settings(class_zones={"db.serverless": ["us-east-1a"], "db.t3.medium": []})
    options = rds.describe_orderable_db_instance_options(Engine="aurora-postgresql", EngineVersion="15.10")
    zones = {o["DBInstanceClass"]: [z["Name"] for z in o["AvailabilityZones"]] for o in options["OrderableDBInstanceOptions"]}
    assert zones["db.serverless"] == ["us-east-1a"] and "db.t3.medium" not in zones
    with refused("InvalidParameterCombination", "us-east-1b"):
        make_instance(rds, "payments-b", AvailabilityZone="us-east-1b")
    make_instance(rds, "payments-a", AvailabilityZone="us-east-1a")


def test_services_have_endpoints_only_where_they_say(network: Network, auto: Any) -> None:
    ec2 = auto.client("ec2")
    names = [f"com.amazonaws.us-east-1.{short}" for short in ("fis", "kms", "sts")]
    auto.settings(endpoint_zones={"fis": [], "kms": ["us-east-1a", "us-east-1b"]})
    listed = ec2.describe_vpc_endpoint_services(Filters=[{"Name": "service-name", "Values": names}])
    assert listed["ServiceNames"] == names[1:]
    kms, sts = listed["ServiceDetails"]
    assert kms["AvailabilityZones"] == ["us-east-1a", "us-east-1b"] and "us-east-1c" in sts["AvailabilityZones"]
    with refused("InvalidServiceName"):
        ec2.describe_vpc_endpoint_services(ServiceNames=names)
    gateways = ec2.describe_vpc_endpoint_services(Filters=[{"Name": "service-type", "Values": ["Gateway"]}])
    assert gateways["ServiceNames"] == ["com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3"]

    def make(name: str, subnets: list[str]) -> None:
        ec2.create_vpc_endpoint(
            VpcId=network.vpc, VpcEndpointType="Interface", ServiceName=name, SubnetIds=subnets,
            PrivateDnsEnabled=False)  # fmt: skip

    with refused("InvalidServiceName"):
        make(names[0], network.subnets)
    with refused("InvalidParameter", "availability zone"):
        make(names[1], network.subnets)
    make(names[1], network.subnets[:2])

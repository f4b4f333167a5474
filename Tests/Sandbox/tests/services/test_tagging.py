# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Network, refused, root_statement, trust

TAGS = {"harecon:stack": "payments"}
PAIRS = [{"Key": key, "Value": value} for key, value in TAGS.items()]


@pytest.fixture
def tagging(aws: Any) -> Any:
    return aws.client("resourcegroupstaggingapi")


def resources(tagging: Any, **given: Any) -> dict[str, dict[str, str]]:
    pages = tagging.get_paginator("get_resources").paginate(**given)
    found = [mapping for page in pages for mapping in page["ResourceTagMappingList"]]
    return {m["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in m["Tags"]} for m in found}


@pytest.fixture
def stack(aws: Any, network: Network) -> Network:
    """One tagged resource of each kind."""
    ec2, rds, kms, logs, route53, iam = (aws.client(s) for s in ("ec2", "rds", "kms", "logs", "route53", "iam"))
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    (rule,) = ec2.authorize_security_group_ingress(
        GroupId=network.group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
    )["SecurityGroupRules"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network.vpc, VpcEndpointType="Interface", ServiceName="com.amazonaws.us-east-1.sqs",
        PrivateDnsEnabled=False, SubnetIds=network.subnets,
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    ids = [network.vpc, *network.subnets, network.group, table, rule["SecurityGroupRuleId"], endpoint]
    ec2.create_tags(Resources=ids, Tags=PAIRS)
    rds.create_db_subnet_group(
        DBSubnetGroupName="p", DBSubnetGroupDescription="d", SubnetIds=network.subnets, Tags=PAIRS
    )
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="p", DBParameterGroupFamily="aurora-postgresql15", Description="d", Tags=PAIRS
    )
    rds.create_db_parameter_group(
        DBParameterGroupName="p", DBParameterGroupFamily="aurora-postgresql15", Description="d", Tags=PAIRS
    )
    rds.create_db_cluster(
        DBClusterIdentifier="p", Engine="aurora-postgresql", DBSubnetGroupName="p", MasterUsername="harecon",
        MasterUserPassword="a-password", ServerlessV2ScalingConfiguration={"MinCapacity": 1, "MaxCapacity": 2},
        Tags=PAIRS,
    )  # fmt: skip
    aws.advance(3600)
    rds.create_db_instance(
        DBInstanceIdentifier="p-a",
        DBClusterIdentifier="p",
        Engine="aurora-postgresql",
        DBInstanceClass="db.serverless",
        Tags=PAIRS,
    )
    policy = json.dumps({"Statement": [root_statement(aws.account)]})
    kms.create_key(Policy=policy, Tags=[{"TagKey": key, "TagValue": value} for key, value in TAGS.items()])
    logs.create_log_group(logGroupName="/p", tags=TAGS)
    zone = route53.create_hosted_zone(
        Name="p.internal", CallerReference="1", VPC={"VPCRegion": "us-east-1", "VPCId": network.vpc}
    )["HostedZone"]["Id"].removeprefix("/hostedzone/")
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, AddTags=PAIRS)
    iam.create_role(RoleName="p", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"), Tags=PAIRS)
    aws.advance(60)
    return network


def test_every_kind_but_roles_is_found(tagging: Any, stack: Network, aws: Any) -> None:
    found = resources(tagging, TagFilters=[{"Key": "harecon:stack", "Values": ["payments"]}])
    kinds = sorted(arn.split(":", 5)[2] + ":" + arn.split(":", 5)[5].split("/")[0].split(":")[0] for arn in found)
    assert kinds == sorted([
        "ec2:vpc", "ec2:subnet", "ec2:subnet", "ec2:subnet", "ec2:security-group", "ec2:route-table",
        "ec2:security-group-rule", "ec2:vpc-endpoint", "rds:subgrp", "rds:cluster-pg", "rds:pg", "rds:cluster",
        "rds:db", "kms:key", "logs:log-group", "route53:hostedzone",
    ])  # fmt: skip
    assert all(tags == TAGS for tags in found.values())


def test_other_services_are_found_too(tagging: Any, aws: Any) -> None:
    aws.client("sqs").create_queue(QueueName="replay", tags=TAGS)
    aws.advance(60)
    assert list(resources(tagging)) == [f"arn:aws:sqs:us-east-1:{aws.account}:replay"]


def test_types_values_and_arns_narrow_the_list(tagging: Any, stack: Network) -> None:
    assert len(resources(tagging, ResourceTypeFilters=["ec2:subnet", "rds:cluster"])) == 4
    assert len(resources(tagging, ResourceTypeFilters=["rds"])) == 5
    assert resources(tagging, TagFilters=[{"Key": "harecon:stack", "Values": ["other"]}]) == {}
    one = next(iter(resources(tagging)))
    assert list(resources(tagging, ResourceARNList=[one])) == [one]
    with refused("InvalidParameterException"):
        resources(tagging, ResourceARNList=[one], ResourceTypeFilters=["rds"])


def test_deleted_resources_linger(tagging: Any, aws: Any) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/p", tags=TAGS)
    aws.advance(60)
    logs.delete_log_group(logGroupName="/p")
    assert list(resources(tagging).values()) == [TAGS]
    aws.advance(90)
    assert resources(tagging) == {}


def test_new_resources_and_changes_lag_and_untagged_ones_stay(tagging: Any, aws: Any) -> None:
    aws.settings(tagging_lag=30)
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/p", tags=TAGS)
    logs.create_log_group(logGroupName="/never-tagged")
    assert resources(tagging) == {}
    aws.advance(31)
    (arn,) = resources(tagging)
    logs.untag_resource(resourceArn=arn, tagKeys=list(TAGS))
    assert resources(tagging) == {arn: TAGS}
    aws.advance(31)
    assert resources(tagging) == {arn: {}}


def test_pages(tagging: Any, stack: Network, aws: Any) -> None:
    whole = resources(tagging)
    aws.settings(page=3)
    assert resources(tagging) == whole


def test_tags_are_set_and_taken_through_the_tagging_api(tagging: Any, stack: Network, aws: Any) -> None:
    arns = list(resources(tagging))
    assert tagging.tag_resources(ResourceARNList=arns, Tags={"note": "x"})["FailedResourcesMap"] == {}
    aws.advance(10)
    assert {tags.get("note") for tags in resources(tagging).values()} == {"x"}
    tagging.untag_resources(ResourceARNList=arns, TagKeys=["note"])
    aws.advance(10)
    assert all(tags == TAGS for tags in resources(tagging).values())
    missing = f"arn:aws:rds:us-east-1:{aws.account}:cluster:none"
    failed = tagging.tag_resources(ResourceARNList=[missing], Tags={"note": "x"})["FailedResourcesMap"]
    assert failed[missing]["StatusCode"] == 400

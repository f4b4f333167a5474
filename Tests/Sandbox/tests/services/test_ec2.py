# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from .conftest import Network, refused, trail


def test_vpc_is_pending_then_available_and_has_what_aws_gives_it(auto: Any) -> None:
    ec2 = auto.client("ec2")
    tags = [{"Key": "Name", "Value": "payments"}, {"Key": "harecon:stack", "Value": "payments"}]
    vpc = ec2.create_vpc(CidrBlock="10.20.0.7/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])["Vpc"]
    assert vpc["State"] == "pending"
    assert vpc["CidrBlock"] == "10.20.0.0/16"
    assert vpc["Tags"] == tags
    identifier = vpc["VpcId"]
    assert trail(lambda: ec2.describe_vpcs(VpcIds=[identifier])["Vpcs"][0]["State"], "available") == [
        "pending",
        "available",
    ]
    by_vpc = [{"Name": "vpc-id", "Values": [identifier]}]
    (table,) = ec2.describe_route_tables(Filters=by_vpc)["RouteTables"]
    assert table["Associations"][0]["Main"] is True
    assert [route["GatewayId"] for route in table["Routes"]] == ["local"]
    (group,) = ec2.describe_security_groups(Filters=by_vpc)["SecurityGroups"]
    assert group["GroupName"] == "default"
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    with refused("CannotDelete"):
        ec2.delete_security_group(GroupId=group["GroupId"])
    with refused("DependencyViolation"):
        ec2.delete_route_table(RouteTableId=table["RouteTableId"])
    with refused("InvalidParameterValue", "main route table"):
        ec2.disassociate_route_table(AssociationId=table["Associations"][0]["RouteTableAssociationId"])
    ec2.delete_vpc(VpcId=identifier)
    assert ec2.describe_route_tables(Filters=by_vpc)["RouteTables"] == []
    with refused("InvalidVpcID.NotFound"):
        ec2.describe_vpcs(VpcIds=[identifier])


@pytest.mark.parametrize(
    ("cidr", "code"),
    [("10.0.0.0/8", "InvalidVpc.Range"), ("10.0.0.0/29", "InvalidVpc.Range"), ("ten", "InvalidParameterValue")],
)
def test_vpc_refuses_blocks_that_aws_refuses(aws: Any, cidr: str, code: str) -> None:
    with refused(code):
        aws.client("ec2").create_vpc(CidrBlock=cidr)


def test_vpc_attributes_change_one_at_a_time(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")

    def hostnames() -> bool:
        return ec2.describe_vpc_attribute(VpcId=network.vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"][
            "Value"
        ]

    assert not hostnames()
    with refused("InvalidParameterCombination"):
        ec2.modify_vpc_attribute(
            VpcId=network.vpc, EnableDnsHostnames={"Value": True}, EnableDnsSupport={"Value": True}
        )
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    assert hostnames()
    with refused("InvalidParameterCombination", "DNS support"):
        ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsSupport={"Value": False})


def test_dry_run_changes_nothing(aws: Any) -> None:
    ec2 = aws.client("ec2")
    with refused("DryRunOperation"):
        ec2.create_vpc(CidrBlock="10.0.0.0/16", DryRun=True)
    assert [vpc["IsDefault"] for vpc in ec2.describe_vpcs()["Vpcs"]] == [True]


def test_filters_know_wildcards_and_tags_and_refuse_unknown_names(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    ec2.create_tags(Resources=[network.vpc], Tags=[{"Key": "harecon:stack", "Value": "pay*ments"}])

    def found(name: str, *values: str) -> list[str]:
        return [vpc["VpcId"] for vpc in ec2.describe_vpcs(Filters=[{"Name": name, "Values": list(values)}])["Vpcs"]]

    assert found("tag:harecon:stack", "pay*") == [network.vpc]
    assert found("tag:harecon:stack", r"pay\*ments") == [network.vpc]
    assert found("tag:harecon:stack", "PAY*") == []
    assert found("tag-key", "harecon:*") == [network.vpc]
    assert found("cidr", "10.2?.0.0/16", "nothing") == [network.vpc]
    assert found("is-default", "false") == [network.vpc]
    with refused("InvalidParameterValue", "vpcid"):
        found("vpcid", network.vpc)


def test_subnet_blocks_must_fit_and_not_overlap(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    with refused("InvalidSubnet.Conflict"):
        ec2.create_subnet(VpcId=network.vpc, CidrBlock="10.20.0.128/25")
    with refused("InvalidSubnet.Range"):
        ec2.create_subnet(VpcId=network.vpc, CidrBlock="10.30.0.0/24")
    with refused("InvalidParameterValue", "availabilityZone"):
        ec2.create_subnet(VpcId=network.vpc, CidrBlock="10.20.9.0/24", AvailabilityZone="us-east-1z")
    with refused("InvalidVpcID.NotFound"):
        ec2.create_subnet(VpcId="vpc-0123456789abcdef0", CidrBlock="10.20.9.0/24")


def test_subnet_is_held_by_an_interface(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    eni = ec2.create_network_interface(SubnetId=network.subnets[0], Groups=[network.group])["NetworkInterface"]
    assert eni["PrivateIpAddress"] == "10.20.0.4"
    with refused("DependencyViolation"):
        ec2.delete_subnet(SubnetId=network.subnets[0])
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=network.group)
    ec2.delete_network_interface(NetworkInterfaceId=eni["NetworkInterfaceId"])
    ec2.delete_subnet(SubnetId=network.subnets[0])
    with refused("DependencyViolation", network.vpc):
        ec2.delete_vpc(VpcId=network.vpc)


def test_route_table_associations(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    other = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=network.subnets[0])["AssociationId"]
    for again in (table, other):
        with refused("Resource.AlreadyAssociated"):
            ec2.associate_route_table(RouteTableId=again, SubnetId=network.subnets[0])
    with refused("DependencyViolation"):
        ec2.delete_route_table(RouteTableId=table)
    moved = ec2.replace_route_table_association(AssociationId=association, RouteTableId=other)["NewAssociationId"]
    ec2.delete_route_table(RouteTableId=table)
    by_subnet = [{"Name": "association.subnet-id", "Values": [network.subnets[0]]}]
    assert [t["RouteTableId"] for t in ec2.describe_route_tables(Filters=by_subnet)["RouteTables"]] == [other]
    ec2.disassociate_route_table(AssociationId=moved)
    with refused("InvalidAssociationID.NotFound"):
        ec2.disassociate_route_table(AssociationId=moved)


def test_route_table_with_a_client_token_is_made_once(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    made = [ec2.create_route_table(VpcId=network.vpc, ClientToken="once")["RouteTable"]["RouteTableId"] for _ in "ab"]
    assert made[0] == made[1]


def test_routes(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId="igw-0123456789abcdef0")
    with refused("RouteAlreadyExists"):
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId="nat-0123456789abcdef0")
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId="nat-0123456789abcdef0")
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert [(r["DestinationCidrBlock"], r.get("GatewayId"), r.get("NatGatewayId")) for r in routes] == [
        ("10.20.0.0/16", "local", None), ("0.0.0.0/0", None, "nat-0123456789abcdef0"),
    ]  # fmt: skip
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    with refused("InvalidRoute.NotFound"):
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    with refused("InvalidParameterValue", "local"):
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock="10.20.0.0/16")


# Tags --------------------------------------------------------------------------------------------------------------


def test_tags_of_everything(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    ec2.create_tags(
        Resources=[network.vpc, network.group], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    )
    ec2.delete_tags(Resources=[network.vpc], Tags=[{"Key": "a", "Value": "other"}, {"Key": "b"}])
    rows = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [network.vpc]}])["Tags"]
    assert rows == [{"ResourceId": network.vpc, "ResourceType": "vpc", "Key": "a", "Value": "1"}]
    with refused("InvalidParameterValue", "reserved"):
        ec2.create_tags(Resources=[network.vpc], Tags=[{"Key": "aws:x", "Value": "1"}])
    with refused("InvalidSubnetID.NotFound"):
        ec2.create_tags(Resources=["subnet-0123456789abcdef0"], Tags=[{"Key": "x", "Value": "1"}])


def test_inventory_lists_what_people_made(network: Network, aws: Any) -> None:
    kinds = sorted(item["kind"] for item in aws.inventory())
    assert kinds == ["ec2/security-group", "ec2/subnet", "ec2/subnet", "ec2/subnet", "ec2/vpc"]


@pytest.mark.parametrize("size", [1, 2])
def test_lists_are_the_same_in_small_pages(network: Network, aws: Any, size: int) -> None:
    ec2 = aws.client("ec2")
    aws.advance(60)
    whole = ec2.describe_subnets()["Subnets"]
    aws.settings(page=size)
    pages = list(ec2.get_paginator("describe_subnets").paginate())
    assert len(pages) == -(-len(whole) // size)
    assert [subnet for page in pages for subnet in page["Subnets"]] == whole


def test_what_the_region_has(aws: Any) -> None:
    ec2 = aws.client("ec2")
    zones = {zone["ZoneName"]: zone["State"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]}
    assert {zones[f"us-east-1{letter}"] for letter in "abc"} == {"available"}
    wanted = "com.amazonaws.us-east-1.rds-data"
    (service,) = ec2.describe_vpc_endpoint_services(ServiceNames=[wanted])["ServiceDetails"]
    assert service["ServiceType"] == [{"ServiceType": "Interface"}]
    with refused("InvalidServiceName"):
        ec2.describe_vpc_endpoint_services(ServiceNames=[wanted + "x"])
    names = [entry["PrefixListName"] for entry in ec2.describe_managed_prefix_lists()["PrefixLists"]]
    assert "com.amazonaws.us-east-1.s3" in names

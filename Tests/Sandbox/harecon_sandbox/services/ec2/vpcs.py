# SPDX-License-Identifier: Apache-2.0
"""VPCs and subnets."""

from __future__ import annotations

import ipaddress
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services import quotas
from harecon_sandbox.services.common import Tags, arn, hex_id

from . import security_groups
from .routes import add_route_table, is_main
from .state import (
    SERVICE,
    Filters,
    Network,
    Resource,
    canonical_cidr,
    dependency,
    described,
    invalid,
    network,
    refuse_held,
    still_there,
    tags_for,
    with_tags,
    zones,
)

PENDING = 2.0


# VPC ---------------------------------------------------------------------------------------------------------------


def furnish(ctx: Context, net: Network, cidr: str, *, default: bool, tags: Tags, tenancy: str = "default") -> Resource:
    """Makes a VPC with what AWS gives every VPC: a main route table and a default security group."""
    identifier = hex_id("vpc")
    shape = {
        "VpcId": identifier,
        "OwnerId": ctx.account,
        "CidrBlock": cidr,
        "DhcpOptionsId": "dopt-" + ctx.account.rjust(17, "0"),
        "InstanceTenancy": tenancy,
        "IsDefault": default,
        "CidrBlockAssociationSet": [
            {
                "AssociationId": hex_id("vpc-cidr-assoc"),
                "CidrBlock": cidr,
                "CidrBlockState": {"State": "associated"},
            }
        ],
        "Ipv6CidrBlockAssociationSet": [],
    }
    vpc = net.add(Resource(identifier, "vpc", shape, tags, None if default else _pending(ctx)))
    net.attributes[identifier] = {
        "EnableDnsSupport": True,
        "EnableDnsHostnames": default,
        "EnableNetworkAddressUsageMetrics": False,
    }
    add_route_table(ctx, net, vpc, {}, main=True)
    security_groups.add_default_group(ctx, net, identifier)
    if default:
        blocks = ipaddress.ip_network(cidr).subnets(new_prefix=20)
        for zone, block in zip(zones(ctx), blocks, strict=False):
            _add_subnet(ctx, net, vpc, str(block), zone, {}, default=True)
    return vpc


def _pending(ctx: Context) -> Timeline:
    return Timeline(ctx.clock, [("pending", PENDING), ("available", None)])


def render_vpc(vpc: Resource) -> dict[str, Any]:
    return {**with_tags(vpc), "State": vpc.status()}


@operation(SERVICE, "CreateVpc")
def create_vpc(ctx: Context, params: Params) -> Result:
    if "CidrBlock" not in params:
        raise AWSError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    block = canonical_cidr(params["CidrBlock"], "cidrBlock")
    if not 16 <= ipaddress.ip_network(block).prefixlen <= 28:
        raise AWSError("InvalidVpc.Range", f"The CIDR '{params['CidrBlock']}' is invalid.")
    tags = tags_for(params, "vpc")
    if len(network(ctx).kinds["vpc"]) >= quotas.VPCS.value(ctx.settings):
        raise AWSError("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
    tenancy = params.get("InstanceTenancy", "default")
    return {"Vpc": render_vpc(furnish(ctx, network(ctx), block, default=False, tags=tags, tenancy=tenancy))}


VPC_FILTERS: Filters = {
    "cidr": "CidrBlock",
    "cidr-block-association.cidr-block": "CidrBlockAssociationSet.CidrBlock",
    "cidr-block-association.association-id": "CidrBlockAssociationSet.AssociationId",
    "cidr-block-association.state": "CidrBlockAssociationSet.CidrBlockState.State",
    "dhcp-options-id": "DhcpOptionsId",
    "is-default": "IsDefault",
    "owner-id": "OwnerId",
    "state": "State",
    "vpc-id": "VpcId",
}


@operation(SERVICE, "DescribeVpcs")
def describe_vpcs(ctx: Context, params: Params) -> Result:
    return {"Vpcs": described(ctx, params, "vpc", "VpcIds", VPC_FILTERS, render_vpc)}


@operation(SERVICE, "DeleteVpc")
def delete_vpc(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    vpc = net.find("vpc", params["VpcId"])
    tables = [t for t in net.of_vpc("route-table", vpc.id) if not is_main(t)]
    groups = [g for g in net.of_vpc("security-group", vpc.id) if g.shape["GroupName"] != "default"]
    held = [net.of_vpc(kind, vpc.id) for kind in ("subnet", "vpc-endpoint")]
    interfaces = net.of_vpc("network-interface", vpc.id)
    if tables or groups or any(held) or still_there(ctx, interfaces):
        raise dependency("vpc", vpc.id)
    refuse_held(ctx, vpc, "vpc")
    for kind in ("route-table", "security-group"):
        for resource in net.of_vpc(kind, vpc.id):
            security_groups.forget_rules(net, resource.id)
            net.remove(resource)
    net.attributes.pop(vpc.id, None)
    net.remove(vpc)
    return {}


_ATTRIBUTES = {
    "enableDnsSupport": "EnableDnsSupport",
    "enableDnsHostnames": "EnableDnsHostnames",
    "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics",
}


@operation(SERVICE, "DescribeVpcAttribute")
def describe_vpc_attribute(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    vpc = net.find("vpc", params["VpcId"])
    name = _ATTRIBUTES.get(params["Attribute"])
    if name is None:
        raise invalid(f"Value ({params['Attribute']}) for parameter attribute is invalid. Unknown attribute.")
    return {"VpcId": vpc.id, name: {"Value": net.attributes[vpc.id][name]}}


@operation(SERVICE, "ModifyVpcAttribute")
def modify_vpc_attribute(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    vpc = net.find("vpc", params["VpcId"])
    changes = {name: params[name]["Value"] for name in _ATTRIBUTES.values() if name in params}
    if len(changes) != 1:
        raise AWSError("InvalidParameterCombination", "Exactly one attribute may be specified")
    after = {**net.attributes[vpc.id], **changes}
    if after["EnableDnsHostnames"] and not after["EnableDnsSupport"]:
        raise AWSError("InvalidParameterCombination", "DNS hostnames need DNS support.")
    net.attributes[vpc.id] = after
    return {}


# Subnet ------------------------------------------------------------------------------------------------------------


def _add_subnet(
    ctx: Context, net: Network, vpc: Resource, cidr: str, zone: str, tags: Tags, default: bool = False
) -> Resource:
    identifier = hex_id("subnet")
    shape = {
        "SubnetId": identifier,
        "VpcId": vpc.id,
        "OwnerId": ctx.account,
        "CidrBlock": cidr,
        "AvailabilityZone": zone,
        "AvailabilityZoneId": zones(ctx)[zone],
        "DefaultForAz": default,
        "MapPublicIpOnLaunch": default,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6CidrBlockAssociationSet": [],
        "Ipv6Native": False,
        "EnableDns64": False,
        "SubnetArn": arn(ctx, SERVICE, f"subnet/{identifier}"),
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": "ip-name",
            "EnableResourceNameDnsARecord": False,
            "EnableResourceNameDnsAAAARecord": False,
        },
    }
    return net.add(Resource(identifier, "subnet", shape, tags, None if default else _pending(ctx)))


def render_subnet(net: Network, subnet: Resource) -> dict[str, Any]:
    size = ipaddress.ip_network(subnet.shape["CidrBlock"]).num_addresses - 5
    used = sum(eni.shape["SubnetId"] == subnet.id for eni in net.all("network-interface"))
    return {**with_tags(subnet), "State": subnet.status(), "AvailableIpAddressCount": size - used}


def _zone_asked_for(ctx: Context, params: Params) -> str:
    by_name = zones(ctx)
    if zone := params.get("AvailabilityZone"):
        if zone not in by_name:
            raise invalid(
                f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in "
                f"the following availability zones: {', '.join(by_name)}."
            )
        return str(zone)
    if zone_id := params.get("AvailabilityZoneId"):
        for name, identifier in by_name.items():
            if identifier == zone_id:
                return name
        raise invalid(f"Value ({zone_id}) for parameter availabilityZoneId is invalid.")
    return next(iter(by_name))


@operation(SERVICE, "CreateSubnet")
def create_subnet(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    vpc = net.find("vpc", params["VpcId"])
    if "CidrBlock" not in params:
        raise AWSError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    zone = _zone_asked_for(ctx, params)
    text = params["CidrBlock"]
    block = ipaddress.ip_network(canonical_cidr(text, "cidrBlock"))
    inside = [ipaddress.ip_network(entry["CidrBlock"]) for entry in vpc.shape["CidrBlockAssociationSet"]]
    if not 16 <= block.prefixlen <= 28 or not any(block.subnet_of(outer) for outer in inside):  # type: ignore[arg-type]
        raise AWSError("InvalidSubnet.Range", f"The CIDR '{text}' is invalid.")
    for other in net.of_vpc("subnet", vpc.id):
        if block.overlaps(ipaddress.ip_network(other.shape["CidrBlock"])):
            raise AWSError("InvalidSubnet.Conflict", f"The CIDR '{text}' conflicts with another subnet")
    subnet = _add_subnet(ctx, net, vpc, str(block), zone, tags_for(params, "subnet"))
    return {"Subnet": render_subnet(net, subnet)}


SUBNET_FILTERS: Filters = {
    "availability-zone": "AvailabilityZone",
    "availabilityZone": "AvailabilityZone",
    "availability-zone-id": "AvailabilityZoneId",
    "available-ip-address-count": "AvailableIpAddressCount",
    "cidr-block": "CidrBlock",
    "cidr": "CidrBlock",
    "cidrBlock": "CidrBlock",
    "default-for-az": "DefaultForAz",
    "defaultForAz": "DefaultForAz",
    "enable-dns64": "EnableDns64",
    "ipv6-native": "Ipv6Native",
    "map-public-ip-on-launch": "MapPublicIpOnLaunch",
    "owner-id": "OwnerId",
    "private-dns-name-options-on-launch.hostname-type": "PrivateDnsNameOptionsOnLaunch.HostnameType",
    "state": "State",
    "subnet-arn": "SubnetArn",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}


@operation(SERVICE, "DescribeSubnets")
def describe_subnets(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    return {"Subnets": described(ctx, params, "subnet", "SubnetIds", SUBNET_FILTERS, lambda s: render_subnet(net, s))}


@operation(SERVICE, "ModifySubnetAttribute")
def modify_subnet_attribute(ctx: Context, params: Params) -> Result:
    subnet = network(ctx).find("subnet", params["SubnetId"])
    options = subnet.shape["PrivateDnsNameOptionsOnLaunch"]
    places: dict[str, tuple[dict[str, Any], str]] = {
        "MapPublicIpOnLaunch": (subnet.shape, "MapPublicIpOnLaunch"),
        "AssignIpv6AddressOnCreation": (subnet.shape, "AssignIpv6AddressOnCreation"),
        "EnableDns64": (subnet.shape, "EnableDns64"),
        "PrivateDnsHostnameTypeOnLaunch": (options, "HostnameType"),
        "EnableResourceNameDnsARecordOnLaunch": (options, "EnableResourceNameDnsARecord"),
        "EnableResourceNameDnsAAAARecordOnLaunch": (options, "EnableResourceNameDnsAAAARecord"),
    }
    given = [name for name in places if name in params]
    # AWS documents that one attribute is modified at a time; two are refused here.
    if len(given) != 1:
        raise AWSError("InvalidParameterCombination", "Exactly one attribute may be specified")
    place, key = places[given[0]]
    value = params[given[0]]
    place[key] = value["Value"] if isinstance(value, dict) else value
    return {}


@operation(SERVICE, "DeleteSubnet")
def delete_subnet(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    subnet = net.find("subnet", params["SubnetId"])
    if still_there(ctx, (eni for eni in net.all("network-interface") if eni.shape["SubnetId"] == subnet.id)):
        raise dependency("subnet", subnet.id)
    refuse_held(ctx, subnet, "subnet")
    for table in net.all("route-table"):
        table.shape["Associations"] = [a for a in table.shape["Associations"] if a.get("SubnetId") != subnet.id]
    net.remove(subnet)
    return {}

# SPDX-License-Identifier: Apache-2.0
"""VPC endpoints and network interfaces."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services.common import hex_id

from .endpoint_services import GATEWAY_SERVICES, zones_of
from .security_groups import default_group
from .state import (
    SERVICE,
    Filters,
    Network,
    Resource,
    attach_interface,
    described,
    interfaces_of,
    network,
    regroup_interfaces,
    release_interfaces,
    tags_for,
    with_tags,
)

CREATING = 60.0
DELETING = 40.0
DEFAULT_POLICY = json.dumps(
    {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}, indent=2
)


def _parameter(message: str) -> AWSError:
    return AWSError("InvalidParameter", message)


def _check_service(ctx: Context, name: str, kind: str) -> str:
    """The service's short name, from com.amazonaws.REGION.SERVICE."""
    prefix = f"com.amazonaws.{ctx.region}."
    short = name.removeprefix(prefix)
    known = name.startswith(prefix) and bool(zones_of(ctx, short))
    if not known or (kind == "Gateway" and short not in GATEWAY_SERVICES):
        raise AWSError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    return short


def _check_private_dns(net: Network, vpc: str, service: str) -> None:
    attributes = net.attributes[vpc]
    if not (attributes["EnableDnsSupport"] and attributes["EnableDnsHostnames"]):
        raise _parameter(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "
            f"{vpc}"
        )
    for other in net.of_vpc("vpc-endpoint", vpc):
        if other.shape["ServiceName"] == service and other.shape["PrivateDnsEnabled"]:
            raise _parameter(
                f"private-dns-enabled cannot be set because there is already a conflicting DNS domain for {service} in "
                f"the VPC {vpc}"
            )


def _check_subnets(ctx: Context, net: Network, vpc: str, service: str, subnets: list[str]) -> None:
    zones: set[str] = set()
    served = zones_of(ctx, service.removeprefix(f"com.amazonaws.{ctx.region}."))
    for identifier in subnets:
        subnet = net.find("subnet", identifier)
        if subnet.shape["VpcId"] != vpc:
            raise _parameter(f"The subnet {identifier} does not belong to VPC {vpc}")
        if subnet.shape["AvailabilityZone"] in zones:
            raise AWSError("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone")
        if subnet.shape["AvailabilityZone"] not in served:
            raise _parameter(
                f"The VPC endpoint service {service} does not support the availability zone of the subnet: {identifier}."
            )
        zones.add(subnet.shape["AvailabilityZone"])


def _check_groups(net: Network, vpc: str, groups: list[str]) -> None:
    for identifier in groups:
        if net.find("security-group", identifier).shape["VpcId"] != vpc:
            raise _parameter(f"The security group {identifier} does not belong to VPC {vpc}")


def _check_policy(text: str) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "Statement" not in document:
        raise AWSError("InvalidPolicyDocument", "The policy document is malformed.")
    return text


def _dns_entries(ctx: Context, identifier: str, short: str, shape: dict[str, Any]) -> list[dict[str, str]]:
    token = hashlib.sha256(identifier.encode()).hexdigest()[:8]
    host = f"{short.rsplit('.', maxsplit=1)[-1]}.{ctx.region}.vpce.amazonaws.com"
    entries = [{"DnsName": f"{identifier}-{token}.{host}", "HostedZoneId": "Z7HUB22UULQXV"}]
    if shape["PrivateDnsEnabled"]:
        own = ".".join(reversed(short.split(".")))
        entries.append({"DnsName": f"{own}.{ctx.region}.amazonaws.com", "HostedZoneId": "ZONEIDPENDING"})
    return entries


def _attach(ctx: Context, endpoint: Resource, subnets: list[str]) -> None:
    groups = [group["GroupId"] for group in endpoint.shape["Groups"]]
    for subnet in subnets:
        attach_interface(
            ctx, endpoint.id, subnet, groups, f"VPC Endpoint Interface {endpoint.id}", "vpc_endpoint", "amazon-aws"
        )


def render_endpoint(ctx: Context, endpoint: Resource) -> dict[str, Any]:
    interfaces = [eni.id for eni in interfaces_of(ctx, endpoint.id)]
    return {**with_tags(endpoint), "State": endpoint.status(), "NetworkInterfaceIds": interfaces}


@operation(SERVICE, "CreateVpcEndpoint")
def create_vpc_endpoint(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    token = params.get("ClientToken")
    if token and (known := net.tokens.get(token)):
        if known[0] != params:
            raise AWSError("IdempotentParameterMismatch", "The client token was used with other parameters.")
        if known[1] in net.kinds["vpc-endpoint"]:
            return {"VpcEndpoint": render_endpoint(ctx, net.find("vpc-endpoint", known[1])), "ClientToken": token}
    vpc = net.find("vpc", params["VpcId"]).id
    kind = params.get("VpcEndpointType", "Gateway")
    short = _check_service(ctx, params.get("ServiceName", ""), kind)
    tags = tags_for(params, "vpc-endpoint")
    policy = _check_policy(params["PolicyDocument"]) if "PolicyDocument" in params else DEFAULT_POLICY
    identifier = hex_id("vpce")
    shape: dict[str, Any] = {
        "VpcEndpointId": identifier,
        "VpcEndpointType": kind,
        "VpcId": vpc,
        "ServiceName": params["ServiceName"],
        "PolicyDocument": policy,
        "RequesterManaged": False,
        "OwnerId": ctx.account,
        "CreationTimestamp": ctx.clock.datetime(),
        "RouteTableIds": [],
        "SubnetIds": [],
        "Groups": [],
        "PrivateDnsEnabled": False,
        "DnsEntries": [],
    }
    endpoint = Resource(identifier, "vpc-endpoint", shape, tags)
    if kind == "Gateway":
        shape["RouteTableIds"] = [net.find("route-table", t).id for t in params.get("RouteTableIds") or ()]
        net.add(endpoint)
    else:
        _complete_interface(ctx, net, endpoint, params, short)
    if token:
        net.tokens[token] = (dict(params), identifier)
    return {"VpcEndpoint": render_endpoint(ctx, endpoint), **({"ClientToken": token} if token else {})}


def _complete_interface(ctx: Context, net: Network, endpoint: Resource, params: Params, short: str) -> None:
    shape, vpc = endpoint.shape, endpoint.shape["VpcId"]
    subnets = list(params.get("SubnetIds") or ())
    groups = list(params.get("SecurityGroupIds") or ()) or [default_group(net, vpc).id]
    _check_subnets(ctx, net, vpc, shape["ServiceName"], subnets)
    _check_groups(net, vpc, groups)
    # The API's default is true: an endpoint without private names must say so.
    private = params.get("PrivateDnsEnabled", True)
    if private:
        _check_private_dns(net, vpc, shape["ServiceName"])
    shape["PrivateDnsEnabled"] = private
    shape["SubnetIds"] = subnets
    shape["Groups"] = [_group(net, group) for group in groups]
    shape["IpAddressType"] = params.get("IpAddressType", "ipv4")
    shape["DnsOptions"] = {"DnsRecordIpType": "ipv4", **(params.get("DnsOptions") or {})}
    shape["DnsEntries"] = _dns_entries(ctx, endpoint.id, short, shape)
    endpoint.timeline = Timeline(ctx.clock, [("pending", CREATING), ("available", None)])
    net.add(endpoint)
    _attach(ctx, endpoint, subnets)


def _group(net: Network, group: str) -> dict[str, str]:
    return {"GroupId": group, "GroupName": net.find("security-group", group).shape["GroupName"]}


ENDPOINT_FILTERS: Filters = {
    "ip-address-type": "IpAddressType",
    "service-name": "ServiceName",
    "vpc-endpoint-id": "VpcEndpointId",
    "vpc-endpoint-state": "State",
    "vpc-endpoint-type": "VpcEndpointType",
    "vpc-id": "VpcId",
}


@operation(SERVICE, "DescribeVpcEndpoints")
def describe_vpc_endpoints(ctx: Context, params: Params) -> Result:
    found = described(
        ctx, params, "vpc-endpoint", "VpcEndpointIds", ENDPOINT_FILTERS, lambda e: render_endpoint(ctx, e)
    )
    return {"VpcEndpoints": found}


@operation(SERVICE, "ModifyVpcEndpoint")
def modify_vpc_endpoint(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    endpoint = net.find("vpc-endpoint", params["VpcEndpointId"])
    if endpoint.status() != "available":
        raise AWSError("IncorrectState", f"The VPC endpoint {endpoint.id} is in state {endpoint.status()}.")
    shape, vpc = endpoint.shape, endpoint.shape["VpcId"]
    subnets = _changed(shape["SubnetIds"], params, "Subnet")
    groups = _changed([g["GroupId"] for g in shape["Groups"]], params, "SecurityGroup")
    _check_subnets(ctx, net, vpc, shape["ServiceName"], subnets)
    _check_groups(net, vpc, groups)
    if shape["VpcEndpointType"] == "Interface" and not groups:
        raise _parameter("An interface endpoint needs at least one security group")
    private = params.get("PrivateDnsEnabled", shape["PrivateDnsEnabled"])
    if private and not shape["PrivateDnsEnabled"]:
        _check_private_dns(net, vpc, shape["ServiceName"])
    if "PolicyDocument" in params:
        shape["PolicyDocument"] = _check_policy(params["PolicyDocument"])
    elif params.get("ResetPolicy"):
        shape["PolicyDocument"] = DEFAULT_POLICY
    shape["RouteTableIds"] = _changed(shape["RouteTableIds"], params, "RouteTable")
    shape["Groups"] = [_group(net, group) for group in groups]
    if shape["VpcEndpointType"] == "Interface":
        shape["PrivateDnsEnabled"] = private
        short = _check_service(ctx, shape["ServiceName"], "Interface")
        shape["DnsEntries"] = _dns_entries(ctx, endpoint.id, short, shape)
        regroup_interfaces(ctx, endpoint.id, groups)
        release_interfaces(ctx, endpoint.id, set(shape["SubnetIds"]) - set(subnets))
        _attach(ctx, endpoint, [s for s in subnets if s not in shape["SubnetIds"]])
        shape["SubnetIds"] = subnets
    return {"Return": True}


def _changed(current: list[str], params: Params, word: str) -> list[str]:
    removed = params.get(f"Remove{word}Ids") or ()
    kept = [identifier for identifier in current if identifier not in removed]
    return kept + [new for new in params.get(f"Add{word}Ids") or () if new not in kept]


@operation(SERVICE, "DeleteVpcEndpoints")
def delete_vpc_endpoints(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    failed = []
    for identifier in params["VpcEndpointIds"]:
        endpoint = net.kinds["vpc-endpoint"].get(identifier)
        if endpoint is None:
            message = f"The Vpc Endpoint Id '{identifier}' does not exist"
            failed.append(
                {"ResourceId": identifier, "Error": {"Code": "InvalidVpcEndpoint.NotFound", "Message": message}}
            )
        elif endpoint.status() != "deleting":
            endpoint.timeline = Timeline(ctx.clock, [("deleting", DELETING), (Timeline.GONE, None)])
            release_interfaces(ctx, identifier)
    return {"Unsuccessful": failed}


# Network interfaces ------------------------------------------------------------------------------------------------


def render_interface(eni: Resource) -> dict[str, Any]:
    return {**eni.shape, "TagSet": [{"Key": k, "Value": v} for k, v in eni.tags.items()],
            "Status": "in-use" if "Attachment" in eni.shape else "available"}  # fmt: skip


INTERFACE_FILTERS: Filters = {
    "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
    "attachment.instance-owner-id": "Attachment.InstanceOwnerId",
    "attachment.status": "Attachment.Status",
    "availability-zone": "AvailabilityZone",
    "description": "Description",
    "group-id": "Groups.GroupId",
    "group-name": "Groups.GroupName",
    "interface-type": "InterfaceType",
    "mac-address": "MacAddress",
    "network-interface-id": "NetworkInterfaceId",
    "owner-id": "OwnerId",
    "private-ip-address": "PrivateIpAddress",
    "requester-id": "RequesterId",
    "requester-managed": "RequesterManaged",
    "status": "Status",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}


@operation(SERVICE, "DescribeNetworkInterfaces")
def describe_network_interfaces(ctx: Context, params: Params) -> Result:
    for eni in network(ctx).all("network-interface"):
        eni.status()  # tells the clock that it is about to go
    found = described(ctx, params, "network-interface", "NetworkInterfaceIds", INTERFACE_FILTERS, render_interface)
    return {"NetworkInterfaces": found}


@operation(SERVICE, "CreateNetworkInterface")
def create_network_interface(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    subnet = net.find("subnet", params["SubnetId"])
    vpc = subnet.shape["VpcId"]
    groups = list(params.get("Groups") or ()) or [default_group(net, vpc).id]
    _check_groups(net, vpc, groups)
    tags = tags_for(params, "network-interface")
    identifier = attach_interface(ctx, "", subnet.id, groups, params.get("Description", ""), "interface", "")
    eni = net.find("network-interface", identifier)
    eni.tags.update(tags)
    return {"NetworkInterface": render_interface(eni)}


@operation(SERVICE, "DeleteNetworkInterface")
def delete_network_interface(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    eni = net.find("network-interface", params["NetworkInterfaceId"])
    if "Attachment" in eni.shape:
        raise AWSError("InvalidNetworkInterface.InUse", f"Network interface '{eni.id}' is currently in use.")
    net.remove(eni)
    return {}


@operation(SERVICE, "DetachNetworkInterface")
def detach_network_interface(ctx: Context, params: Params) -> Result:
    """Every attachment here is a service's own, and AWS lets nobody else undo those."""
    wanted = params["AttachmentId"]
    for eni in network(ctx).all("network-interface"):
        if eni.shape.get("Attachment", {}).get("AttachmentId") == wanted:
            raise AWSError("OperationNotPermitted", f"You are not allowed to manage '{wanted}' attachments.")
    raise AWSError("InvalidAttachmentID.NotFound", f"The attachment '{wanted}' does not exist.")

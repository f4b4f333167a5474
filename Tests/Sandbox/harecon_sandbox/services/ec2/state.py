# SPDX-License-Identifier: Apache-2.0
"""The network of one account and region: resources in the form in which EC2 describes them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

from harecon_sandbox.kit import AWSError, Context, Timeline
from harecon_sandbox.services.common import Tags, check_tags, collect, hex_id, tag_list, tags_from, wildcard_match

SERVICE = "ec2"
#: How long network interfaces outlive the endpoint or the database that held them.
INTERFACE_LINGERS = 45.0

# kind: (prefix of its ids, code of "not found", word for it in messages)
KINDS: dict[str, tuple[str, str, str]] = {
    "vpc": ("vpc", "InvalidVpcID.NotFound", "vpc"),
    "subnet": ("subnet", "InvalidSubnetID.NotFound", "subnet"),
    "route-table": ("rtb", "InvalidRouteTableID.NotFound", "routeTable"),
    "security-group": ("sg", "InvalidGroup.NotFound", "security group"),
    "security-group-rule": ("sgr", "InvalidSecurityGroupRuleId.NotFound", "security group rule"),
    "vpc-endpoint": ("vpce", "InvalidVpcEndpointId.NotFound", "Vpc Endpoint"),
    "network-interface": ("eni", "InvalidNetworkInterfaceID.NotFound", "networkInterface"),
    "flow-log": ("fl", "InvalidFlowLogId.NotFound", "flow log"),
}


@dataclass
class Resource:
    """One resource: its `shape` is what a Describe call answers, but for state and tags."""

    id: str
    kind: str
    shape: dict[str, Any]
    tags: Tags
    timeline: Timeline | None = None

    def status(self) -> str:
        return self.timeline.status() if self.timeline else "available"

    def gone(self) -> bool:
        """Asks without telling the clock: only who looks at a status waits for its change."""
        return self.timeline is not None and self.timeline.settled() and self.timeline.gone()


#: Answers why something outside EC2 (a database, say) still needs a resource, or None.
Holder = Callable[[Context, Resource], str | None]
HOLDERS: list[Holder] = []


@dataclass
class Network:
    """Everything by kind and id."""

    kinds: dict[str, dict[str, Resource]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    attributes: dict[str, dict[str, bool]] = field(default_factory=dict)  # of VPCs
    tokens: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)  # of CreateVpcEndpoint, RouteTable
    holders: dict[str, str] = field(default_factory=dict)  # network interface: who holds it

    def all(self, kind: str) -> list[Resource]:
        return list(self.kinds[kind].values())

    def of_vpc(self, kind: str, vpc: str) -> list[Resource]:
        return [r for r in self.kinds[kind].values() if r.shape.get("VpcId") == vpc]

    def add(self, resource: Resource) -> Resource:
        self.kinds[resource.kind][resource.id] = resource
        return resource

    def remove(self, resource: Resource) -> None:
        self.kinds[resource.kind].pop(resource.id, None)
        self.holders.pop(resource.id, None)

    def sweep(self) -> None:
        """Forgets what has gone."""
        for resources in self.kinds.values():
            for resource in [r for r in resources.values() if r.timeline is not None and r.gone()]:
                self.remove(resource)

    def find(self, kind: str, identifier: str) -> Resource:
        """The resource, or the error that EC2 gives for an id of that kind which it does not know."""
        prefix, code, word = KINDS[kind]
        resource = self.kinds[kind].get(identifier)
        if resource is not None:
            return resource
        if not re.fullmatch(rf"{prefix}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", identifier):
            malformed = {"vpc": "InvalidVpcID.Malformed", "security-group": "InvalidGroupId.Malformed"}.get(kind)
            if malformed or kind in ("subnet", "route-table"):
                raise AWSError(malformed or code.replace("NotFound", "Malformed"), f'Invalid id: "{identifier}"')
        if kind == "security-group":
            raise AWSError(code, f"The security group '{identifier}' does not exist")
        raise AWSError(code, f"The {word} ID '{identifier}' does not exist")


def network(ctx: Context) -> Network:
    """The network of the call's account and region, with what has gone swept out."""
    held = ctx.keep("ec2", lambda: _new_network(ctx))
    held.sweep()
    return held


def _new_network(ctx: Context) -> Network:
    """Every account starts with a default VPC and a default subnet in each zone."""
    from . import vpcs

    fresh = Network()
    vpcs.furnish(ctx, fresh, "172.31.0.0/16", default=True, tags={})
    return fresh


def zones(ctx: Context) -> dict[str, str]:
    """Zone name: zone id, of the region."""
    return {zone.name: zone.zone_id for zone in RegionsAndZonesBackend.zones[ctx.region]}


def invalid(message: str) -> AWSError:
    return AWSError("InvalidParameterValue", message)


def dependency(word: str, identifier: str) -> AWSError:
    return AWSError("DependencyViolation", f"The {word} '{identifier}' has dependencies and cannot be deleted.")


def still_there(ctx: Context, interfaces: Iterable[Resource]) -> bool:
    """Whether interfaces are in the way of a deletion.

    Those of a service that has let go vanish by themselves; to a client that only tries the deletion again, an
    automatic clock moves as it does for reads.
    """
    found = list(interfaces)
    for eni in found:
        eni.status()
    if any(eni.timeline for eni in found):
        ctx.clock.settle()
    return bool(found)


def refuse_held(ctx: Context, resource: Resource, word: str) -> None:
    """Refuses to delete what something outside EC2 still needs."""
    for holder in HOLDERS:
        if holder(ctx, resource) is not None:
            raise dependency(word, resource.id)


def tags_for(params: Mapping[str, Any], kind: str) -> Tags:
    """The tags that a creating call asks for."""
    tags: Tags = {}
    for specification in params.get("TagSpecifications") or ():
        if specification.get("ResourceType") != kind:
            raise invalid(
                f"'{specification.get('ResourceType')}' is not a valid taggable resource type for this operation."
            )
        tags.update(tags_from(specification.get("Tags")))
    check_ec2_tags(tags, {})
    return tags


def check_ec2_tags(tags: Tags, current: Tags) -> None:
    check_tags(tags, current, invalid)


def canonical_cidr(text: str, parameter: str) -> str:
    """The block with its host bits cleared, as EC2 keeps it."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise invalid(f"Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block.") from None


# Filters -----------------------------------------------------------------------------------------------------------

#: filter name: dotted path into the shape, or a function of the resource giving texts.
Filters = Mapping[str, str | Callable[[Resource], Iterable[str]]]


def described(
    ctx: Context,
    params: Mapping[str, Any],
    kind: str,
    ids: str,
    filters: Filters,
    render: Callable[[Resource], dict[str, Any]],
) -> list[dict[str, Any]]:
    """The shapes that a Describe call answers: those of the ids asked for, and of the filters that all match."""
    net = network(ctx)
    wanted = params.get(ids)
    resources = [net.find(kind, identifier) for identifier in wanted] if wanted else net.all(kind)
    conditions = params.get("Filters") or ()
    for condition in conditions:
        name = condition.get("Name", "")
        if name not in filters and name != "tag-key" and not name.startswith("tag:"):
            raise invalid(f"The filter '{name}' is invalid")
    answer = []
    for resource in resources:
        shape = render(resource)
        if all(_matches(resource, shape, condition, filters) for condition in conditions):
            answer.append(shape)
    return answer


def _matches(resource: Resource, shape: dict[str, Any], condition: Mapping[str, Any], filters: Filters) -> bool:
    name, patterns = condition["Name"], condition.get("Values") or ()
    if name == "tag-key":
        texts: Iterable[str] = resource.tags
    elif name.startswith("tag:"):
        key = name.removeprefix("tag:")
        texts = [resource.tags[key]] if key in resource.tags else []
    else:
        source = filters[name]
        texts = collect(shape, source) if isinstance(source, str) else source(resource)
    return any(wildcard_match(text, patterns) for text in texts)


def with_tags(resource: Resource) -> dict[str, Any]:
    return {**resource.shape, "Tags": tag_list(resource.tags)}


# Network interfaces of services ------------------------------------------------------------------------------------


def free_address(net: Network, subnet: Resource) -> str:
    """The first address of the subnet that no interface has; AWS keeps the first four and the last."""
    block = ipaddress.ip_network(subnet.shape["CidrBlock"])
    taken = {eni.shape["PrivateIpAddress"] for eni in net.all("network-interface")}
    for offset in range(4, block.num_addresses - 1):
        address = str(block[offset])
        if address not in taken:
            return address
    raise AWSError("InsufficientFreeAddressesInSubnet", f"Insufficient free addresses in subnet '{subnet.id}'.")


def attach_interface(
    ctx: Context, holder: str, subnet_id: str, groups: Iterable[str], description: str, interface_type: str, owner: str
) -> str:
    """Gives a service's resource an interface in the subnet, which keeps the subnet and its groups from deletion."""
    net = network(ctx)
    subnet = net.find("subnet", subnet_id)
    identifier = hex_id("eni")
    address = free_address(net, subnet)
    shape = {
        "NetworkInterfaceId": identifier,
        "SubnetId": subnet_id,
        "VpcId": subnet.shape["VpcId"],
        "AvailabilityZone": subnet.shape["AvailabilityZone"],
        "Description": description,
        "OwnerId": ctx.account,
        "RequesterId": owner if owner else ctx.account,
        "RequesterManaged": bool(owner),
        "InterfaceType": interface_type,
        "MacAddress": "02:" + ":".join(identifier[-10:][i : i + 2] for i in range(0, 10, 2)),
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": address}],
        "SourceDestCheck": True,
        "Groups": [_group_reference(net, group) for group in groups],
        "Ipv6Addresses": [],
    }
    if owner:
        shape["Attachment"] = {
            "AttachmentId": hex_id("ela-attach" if owner == "amazon-aws" else "eni-attach"),
            "DeleteOnTermination": False,
            "DeviceIndex": 1,
            "InstanceOwnerId": owner,
            "Status": "attached",
        }
    net.add(Resource(identifier, "network-interface", shape, {}))
    net.holders[identifier] = holder
    return identifier


def _group_reference(net: Network, group: str) -> dict[str, str]:
    return {"GroupId": group, "GroupName": net.find("security-group", group).shape["GroupName"]}


def interfaces_of(ctx: Context, holder: str) -> list[Resource]:
    net = network(ctx)
    return [eni for eni in net.all("network-interface") if net.holders.get(eni.id) == holder and not eni.timeline]


def regroup_interfaces(ctx: Context, holder: str, groups: Iterable[str]) -> None:
    net = network(ctx)
    references = [_group_reference(net, group) for group in groups]
    for eni in interfaces_of(ctx, holder):
        eni.shape["Groups"] = list(references)


def release_interfaces(
    ctx: Context, holder: str, subnets: Iterable[str] | None = None, at: float | None = None
) -> None:
    """Lets the holder's interfaces go from `at` on: they stay for a while, as AWS takes its time to remove them."""
    wanted = None if subnets is None else set(subnets)
    for eni in interfaces_of(ctx, holder):
        if wanted is None or eni.shape["SubnetId"] in wanted:
            eni.timeline = Timeline(ctx.clock, [("in-use", INTERFACE_LINGERS), (Timeline.GONE, None)], at)

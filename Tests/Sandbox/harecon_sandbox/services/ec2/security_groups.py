# SPDX-License-Identifier: Apache-2.0
"""Security groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import Tags, arn, hex_id, tag_list

from .rules import TEXT, add_rules, forget_rules, rules_of
from .state import (
    SERVICE,
    Filters,
    Network,
    Resource,
    described,
    invalid,
    network,
    refuse_held,
    still_there,
    tags_for,
    with_tags,
)

EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _add_group(ctx: Context, net: Network, vpc: str, name: str, description: str, tags: Tags) -> Resource:
    """A new group; as on AWS it lets everything out."""
    identifier = hex_id("sg")
    shape = {
        "GroupId": identifier,
        "GroupName": name,
        "Description": description,
        "OwnerId": ctx.account,
        "VpcId": vpc,
        "SecurityGroupArn": arn(ctx, SERVICE, f"security-group/{identifier}"),
    }
    group = net.add(Resource(identifier, "security-group", shape, tags))
    add_rules(ctx, net, group, [EVERYWHERE], egress=True, tags={})
    return group


def add_default_group(ctx: Context, net: Network, vpc: str) -> Resource:
    """The default group of a new VPC: its members may talk to each other."""
    group = _add_group(ctx, net, vpc, "default", "default VPC security group", {})
    own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group.id}]}
    add_rules(ctx, net, group, [own], egress=False, tags={})
    return group


def default_group(net: Network, vpc: str) -> Resource:
    return next(g for g in net.of_vpc("security-group", vpc) if g.shape["GroupName"] == "default")


@operation(SERVICE, "CreateSecurityGroup")
def create_security_group(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    name, description = params["GroupName"], params["Description"]
    if not TEXT.fullmatch(name) or not name or name.startswith("sg-"):
        raise invalid(f"Value ({name}) for parameter GroupName is invalid. Group names may not start with sg-.")
    if not TEXT.fullmatch(description) or not description:
        raise invalid(
            f"Value ({description}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not "
            "supported."
        )
    if name == "default":
        raise AWSError("InvalidGroup.Reserved", "The security group 'default' is reserved")
    vpc = params.get("VpcId") or next(v.id for v in net.all("vpc") if v.shape["IsDefault"])
    net.find("vpc", vpc)
    if any(g.shape["GroupName"] == name for g in net.of_vpc("security-group", vpc)):
        raise AWSError("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc}'")
    group = _add_group(ctx, net, vpc, name, description, tags_for(params, "security-group"))
    return {
        "GroupId": group.id,
        "Tags": tag_list(group.tags),
        "SecurityGroupArn": group.shape["SecurityGroupArn"],
    }


def render_group(net: Network, group: Resource) -> dict[str, Any]:
    rules = rules_of(net, group.id)
    return {
        **with_tags(group),
        "IpPermissions": _permissions(r for r in rules if not r.shape["IsEgress"]),
        "IpPermissionsEgress": _permissions(r for r in rules if r.shape["IsEgress"]),
    }


def _permissions(rules: Iterable[Resource]) -> list[dict[str, Any]]:
    """Rules as groups show them: those of one protocol and ports together."""
    found: dict[tuple[str, int, int], dict[str, Any]] = {}
    for rule in rules:
        shape = rule.shape
        key = (shape["IpProtocol"], shape["FromPort"], shape["ToPort"])
        if key not in found:
            ports = {} if shape["IpProtocol"] == "-1" else {"FromPort": key[1], "ToPort": key[2]}
            found[key] = {
                "IpProtocol": key[0], **ports,
                "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": [],
            }  # fmt: skip
        note = {"Description": shape["Description"]} if "Description" in shape else {}
        if "CidrIpv4" in shape:
            found[key]["IpRanges"].append({"CidrIp": shape["CidrIpv4"], **note})
        elif "CidrIpv6" in shape:
            found[key]["Ipv6Ranges"].append({"CidrIpv6": shape["CidrIpv6"], **note})
        elif "PrefixListId" in shape:
            found[key]["PrefixListIds"].append({"PrefixListId": shape["PrefixListId"], **note})
        else:
            pair = shape["ReferencedGroupInfo"]
            found[key]["UserIdGroupPairs"].append({"GroupId": pair["GroupId"], "UserId": pair["UserId"], **note})
    return list(found.values())


def _permission_filters(prefix: str, member: str) -> dict[str, str]:
    return {
        f"{prefix}cidr": f"{member}.IpRanges.CidrIp",
        f"{prefix}from-port": f"{member}.FromPort",
        f"{prefix}to-port": f"{member}.ToPort",
        f"{prefix}protocol": f"{member}.IpProtocol",
        f"{prefix}group-id": f"{member}.UserIdGroupPairs.GroupId",
        f"{prefix}ipv6-cidr": f"{member}.Ipv6Ranges.CidrIpv6",
        f"{prefix}prefix-list-id": f"{member}.PrefixListIds.PrefixListId",
        f"{prefix}user-id": f"{member}.UserIdGroupPairs.UserId",
    }


GROUP_FILTERS: Filters = {
    "description": "Description",
    "group-id": "GroupId",
    "group-name": "GroupName",
    "owner-id": "OwnerId",
    "vpc-id": "VpcId",
    **_permission_filters("ip-permission.", "IpPermissions"),
    **_permission_filters("egress.ip-permission.", "IpPermissionsEgress"),
}


@operation(SERVICE, "DescribeSecurityGroups")
def describe_security_groups(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    groups = described(ctx, params, "security-group", "GroupIds", GROUP_FILTERS, lambda g: render_group(net, g))
    if names := params.get("GroupNames"):
        # By name only the groups of the default VPC are found.
        default = {v.id for v in net.all("vpc") if v.shape["IsDefault"]}
        groups = [g for g in groups if g["GroupName"] in names and g["VpcId"] in default]
        for name in names:
            if not any(g["GroupName"] == name for g in groups):
                raise AWSError("InvalidGroup.NotFound", f"The security group '{name}' does not exist in default VPC")
    return {"SecurityGroups": groups}


@operation(SERVICE, "DeleteSecurityGroup")
def delete_security_group(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    if "GroupId" not in params:
        raise AWSError("MissingParameter", "The request must contain the parameter GroupId")
    group = net.find("security-group", params["GroupId"])
    if group.shape["GroupName"] == "default":
        raise AWSError("CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user')
    referenced = any(
        rule.shape.get("ReferencedGroupInfo", {}).get("GroupId") == group.id and rule.shape["GroupId"] != group.id
        for rule in net.all("security-group-rule")
    )
    holders = [
        eni
        for eni in net.all("network-interface")
        if any(reference["GroupId"] == group.id for reference in eni.shape["Groups"])
    ]
    if referenced or still_there(ctx, holders):
        raise AWSError("DependencyViolation", f"resource {group.id} has a dependent object")
    refuse_held(ctx, group, "security group")
    forget_rules(net, group.id)
    net.remove(group)
    return {"Return": True, "GroupId": group.id}

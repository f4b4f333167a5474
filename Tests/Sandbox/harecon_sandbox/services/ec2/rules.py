# SPDX-License-Identifier: Apache-2.0
"""Rules of security groups, each with its id."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import quotas
from harecon_sandbox.services.common import Tags, arn, hex_id

from .state import (
    SERVICE,
    Filters,
    Network,
    Resource,
    canonical_cidr,
    described,
    invalid,
    network,
    tags_for,
    with_tags,
)

TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
#: What makes two rules of one direction the same rule.
_IDENTITY = ("IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupInfo")


def rules_of(net: Network, group: str) -> list[Resource]:
    return [rule for rule in net.all("security-group-rule") if rule.shape["GroupId"] == group]


def forget_rules(net: Network, group: str) -> None:
    for rule in rules_of(net, group):
        net.remove(rule)


def _ports(protocol: str, permission: Params) -> tuple[int, int]:
    start, end = permission.get("FromPort"), permission.get("ToPort")
    if protocol == "-1":
        return -1, -1
    if protocol not in ("tcp", "udp", "icmp", "icmpv6"):
        if protocol.isdigit() and int(protocol) <= 255:
            return -1, -1
        raise invalid(f"Invalid value '{protocol}' for IP protocol. Unknown protocol.")
    if protocol.startswith("icmp"):
        return (-1 if start is None else start), (-1 if end is None else end)
    if start is None or end is None:
        raise invalid("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
    if not 0 <= start <= end <= 65535:
        raise invalid(f"Invalid value '{start}-{end}' for portRange.")
    return start, end


def _described(shape: dict[str, Any], entry: Params) -> dict[str, Any]:
    if "Description" in entry:
        if not TEXT.fullmatch(entry["Description"]):
            raise invalid("Invalid rule description. Valid descriptions are strings less than 256 characters.")
        shape["Description"] = entry["Description"]
    return shape


def _referenced(ctx: Context, net: Network, group: Resource, pair: Params) -> dict[str, str]:
    other = net.find("security-group", pair["GroupId"])
    if other.shape["VpcId"] != group.shape["VpcId"]:
        raise AWSError("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
    # The API reference also has a VpcId here; AWS's own examples of groups of one VPC come without it.
    return {"GroupId": other.id, "UserId": ctx.account}


def _rules(ctx: Context, net: Network, group: Resource, permission: Params) -> list[dict[str, Any]]:
    """The rules that one permission stands for, one per source."""
    protocol = _PROTOCOLS.get(permission["IpProtocol"].lower(), permission["IpProtocol"].lower())
    start, end = _ports(protocol, permission)
    base = {"IpProtocol": protocol, "FromPort": start, "ToPort": end}
    rules = []
    for entry in permission.get("IpRanges") or ():
        block = canonical_cidr(entry["CidrIp"], "cidrIp")
        if ipaddress.ip_network(block).version != 4:
            raise invalid(f"CIDR block {entry['CidrIp']} is malformed")
        rules.append(_described({**base, "CidrIpv4": block}, entry))
    for entry in permission.get("Ipv6Ranges") or ():
        rules.append(_described({**base, "CidrIpv6": canonical_cidr(entry["CidrIpv6"], "cidrIpv6")}, entry))
    for entry in permission.get("PrefixListIds") or ():
        rules.append(_described({**base, "PrefixListId": entry["PrefixListId"]}, entry))
    for entry in permission.get("UserIdGroupPairs") or ():
        rules.append(_described({**base, "ReferencedGroupInfo": _referenced(ctx, net, group, entry)}, entry))
    if not rules:
        raise AWSError("MissingParameter", "The request must contain a source or destination.")
    return rules


def _identity(shape: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(shape.get(key)) for key in _IDENTITY)


def _peer(shape: dict[str, Any]) -> str:
    info = shape.get("ReferencedGroupInfo")
    peer = info["GroupId"] if info else shape.get("CidrIpv4") or shape.get("CidrIpv6") or shape.get("PrefixListId")
    if shape["IpProtocol"] == "-1":
        return f"peer: {peer}, ALL, ALLOW"
    protocol, start, end = shape["IpProtocol"].upper(), shape["FromPort"], shape["ToPort"]
    return f"peer: {peer}, {protocol}, from port: {start}, to port: {end}, ALLOW"


def add_rules(
    ctx: Context, net: Network, group: Resource, permissions: list[Params], *, egress: bool, tags: Tags
) -> list[Resource]:
    """Adds all the rules or none."""
    wanted = [rule for permission in permissions for rule in _rules(ctx, net, group, permission)]
    known = {_identity(r.shape) for r in rules_of(net, group.id) if r.shape["IsEgress"] == egress}
    for shape in wanted:
        if _identity(shape) in known:
            raise AWSError("InvalidPermission.Duplicate", f'the specified rule "{_peer(shape)}" already exists')
        known.add(_identity(shape))
    if len(known) > quotas.RULES.value(ctx.settings):
        raise AWSError(
            "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."
        )
    added = []
    for shape in wanted:
        identifier = hex_id("sgr")
        full = {
            "SecurityGroupRuleId": identifier,
            "SecurityGroupRuleArn": arn(ctx, SERVICE, f"security-group-rule/{identifier}"),
            "GroupId": group.id,
            "GroupOwnerId": ctx.account,
            "IsEgress": egress,
            **shape,
        }
        added.append(net.add(Resource(identifier, "security-group-rule", full, dict(tags))))
    return added


def _permissions_asked_for(params: Params) -> list[Params]:
    if "IpPermissions" in params:
        return list(params["IpPermissions"])
    if "CidrIp" in params and "IpProtocol" in params:
        flat: Params = {key: params[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in params}
        return [{**flat, "IpRanges": [{"CidrIp": params["CidrIp"]}]}]
    raise AWSError("MissingParameter", "The request must contain the parameter ipPermissions")


@operation(SERVICE, "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def authorize(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    group = net.find("security-group", params["GroupId"])
    egress = ctx.operation.endswith("Egress")
    tags = tags_for(params, "security-group-rule")
    added = add_rules(ctx, net, group, _permissions_asked_for(params), egress=egress, tags=tags)
    return {"Return": True, "SecurityGroupRules": [with_tags(rule) for rule in added]}


@operation(SERVICE, "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def revoke(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    group = net.find("security-group", params["GroupId"])
    egress = ctx.operation.endswith("Egress")
    own = [rule for rule in rules_of(net, group.id) if rule.shape["IsEgress"] == egress]
    if identifiers := params.get("SecurityGroupRuleIds"):
        by_id = {rule.id: rule for rule in own}
        for identifier in identifiers:
            if identifier not in by_id:
                raise _unknown_rule(identifier)
        doomed = [by_id[identifier] for identifier in identifiers]
    else:
        doomed = []
        for permission in _permissions_asked_for(params):
            for shape in _rules(ctx, net, group, permission):
                match = [rule for rule in own if _identity(rule.shape) == _identity(shape)]
                if not match:
                    raise AWSError(
                        "InvalidPermission.NotFound", "The specified rule does not exist in this security group."
                    )
                doomed += match
    for rule in doomed:
        net.remove(rule)
    return {"Return": True, "RevokedSecurityGroupRules": [_revoked(rule.shape) for rule in doomed]}


def _revoked(shape: dict[str, Any]) -> dict[str, Any]:
    kept = ("SecurityGroupRuleId", "GroupId", "IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6",
            "PrefixListId", "Description")  # fmt: skip
    answer = {key: shape[key] for key in kept if key in shape}
    if info := shape.get("ReferencedGroupInfo"):
        answer["ReferencedGroupId"] = info["GroupId"]
    return answer


def _unknown_rule(identifier: str) -> AWSError:
    return AWSError("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{identifier}' does not exist")


RULE_FILTERS: Filters = {
    "group-id": "GroupId",
    "security-group-rule-id": "SecurityGroupRuleId",
}


@operation(SERVICE, "DescribeSecurityGroupRules")
def describe_security_group_rules(ctx: Context, params: Params) -> Result:
    rules = described(ctx, params, "security-group-rule", "SecurityGroupRuleIds", RULE_FILTERS, with_tags)
    return {"SecurityGroupRules": rules}


@operation(SERVICE, "ModifySecurityGroupRules")
def modify_security_group_rules(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    group = net.find("security-group", params["GroupId"])
    own = {rule.id: rule for rule in rules_of(net, group.id)}
    fresh = []
    for update in params["SecurityGroupRules"]:
        rule = own.get(update["SecurityGroupRuleId"])
        if rule is None:
            raise _unknown_rule(update["SecurityGroupRuleId"])
        fresh.append((rule, _requested_rule(ctx, net, group, update.get("SecurityGroupRule") or {})))
    for rule, shape in fresh:
        twins = [r for r in own.values() if r is not rule and r.shape["IsEgress"] == rule.shape["IsEgress"]]
        if any(_identity(r.shape) == _identity(shape) for r in twins):
            raise AWSError("InvalidPermission.Duplicate", f'the specified rule "{_peer(shape)}" already exists')
    for rule, shape in fresh:
        kept = {key: value for key, value in rule.shape.items() if key not in (*_IDENTITY, "Description")}
        rule.shape = {**kept, **shape}
    return {"Return": True}


def _requested_rule(ctx: Context, net: Network, group: Resource, request: Params) -> dict[str, Any]:
    permission: Params = {key: request[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in request}
    if "IpProtocol" not in permission:
        raise AWSError("MissingParameter", "The request must contain the parameter IpProtocol")
    note = {"Description": request["Description"]} if "Description" in request else {}
    if "CidrIpv4" in request:
        permission["IpRanges"] = [{"CidrIp": request["CidrIpv4"], **note}]
    elif "CidrIpv6" in request:
        permission["Ipv6Ranges"] = [{"CidrIpv6": request["CidrIpv6"], **note}]
    elif "PrefixListId" in request:
        permission["PrefixListIds"] = [{"PrefixListId": request["PrefixListId"], **note}]
    elif "ReferencedGroupId" in request:
        permission["UserIdGroupPairs"] = [{"GroupId": request["ReferencedGroupId"], **note}]
    return _rules(ctx, net, group, permission)[0]


@operation(SERVICE, "UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress")
def update_descriptions(ctx: Context, params: Params) -> Result:
    net = network(ctx)
    group = net.find("security-group", params["GroupId"])
    own = [r for r in rules_of(net, group.id) if r.shape["IsEgress"] == ctx.operation.endswith("Egress")]
    changes: list[tuple[Resource, Params]] = []
    for entry in params.get("SecurityGroupRuleDescriptions") or ():
        rule = next((r for r in own if r.id == entry["SecurityGroupRuleId"]), None)
        if rule is None:
            raise _unknown_rule(entry["SecurityGroupRuleId"])
        changes.append((rule, entry))
    for permission in params.get("IpPermissions") or ():
        for shape in _rules(ctx, net, group, permission):
            rule = next((r for r in own if _identity(r.shape) == _identity(shape)), None)
            if rule is None:
                raise AWSError(
                    "InvalidPermission.NotFound", "The specified rule does not exist in this security group."
                )
            changes.append((rule, shape))
    for rule, entry in changes:
        rule.shape.pop("Description", None)
        _described(rule.shape, entry)
    return {"Return": True}

# SPDX-License-Identifier: Apache-2.0
"""Hosted zones and the VPCs that see them."""

from __future__ import annotations

import secrets
import string
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

from .state import (
    SERVICE,
    RecordKey,
    State,
    Zone,
    canonical,
    check_domain,
    check_prior,
    escaped,
    find_zone,
    reversed_labels,
    state_of,
    submit,
)

LINK = "https://route53.amazonaws.com/2013-04-01/hostedzone/"


def _check_vpc(ctx: Context, vpc: Params) -> tuple[str, str]:
    identifier, region = vpc.get("VPCId"), vpc.get("VPCRegion")
    if not identifier or not region:
        raise AWSError("InvalidInput", "Both VPCId and VPCRegion must be given.", 400)
    try:
        ctx.call("ec2", "DescribeVpcs", {"VpcIds": [identifier]}, region=region)
    except AWSError as error:
        raise AWSError(
            "InvalidVPCId", f"The VPC: {identifier} you provided is not authorized or invalid: {error.code}", 400
        ) from None
    return identifier, region


def _check_conflict(state: State, name: str, vpc: tuple[str, str]) -> None:
    for other in state.zones.values():
        if other.private and other.name == name and vpc in other.vpcs:
            raise AWSError(
                "ConflictingDomainExists",
                f"The VPC {vpc[0]} in region {vpc[1]} has already been associated with the hosted zone {other.id} with "
                "the same domain name.",
                400,
            )


def _own_records(name: str) -> dict[RecordKey, dict[str, Any]]:
    """Every zone has its SOA and NS records."""
    servers = [f"ns-{number}.awsdns-{number % 64:02d}.{top}." for number, top in
               ((0, "com"), (512, "net"), (1024, "org"), (1536, "co.uk"))]  # fmt: skip
    soa = f"{servers[-1]} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
    return {
        (name, "NS", ""): {
            "Name": name,
            "Type": "NS",
            "TTL": 172800,
            "ResourceRecords": [{"Value": s} for s in servers],
        },
        (name, "SOA", ""): {"Name": name, "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": soa}]},
    }


def _delegation(zone: Zone) -> dict[str, Any]:
    servers = [record["Value"].rstrip(".") for record in zone.records[zone.name, "NS", ""]["ResourceRecords"]]
    return {} if zone.private else {"DelegationSet": {"NameServers": servers}}


@operation(SERVICE, "CreateHostedZone")
def create_zone(ctx: Context, params: Params) -> Result:
    state = state_of(ctx)
    name = canonical(params["Name"])
    check_domain(name)
    # Whether a reference may be used again after its zone was deleted is not documented; refused here.
    if params["CallerReference"] in state.references:
        raise AWSError(
            "HostedZoneAlreadyExists",
            "A hosted zone has already been created with the specified caller reference.",
            409,
        )
    config = params.get("HostedZoneConfig") or {}
    vpcs = []
    if "VPC" in params:
        vpc = _check_vpc(ctx, params["VPC"])
        _check_conflict(state, name, vpc)
        vpcs.append(vpc)
    elif config.get("PrivateZone"):
        raise AWSError(
            "InvalidInput",
            "When you're creating a private hosted zone (when you specify true for PrivateZone), you must also specify "
            "values for VPCId and VPCRegion.",
            400,
        )
    identifier = "Z" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(20))
    zone = Zone(
        identifier, name, params["CallerReference"], bool(vpcs), config.get("Comment"), vpcs, _own_records(name)
    )
    state.zones[identifier] = zone
    state.references.add(params["CallerReference"])
    answer = {
        "HostedZone": zone.shape(),
        "ChangeInfo": submit(ctx, state, identifier),
        "Location": LINK + identifier,
        **_delegation(zone),
    }
    return {**answer, "VPC": dict(params["VPC"])} if vpcs else answer


def _vpc_shapes(zone: Zone) -> list[dict[str, str]]:
    return [{"VPCId": identifier, "VPCRegion": region} for identifier, region in zone.vpcs]


@operation(SERVICE, "GetHostedZone")
def get_zone(ctx: Context, params: Params) -> Result:
    zone = find_zone(ctx, params["Id"])
    answer = {"HostedZone": zone.shape(), **_delegation(zone)}
    return {**answer, "VPCs": _vpc_shapes(zone)} if zone.private else answer


@operation(SERVICE, "ListHostedZones")
def list_zones(ctx: Context, params: Params) -> Result:
    zones = state_of(ctx).zones.values()
    if params.get("HostedZoneType") == "PrivateHostedZone":
        zones = [zone for zone in zones if zone.private]  # type: ignore[assignment]
    return {"HostedZones": [zone.shape() for zone in zones], "IsTruncated": False}


def _page_size(ctx: Context, params: Params) -> int:
    forced = int(ctx.settings.get("page") or 100)
    return max(1, min(int(params.get("MaxItems", 100)), 100, forced))


@operation(SERVICE, "ListHostedZonesByName")
def list_zones_by_name(ctx: Context, params: Params) -> Result:
    """In the order of the reversed labels, from a name on; paged in the open."""
    start = (
        reversed_labels(canonical(params["DNSName"])) if "DNSName" in params else [],
        params.get("HostedZoneId", ""),
    )
    ordered = sorted(state_of(ctx).zones.values(), key=lambda zone: (reversed_labels(zone.name), zone.id))
    ordered = [zone for zone in ordered if (reversed_labels(zone.name), zone.id) >= start]
    size = _page_size(ctx, params)
    answer: Result = {
        "HostedZones": [zone.shape() for zone in ordered[:size]],
        "IsTruncated": len(ordered) > size,
        "MaxItems": str(size),
        **{name: params[name] for name in ("DNSName", "HostedZoneId") if name in params},
    }
    if len(ordered) > size:
        answer |= {"NextDNSName": escaped(ordered[size].name), "NextHostedZoneId": ordered[size].id}
    return answer


@operation(SERVICE, "ListHostedZonesByVPC")
def list_zones_by_vpc(ctx: Context, params: Params) -> Result:
    vpc = (params["VPCId"], params["VPCRegion"])
    found = sorted((z for z in state_of(ctx).zones.values() if vpc in z.vpcs), key=lambda zone: zone.id)
    following = [zone for zone in found if zone.id >= params.get("NextToken", "")]
    size = _page_size(ctx, params)
    answer: Result = {
        "HostedZoneSummaries": [
            {"HostedZoneId": zone.id, "Name": escaped(zone.name), "Owner": {"OwningAccount": ctx.account}}
            for zone in following[:size]
        ],
        "MaxItems": str(size),
    }
    return {**answer, "NextToken": following[size].id} if len(following) > size else answer


@operation(SERVICE, "UpdateHostedZoneComment")
def update_comment(ctx: Context, params: Params) -> Result:
    zone = find_zone(ctx, params["Id"])
    zone.comment = params.get("Comment") or None
    return {"HostedZone": zone.shape()}


@operation(SERVICE, "AssociateVPCWithHostedZone")
def associate_vpc(ctx: Context, params: Params) -> Result:
    state, zone = state_of(ctx), find_zone(ctx, params["HostedZoneId"])
    if not zone.private:
        raise AWSError("PublicZoneVPCAssociation", "Cannot associate a VPC with a public hosted zone.", 400)
    vpc = _check_vpc(ctx, params["VPC"])
    check_prior(ctx, state, zone)
    _check_conflict(state, zone.name, vpc)
    zone.vpcs.append(vpc)
    return {"ChangeInfo": submit(ctx, state, zone.id, params.get("Comment"))}


@operation(SERVICE, "DisassociateVPCFromHostedZone")
def disassociate_vpc(ctx: Context, params: Params) -> Result:
    state, zone = state_of(ctx), find_zone(ctx, params["HostedZoneId"])
    vpc = (params["VPC"].get("VPCId", ""), params["VPC"].get("VPCRegion", ""))
    if vpc not in zone.vpcs:
        raise AWSError("VPCAssociationNotFound", f"The VPC {vpc[0]} is not associated with hosted zone {zone.id}.", 404)
    if len(zone.vpcs) == 1:
        raise AWSError("LastVPCAssociation", "Cannot remove the last VPC association of a private hosted zone.", 400)
    zone.vpcs.remove(vpc)
    return {"ChangeInfo": submit(ctx, state, zone.id, params.get("Comment"))}


@operation(SERVICE, "DeleteHostedZone")
def delete_zone(ctx: Context, params: Params) -> Result:
    state, zone = state_of(ctx), find_zone(ctx, params["Id"])
    if any(kind not in ("NS", "SOA") or name != zone.name for name, kind, _ in zone.records):
        raise AWSError(
            "HostedZoneNotEmpty",
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
            400,
        )
    check_prior(ctx, state, zone)
    del state.zones[zone.id]
    return {"ChangeInfo": submit(ctx, state, zone.id)}

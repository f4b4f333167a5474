# SPDX-License-Identifier: Apache-2.0
"""Route 53: hosted zones and record sets.  Health checks are the emulator's."""

from __future__ import annotations

import ipaddress
import re
import secrets
import string
from dataclasses import dataclass, field
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services.common import Tags, check_tags, tag_list, tags_from

SERVICE = "route53"
IN_SYNC_AFTER = 20.0
LINK = "https://route53.amazonaws.com/2013-04-01/hostedzone/"
ROUTINGS = (
    "Weight",
    "Region",
    "Failover",
    "GeoLocation",
    "MultiValueAnswer",
    "CidrRoutingConfig",
    "GeoProximityLocation",
)

EITHER = (
    "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
    "TrafficPolicyInstanceId]"
)

RecordKey = tuple[str, str, str]  # name, type, set identifier


@dataclass
class Zone:
    id: str
    name: str
    caller_reference: str
    private: bool
    comment: str | None
    vpcs: list[tuple[str, str]]  # id, region
    records: dict[RecordKey, dict[str, Any]]
    tags: Tags = field(default_factory=dict)

    def shape(self) -> dict[str, Any]:
        config: dict[str, Any] = {"PrivateZone": self.private}
        if self.comment:
            config["Comment"] = self.comment
        return {
            "Id": f"/hostedzone/{self.id}",
            "Name": escaped(self.name),
            "CallerReference": self.caller_reference,
            "Config": config,
            "ResourceRecordSetCount": len(self.records),
        }


@dataclass
class Change:
    id: str
    zone: str
    submitted: Any
    timeline: Timeline
    comment: str | None = None

    def shape(self) -> dict[str, Any]:
        shape = {"Id": f"/change/{self.id}", "Status": self.timeline.status(), "SubmittedAt": self.submitted}
        return {**shape, "Comment": self.comment} if self.comment else shape


@dataclass
class State:
    zones: dict[str, Zone] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    references: set[str] = field(default_factory=set)
    health_check_tags: dict[str, Tags] = field(default_factory=dict)


def _state(ctx: Context) -> State:
    """Route 53 is global: one state per account, whatever the region of the call."""
    state: State = ctx.store.setdefault("route53", State())
    return state


# Names -------------------------------------------------------------------------------------------------------------


def canonical(name: str) -> str:
    """The name as it is compared: lower case, a dot at the end, escapes resolved."""
    resolved = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), name)
    lowered = resolved.lower()
    return lowered if lowered.endswith(".") else lowered + "."


def escaped(name: str) -> str:
    """The name as Route 53 answers it: what is not a-z, 0-9, hyphen, underscore or dot as \\ooo."""
    plain = string.ascii_lowercase + string.digits + "-_."
    return "".join(char if char in plain else f"\\{ord(char):03o}" for char in name)


def _check_domain(name: str) -> None:
    labels = name.rstrip(".").split(".")
    if len(name) > 255 or any(not 1 <= len(label) <= 63 for label in labels):
        raise AWSError("InvalidDomainName", f"The domain name is invalid: {name}", 400)


def _reversed_labels(name: str) -> list[str]:
    return name.rstrip(".").split(".")[::-1]


# Changes -----------------------------------------------------------------------------------------------------------


def _submit(ctx: Context, state: State, zone: str, comment: str | None = None) -> dict[str, Any]:
    identifier = "C" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(20))
    timeline = Timeline(ctx.clock, [("PENDING", IN_SYNC_AFTER), ("INSYNC", None)])
    state.changes[identifier] = Change(identifier, zone, ctx.clock.datetime(), timeline, comment)
    return state.changes[identifier].shape()


@operation(SERVICE, "GetChange")
def get_change(ctx: Context, params: Params) -> Result:
    identifier = params["Id"].removeprefix("/change/")
    change = _state(ctx).changes.get(identifier)
    if change is None:
        raise AWSError("NoSuchChange", f"Could not find resource with ID: {identifier}", 404)
    return {"ChangeInfo": change.shape()}


def _check_prior(ctx: Context, state: State, zone: Zone) -> None:
    """Setting `prior_request_not_complete` has Route 53 be as slow as it is when it is busy: a change of a zone is
    refused while the zone's last one is not in sync."""
    if not ctx.settings.get("prior_request_not_complete"):
        return
    for change in state.changes.values():
        if change.zone == zone.id and not change.timeline.settled():
            change.timeline.status()
            ctx.clock.settle()
            raise AWSError(
                "PriorRequestNotComplete",
                "The request was rejected because Route 53 was still processing a prior request.",
                400,
            )


# Zones -------------------------------------------------------------------------------------------------------------


def _find(ctx: Context, identifier: str) -> Zone:
    key = identifier.removeprefix("/hostedzone/")
    zone = _state(ctx).zones.get(key)
    if zone is None:
        raise AWSError("NoSuchHostedZone", f"No hosted zone found with ID: {key}", 404)
    return zone


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
    state = _state(ctx)
    name = canonical(params["Name"])
    _check_domain(name)
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
        "ChangeInfo": _submit(ctx, state, identifier),
        "Location": LINK + identifier,
        **_delegation(zone),
    }
    return {**answer, "VPC": dict(params["VPC"])} if vpcs else answer


def _vpc_shapes(zone: Zone) -> list[dict[str, str]]:
    return [{"VPCId": identifier, "VPCRegion": region} for identifier, region in zone.vpcs]


@operation(SERVICE, "GetHostedZone")
def get_zone(ctx: Context, params: Params) -> Result:
    zone = _find(ctx, params["Id"])
    answer = {"HostedZone": zone.shape(), **_delegation(zone)}
    return {**answer, "VPCs": _vpc_shapes(zone)} if zone.private else answer


@operation(SERVICE, "ListHostedZones")
def list_zones(ctx: Context, params: Params) -> Result:
    zones = _state(ctx).zones.values()
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
        _reversed_labels(canonical(params["DNSName"])) if "DNSName" in params else [],
        params.get("HostedZoneId", ""),
    )
    ordered = sorted(_state(ctx).zones.values(), key=lambda zone: (_reversed_labels(zone.name), zone.id))
    ordered = [zone for zone in ordered if (_reversed_labels(zone.name), zone.id) >= start]
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
    found = sorted((z for z in _state(ctx).zones.values() if vpc in z.vpcs), key=lambda zone: zone.id)
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
    zone = _find(ctx, params["Id"])
    zone.comment = params.get("Comment") or None
    return {"HostedZone": zone.shape()}


@operation(SERVICE, "AssociateVPCWithHostedZone")
def associate_vpc(ctx: Context, params: Params) -> Result:
    state, zone = _state(ctx), _find(ctx, params["HostedZoneId"])
    if not zone.private:
        raise AWSError("PublicZoneVPCAssociation", "Cannot associate a VPC with a public hosted zone.", 400)
    vpc = _check_vpc(ctx, params["VPC"])
    _check_prior(ctx, state, zone)
    _check_conflict(state, zone.name, vpc)
    zone.vpcs.append(vpc)
    return {"ChangeInfo": _submit(ctx, state, zone.id, params.get("Comment"))}


@operation(SERVICE, "DisassociateVPCFromHostedZone")
def disassociate_vpc(ctx: Context, params: Params) -> Result:
    state, zone = _state(ctx), _find(ctx, params["HostedZoneId"])
    vpc = (params["VPC"].get("VPCId", ""), params["VPC"].get("VPCRegion", ""))
    if vpc not in zone.vpcs:
        raise AWSError("VPCAssociationNotFound", f"The VPC {vpc[0]} is not associated with hosted zone {zone.id}.", 404)
    if len(zone.vpcs) == 1:
        raise AWSError("LastVPCAssociation", "Cannot remove the last VPC association of a private hosted zone.", 400)
    zone.vpcs.remove(vpc)
    return {"ChangeInfo": _submit(ctx, state, zone.id, params.get("Comment"))}


@operation(SERVICE, "DeleteHostedZone")
def delete_zone(ctx: Context, params: Params) -> Result:
    state, zone = _state(ctx), _find(ctx, params["Id"])
    if any(kind not in ("NS", "SOA") or name != zone.name for name, kind, _ in zone.records):
        raise AWSError(
            "HostedZoneNotEmpty",
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
            400,
        )
    _check_prior(ctx, state, zone)
    del state.zones[zone.id]
    return {"ChangeInfo": _submit(ctx, state, zone.id)}


# Record sets -------------------------------------------------------------------------------------------------------


def _batch(messages: list[str]) -> AWSError:
    return AWSError("InvalidChangeBatch", f"[{', '.join(messages)}]", 400)


def _words(key: RecordKey) -> str:
    identifier = f", set identifier='{key[2]}'" if key[2] else ""
    return f"[name='{escaped(key[0])}', type='{key[1]}'{identifier}]"


def _key(record: dict[str, Any]) -> RecordKey:
    return record["Name"], record["Type"], record.get("SetIdentifier", "")


def _normalised(record: Params) -> dict[str, Any]:
    shape: dict[str, Any] = {**record, "Name": canonical(record["Name"])}
    if alias := shape.get("AliasTarget"):
        shape["AliasTarget"] = {**alias, "DNSName": canonical(alias["DNSName"])}
    return shape


def _check_record(ctx: Context, zone: Zone, record: dict[str, Any]) -> str | None:
    """What is wrong with a record on its own, or None."""
    name, kind = record["Name"], record["Type"]
    shown = escaped(name)
    if name != zone.name and not name.endswith("." + zone.name):
        return f"RRSet with DNS name {shown} is not permitted in zone {escaped(zone.name)}"
    alias, values = record.get("AliasTarget"), record.get("ResourceRecords")
    if bool(alias) == bool(values) or bool(values) != ("TTL" in record):
        return EITHER
    if kind == "CNAME" and name == zone.name:
        return f"RRSet of type CNAME with DNS name {shown} is not permitted at apex in zone {escaped(zone.name)}"
    routed = [member for member in ROUTINGS if member in record]
    if len(routed) > 1 or bool(routed) != ("SetIdentifier" in record):
        return f"Invalid request: SetIdentifier and exactly one routing go together: {shown}"
    if values:
        texts = [value["Value"] for value in values]
        if len(set(texts)) != len(texts):
            return f"Duplicate Resource Record: '{texts[0]}'"
        return _check_values(kind, texts)
    return None


def _check_values(kind: str, texts: list[str]) -> str | None:
    if kind in ("CNAME", "SOA") and len(texts) != 1:
        return f"Invalid Resource Record: FATAL problem: {kind} must have exactly one value"
    for text in texts:
        wrong = _wrong_value(kind, text)
        if wrong:
            return f"Invalid Resource Record: 'FATAL problem: {wrong} encountered with '{text}''"
    return None


def _wrong_value(kind: str, text: str) -> str | None:
    if kind in ("A", "AAAA"):
        version = 4 if kind == "A" else 6
        try:
            fits = ipaddress.ip_address(text).version == version
        except ValueError:
            fits = False
        return None if fits else f"{kind}RRDATAIllegalIPv{version}Address (Value is not a valid IP address)"
    if kind == "TXT" and not re.fullmatch(r'("([^"\\]|\\.){0,255}"\s*)+', text):
        return "InvalidCharacterString (Value should be enclosed in quotation marks)"
    return None


def _check_beside(records: dict[RecordKey, dict[str, Any]], record: dict[str, Any], zone: Zone) -> str | None:
    """What other records of the same name forbid."""
    name, kind, identifier = _key(record)
    others = [other for key, other in records.items() if key[0] == name and key != (name, kind, identifier)]
    if any((other["Type"] == "CNAME") != (kind == "CNAME") for other in others):
        return (
            f"RRSet of type {kind} with DNS name {escaped(name)} is not permitted as it conflicts with other records "
            f"with the same DNS name in zone {escaped(zone.name)}"
        )
    routing = next((member for member in ROUTINGS if member in record), None)
    for other in others:
        if other["Type"] == kind and routing != next((member for member in ROUTINGS if member in other), None):
            return (
                f"RRSet with DNS name {escaped(name)}, type {kind} cannot be created as other RRSets exist with the "
                "same name and type and another routing"
            )
        if other["Type"] == kind and routing == "Failover" and other["Failover"] == record["Failover"]:
            return f"Failover record {record['Failover']} of {escaped(name)} exists"
    return None


def _apply(ctx: Context, zone: Zone, records: dict[RecordKey, dict[str, Any]], change: Params) -> str | None:
    """Applies one change to the records; what is wrong with it, or None."""
    record = _normalised(change["ResourceRecordSet"])
    key = _key(record)
    current = records.get(key)
    if change["Action"] == "DELETE":
        if current is None:
            return f"Tried to delete resource record set {_words(key)} but it was not found"
        if not _same(current, record):
            return (
                f"Tried to delete resource record set {_words(key)} but the values provided do not match the current "
                "values"
            )
        if key[1] in ("SOA", "NS") and key[0] == zone.name:
            return f"A HostedZone must contain at least one {key[1]} record for the zone itself."
        del records[key]
        return None
    if change["Action"] == "CREATE" and current is not None:
        return f"Tried to create resource record set {_words(key)} but it already exists"
    wrong = _check_record(ctx, zone, record) or _check_beside(records, record, zone)
    if wrong is None:
        records[key] = record
    return wrong


def _same(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """Records are the same whatever the order of their values."""

    def plain(record: dict[str, Any]) -> dict[str, Any]:
        values = sorted(value["Value"] for value in record.get("ResourceRecords") or ())
        return {**record, "ResourceRecords": values}

    return plain(left) == plain(right)


@operation(SERVICE, "ChangeResourceRecordSets")
def change_records(ctx: Context, params: Params) -> Result:
    """All the changes or none."""
    state, zone = _state(ctx), _find(ctx, params["HostedZoneId"])
    batch = params["ChangeBatch"]
    _check_prior(ctx, state, zone)
    for change in batch["Changes"]:
        check = change["ResourceRecordSet"].get("HealthCheckId")
        if change["Action"] != "DELETE" and check and check not in ctx.moto(SERVICE).health_checks:
            raise AWSError("NoSuchHealthCheck", f"No health check exists with the specified ID: {check}", 404)
    records = dict(zone.records)
    wrong = [message for change in batch["Changes"] if (message := _apply(ctx, zone, records, change))]
    if wrong:
        raise _batch(wrong)
    zone.records = records
    return {"ChangeInfo": _submit(ctx, state, zone.id, batch.get("Comment"))}


@operation(SERVICE, "ListResourceRecordSets")
def list_records(ctx: Context, params: Params) -> Result:
    """All of them; they are sorted and paged on the way out."""
    zone = _find(ctx, params["HostedZoneId"])
    shapes = [{**record, "Name": escaped(record["Name"])} for record in zone.records.values()]
    return {"ResourceRecordSets": shapes, "IsTruncated": False, "MaxItems": "300"}


# Tags --------------------------------------------------------------------------------------------------------------


def _tags(ctx: Context, kind: str, identifier: str) -> Tags:
    if kind == "hostedzone":
        return _find(ctx, identifier).tags
    if identifier not in ctx.moto(SERVICE).health_checks:
        raise AWSError("NoSuchHealthCheck", f"No health check exists with the specified ID: {identifier}", 404)
    return _state(ctx).health_check_tags.setdefault(identifier, {})


def _tag_set(ctx: Context, kind: str, identifier: str) -> dict[str, Any]:
    key = identifier.removeprefix("/hostedzone/")
    return {"ResourceType": kind, "ResourceId": key, "Tags": tag_list(_tags(ctx, kind, identifier))}


@operation(SERVICE, "ChangeTagsForResource")
def change_tags(ctx: Context, params: Params) -> Result:
    tags = _tags(ctx, params["ResourceType"], params["ResourceId"])
    new = tags_from(params.get("AddTags"))
    if not new and not params.get("RemoveTagKeys"):
        raise AWSError("InvalidInput", "Either AddTags or RemoveTagKeys must be given.", 400)
    check_tags(new, tags, lambda message: AWSError("InvalidInput", message, 400))
    for key in params.get("RemoveTagKeys") or ():
        tags.pop(key, None)
    tags.update(new)
    return {}


@operation(SERVICE, "ListTagsForResource")
def list_tags(ctx: Context, params: Params) -> Result:
    return {"ResourceTagSet": _tag_set(ctx, params["ResourceType"], params["ResourceId"])}


@operation(SERVICE, "ListTagsForResources")
def list_tags_of_several(ctx: Context, params: Params) -> Result:
    return {"ResourceTagSets": [_tag_set(ctx, params["ResourceType"], i) for i in params["ResourceIds"]]}


def inventory(ctx: Context) -> list[dict[str, Any]]:
    state = _state(ctx)
    rows = []
    for zone in state.zones.values():
        row = {"kind": "route53/hosted-zone", "id": zone.id, "name": zone.name}
        rows.append({**row, "arn": f"arn:{ctx.partition}:route53:::hostedzone/{zone.id}", "tags": dict(zone.tags),
                     "status": "available"})  # fmt: skip
        for name, kind, identifier in zone.records:
            if kind not in ("NS", "SOA") or name != zone.name:
                key = f"{zone.id}/{escaped(name)}/{kind}" + (f"/{identifier}" if identifier else "")
                rows.append({"kind": "route53/record-set", "id": key, "name": name, "tags": {}, "status": "available"})
    for identifier in ctx.moto(SERVICE).health_checks:
        rows.append({
            "kind": "route53/health-check", "id": identifier, "name": identifier,
            "arn": f"arn:{ctx.partition}:route53:::healthcheck/{identifier}",
            "tags": dict(state.health_check_tags.get(identifier, {})), "status": "available",
        })  # fmt: skip
    return rows

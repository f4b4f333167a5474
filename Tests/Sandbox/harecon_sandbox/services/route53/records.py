# SPDX-License-Identifier: Apache-2.0
"""Record sets, and which of them may be beside each other."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

from .health_checks import find_check
from .state import SERVICE, RecordKey, Zone, canonical, check_prior, escaped, find_zone, state_of, submit

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
    if "HealthCheckId" in record and zone.private and not routed:
        return f"Invalid request: a simple record of a private zone takes no health check: {shown}"
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
    state, zone = state_of(ctx), find_zone(ctx, params["HostedZoneId"])
    batch = params["ChangeBatch"]
    check_prior(ctx, state, zone)
    for change in batch["Changes"]:
        check = change["ResourceRecordSet"].get("HealthCheckId")
        if change["Action"] != "DELETE" and check:
            find_check(ctx, check)
    records = dict(zone.records)
    wrong = [message for change in batch["Changes"] if (message := _apply(ctx, zone, records, change))]
    if wrong:
        raise _batch(wrong)
    zone.records = records
    return {"ChangeInfo": submit(ctx, state, zone.id, batch.get("Comment"))}


@operation(SERVICE, "ListResourceRecordSets")
def list_records(ctx: Context, params: Params) -> Result:
    """All of them; they are sorted and paged on the way out."""
    zone = find_zone(ctx, params["HostedZoneId"])
    shapes = [{**record, "Name": escaped(record["Name"])} for record in zone.records.values()]
    return {"ResourceRecordSets": shapes, "IsTruncated": False, "MaxItems": "300"}

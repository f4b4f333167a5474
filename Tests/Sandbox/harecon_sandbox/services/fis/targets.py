# SPDX-License-Identifier: Apache-2.0
"""Which resources the targets of an experiment come to."""

from __future__ import annotations

import hashlib
import math
from typing import Any

from harecon_sandbox.kit import AWSError, Context

from .state import Experiment


def resolve(ctx: Context, experiment: Experiment) -> dict[str, list[str]]:
    """Target → ARNs of resources that exist and fit."""
    return {name: _one(ctx, experiment, target) for name, target in experiment.template["targets"].items()}


def _one(ctx: Context, experiment: Experiment, target: dict[str, Any]) -> list[str]:
    there = _resources(ctx, target["resourceType"])
    if arns := target.get("resourceArns"):
        chosen = [arn for arn in arns if arn in there]
    else:
        wanted = target.get("resourceTags") or {}
        chosen = [arn for arn, shape in there.items() if wanted.items() <= shape["tags"].items()]
    parameters = target.get("parameters") or {}
    if zones := parameters.get("writerAvailabilityZoneIdentifiers"):
        chosen = [arn for arn in chosen if there[arn]["writer-zone"] in zones.split(",")]
    return _selected(experiment.id, chosen, target["selectionMode"])


def _selected(seed: str, arns: list[str], mode: str) -> list[str]:
    """AWS chooses by chance; so does this, the same for the same experiment."""
    if mode == "ALL":
        return arns
    number = int(mode[mode.index("(") + 1 : -1])
    count = number if mode.startswith("COUNT") else math.floor(len(arns) * number / 100)
    return sorted(arns, key=lambda arn: hashlib.sha256(f"{seed}{arn}".encode()).digest())[:count]


def _resources(ctx: Context, kind: str) -> dict[str, dict[str, Any]]:
    """ARN → tags and what else a target may ask for."""
    if kind == "aws:ec2:subnet":
        subnets = ctx.call("ec2", "DescribeSubnets", {})["Subnets"]
        return {s["SubnetArn"]: {"tags": _plain(s.get("Tags"))} for s in subnets}
    instances = ctx.call("rds", "DescribeDBInstances", {})["DBInstances"]
    if kind == "aws:rds:db":
        return {i["DBInstanceArn"]: {"tags": _plain(i.get("TagList"))} for i in instances}
    zones = {i["DBInstanceIdentifier"]: i.get("AvailabilityZone", "") for i in instances}
    zone_ids = {
        zone["ZoneName"]: zone["ZoneId"] for zone in ctx.call("ec2", "DescribeAvailabilityZones", {})["AvailabilityZones"]
    }
    found = {}
    for cluster in ctx.call("rds", "DescribeDBClusters", {})["DBClusters"]:
        writer = next((m["DBInstanceIdentifier"] for m in cluster["DBClusterMembers"] if m["IsClusterWriter"]), "")
        found[cluster["DBClusterArn"]] = {
            "tags": _plain(cluster.get("TagList")),
            "writer-zone": zone_ids.get(zones.get(writer, ""), ""),
        }
    return found


def _plain(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def name_of(arn: str) -> str:
    parts = arn.split(":", 6)
    if len(parts) != 7:
        raise AWSError("InvalidTarget", f"{arn} names no database")
    return parts[6]

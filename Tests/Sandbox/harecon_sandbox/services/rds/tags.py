# SPDX-License-Identifier: Apache-2.0
"""Tags of RDS resources by ARN."""

from __future__ import annotations

from harecon_sandbox.kit import Context, Params, Result, operation
from harecon_sandbox.services.common import Tags, tag_list, tags_from

from . import endpoints, groups, instances, snapshots
from .clusters import find_cluster
from .lifecycle import current
from .state import SERVICE, check_rds_tags, invalid


def _tags(ctx: Context, resource: str) -> Tags | None:
    """The resource's tags, None when its kind is kept by the emulator; an error when it does not exist."""
    parts = resource.split(":", 6)
    if len(parts) != 7 or parts[2] != SERVICE:
        raise invalid(f"Invalid resource name: {resource}")
    kind, name = parts[5], parts[6]
    if parts[3] != ctx.region or parts[4] != ctx.account:
        raise invalid(f"The specified resource name does not match an RDS resource in this region: {resource}")
    state = current(ctx)
    if kind == "cluster":
        return find_cluster(state, name).tags
    if kind == "db":
        return instances.find_instance(state, name).tags
    if kind == "subgrp":
        return groups.find_subnet_group(state, name).tags
    if kind in ("cluster-pg", "pg"):
        return groups.find_parameter_group(state, name, cluster=kind == "cluster-pg").tags
    if kind == "cluster-endpoint":
        return endpoints.find_endpoint(ctx, name).tags
    if kind == "cluster-snapshot":
        return snapshots.find_snapshot(state, name).tags
    return None


@operation(SERVICE, "AddTagsToResource")
def add_tags(ctx: Context, params: Params) -> Result:
    tags = _tags(ctx, params["ResourceName"])
    if tags is None:
        return ctx.emulate(SERVICE, "AddTagsToResource", params)
    new = tags_from(params["Tags"])
    check_rds_tags(new, tags)
    tags.update(new)
    return {}


@operation(SERVICE, "RemoveTagsFromResource")
def remove_tags(ctx: Context, params: Params) -> Result:
    tags = _tags(ctx, params["ResourceName"])
    if tags is None:
        return ctx.emulate(SERVICE, "RemoveTagsFromResource", params)
    for key in params["TagKeys"]:
        tags.pop(key, None)
    return {}


@operation(SERVICE, "ListTagsForResource")
def list_tags(ctx: Context, params: Params) -> Result:
    tags = _tags(ctx, params["ResourceName"])
    if tags is None:
        return ctx.emulate(SERVICE, "ListTagsForResource", params)
    return {"TagList": tag_list(tags)}

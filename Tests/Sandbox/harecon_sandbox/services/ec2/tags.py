# SPDX-License-Identifier: Apache-2.0
"""Tags of everything in EC2.  What the emulator keeps itself is tagged there."""

from __future__ import annotations

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import tags_from, wildcard_match

from .state import KINDS, SERVICE, Resource, check_ec2_tags, invalid, network


def _resource(ctx: Context, identifier: str) -> Resource | None:
    """The network resource, None when its kind is not kept here; the kind's own error when it does not exist."""
    prefix = identifier.rsplit("-", 1)[0]
    for kind, (own, _, _) in KINDS.items():
        if own == prefix:
            return network(ctx).find(kind, identifier)
    return None


def _split(ctx: Context, identifiers: list[str]) -> tuple[list[Resource], list[str]]:
    own: list[Resource] = []
    other: list[str] = []
    for identifier in identifiers:
        resource = _resource(ctx, identifier)
        if resource is None:
            other.append(identifier)
        else:
            own.append(resource)
    return own, other


@operation(SERVICE, "CreateTags")
def create_tags(ctx: Context, params: Params) -> Result:
    own, other = _split(ctx, params["Resources"])
    tags = tags_from(params["Tags"])
    for resource in own:
        if len({**resource.tags, **tags}) > 50:
            raise AWSError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
    check_ec2_tags(tags, {})
    if other:
        ctx.emulate(SERVICE, "CreateTags", {**params, "Resources": other})
    for resource in own:
        resource.tags.update(tags)
    return {}


@operation(SERVICE, "DeleteTags")
def delete_tags(ctx: Context, params: Params) -> Result:
    """Without Tags all go; a tag with a value goes only if it has that value."""
    own, other = _split(ctx, params["Resources"])
    if other:
        ctx.emulate(SERVICE, "DeleteTags", {**params, "Resources": other})
    for resource in own:
        if "Tags" not in params:
            resource.tags.clear()
        for tag in params.get("Tags") or ():
            if "Value" not in tag or resource.tags.get(tag["Key"]) == tag["Value"]:
                resource.tags.pop(tag["Key"], None)
    return {}


_FILTERS = {"key": "Key", "value": "Value", "resource-id": "ResourceId", "resource-type": "ResourceType"}


@operation(SERVICE, "DescribeTags")
def describe_tags(ctx: Context, params: Params) -> Result:
    for condition in params.get("Filters") or ():
        name = condition["Name"]
        if name not in _FILTERS and name != "tag-key" and not name.startswith("tag:"):
            raise invalid(f"The filter '{name}' is invalid")
    net = network(ctx)
    rows = [
        {"ResourceId": resource.id, "ResourceType": kind, "Key": key, "Value": value}
        for kind in KINDS
        for resource in net.all(kind)
        for key, value in resource.tags.items()
    ]
    rows += ctx.emulate(SERVICE, "DescribeTags", {}).get("Tags", [])
    for condition in params.get("Filters") or ():
        rows = [row for row in rows if _row_matches(row, condition)]
    return {"Tags": rows}


def _row_matches(row: dict[str, str], condition: Params) -> bool:
    name, values = condition["Name"], condition.get("Values") or ()
    if name.startswith("tag:"):
        return row["Key"] == name.removeprefix("tag:") and wildcard_match(row["Value"], values)
    return wildcard_match(row[_FILTERS.get(name, "Key")], values)

# SPDX-License-Identifier: Apache-2.0
"""Tags of zones and of health checks."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import Tags, check_tags, tag_list, tags_from

from .health_checks import find_check
from .state import SERVICE, find_zone


def _tags(ctx: Context, kind: str, identifier: str) -> Tags:
    if kind == "hostedzone":
        return find_zone(ctx, identifier).tags
    return find_check(ctx, identifier).tags


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

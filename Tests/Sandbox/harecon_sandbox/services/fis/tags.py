# SPDX-License-Identifier: Apache-2.0
"""Tags of templates and experiments by ARN."""

from __future__ import annotations

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import Tags

from .state import SERVICE, check_fis_tags, state


def _tags(ctx: Context, resource: str) -> Tags:
    parts = resource.split(":", 5)
    kind, _, identifier = parts[-1].partition("/")
    held = {"experiment-template": state(ctx).templates, "experiment": state(ctx).experiments}.get(kind, {})
    found = held.get(identifier)
    if len(parts) != 6 or parts[3:5] != [ctx.region, ctx.account] or found is None:
        raise AWSError("ResourceNotFoundException", f"The resource {resource} does not exist", 404)
    tags: Tags = found.tags
    return tags


@operation(SERVICE, "TagResource")
def tag(ctx: Context, params: Params) -> Result:
    tags = _tags(ctx, params["resourceArn"])
    check_fis_tags(params["tags"], tags)
    tags.update(params["tags"])
    return {}


@operation(SERVICE, "UntagResource")
def untag(ctx: Context, params: Params) -> Result:
    """Without keys all tags go."""
    tags = _tags(ctx, params["resourceArn"])
    for key in params.get("tagKeys") or list(tags):
        tags.pop(key, None)
    return {}


@operation(SERVICE, "ListTagsForResource")
def list_tags(ctx: Context, params: Params) -> Result:
    return {"tags": dict(_tags(ctx, params["resourceArn"]))}

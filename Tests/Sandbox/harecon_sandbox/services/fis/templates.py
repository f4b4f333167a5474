# SPDX-License-Identifier: Apache-2.0
"""Experiment templates."""

from __future__ import annotations

import copy
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

from .checks import check_template
from .state import SERVICE, Template, check_fis_tags, fis_arn, invalid, missing, moment, new_id, state

MEMBERS = (
    "description", "stopConditions", "targets", "actions", "roleArn", "logConfiguration",
    "experimentReportConfiguration",
)  # fmt: skip


def find_template(ctx: Context, identifier: str) -> Template:
    found = state(ctx).templates.get(identifier)
    if found is None:
        raise missing("Experiment template", identifier)
    return found


def remembered(ctx: Context, params: Params) -> dict[str, Any] | None:
    """The answer that this token was given before, also when what it tells of has been deleted since.

    How long AWS remembers is not documented; here it does for ever.
    """
    known = state(ctx).tokens.get((ctx.operation, params["clientToken"]))
    if known is None:
        return None
    if known[0] != params:
        raise AWSError("ConflictException", "The client token was used with other parameters.", 409)
    return copy.deepcopy(known[1])


def remember(ctx: Context, params: Params, answer: dict[str, Any]) -> dict[str, Any]:
    state(ctx).tokens[ctx.operation, params["clientToken"]] = (copy.deepcopy(params), copy.deepcopy(answer))
    return answer


def render(template: Template) -> dict[str, Any]:
    return {**copy.deepcopy(template.shape), "id": template.id, "tags": dict(template.tags)}


@operation(SERVICE, "CreateExperimentTemplate")
def create_template(ctx: Context, params: Params) -> Result:
    known = remembered(ctx, params)
    if known is not None:
        return known
    shape = {member: params[member] for member in MEMBERS if member in params}
    shape.setdefault("targets", {})
    check_template(ctx, shape)
    check_fis_tags(params.get("tags") or {}, {})
    options = {"accountTargeting": "single-account", "emptyTargetResolutionMode": "fail"}
    identifier, now = new_id("EXT"), moment(ctx.clock.now())
    shape |= {
        "arn": fis_arn(ctx, "experiment-template", identifier),
        "experimentOptions": options | (params.get("experimentOptions") or {}),
        "targetAccountConfigurationsCount": 0,
        "creationTime": now,
        "lastUpdateTime": now,
    }
    template = Template(identifier, copy.deepcopy(shape), dict(params.get("tags") or {}))
    state(ctx).templates[identifier] = template
    return remember(ctx, params, {"experimentTemplate": render(template)})


@operation(SERVICE, "GetExperimentTemplate")
def get_template(ctx: Context, params: Params) -> Result:
    return {"experimentTemplate": render(find_template(ctx, params["id"]))}


@operation(SERVICE, "ListExperimentTemplates")
def list_templates(ctx: Context, params: Params) -> Result:
    """Without what a template does: that takes a question of its own."""
    members = ("id", "arn", "description", "creationTime", "lastUpdateTime", "tags")
    shapes = [render(template) for template in state(ctx).templates.values()]
    return {"experimentTemplates": [{member: shape[member] for member in members} for shape in shapes]}


@operation(SERVICE, "UpdateExperimentTemplate")
def update_template(ctx: Context, params: Params) -> Result:
    """What is named is replaced as a whole; an empty configuration of log or report takes away the old one."""
    template = find_template(ctx, params["id"])
    shape = copy.deepcopy(template.shape)
    shape |= {member: copy.deepcopy(params[member]) for member in MEMBERS if member in params}
    for member in ("logConfiguration", "experimentReportConfiguration"):
        if shape.get(member) == {}:
            del shape[member]
    if "logSchemaVersion" not in shape.get("logConfiguration", {"logSchemaVersion": 2}):
        raise invalid("A log configuration needs its schema version.")
    shape["experimentOptions"] |= params.get("experimentOptions") or {}
    check_template(ctx, shape)
    shape["lastUpdateTime"] = moment(ctx.clock.now())
    template.shape = shape
    return {"experimentTemplate": render(template)}


@operation(SERVICE, "DeleteExperimentTemplate")
def delete_template(ctx: Context, params: Params) -> Result:
    answer = {"experimentTemplate": render(find_template(ctx, params["id"]))}
    del state(ctx).templates[params["id"]]
    return answer

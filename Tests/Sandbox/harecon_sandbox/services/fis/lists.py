# SPDX-License-Identifier: Apache-2.0
"""What FIS can do, as it tells it."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context, Params, Result, operation

from .catalogue import ACTIONS, TARGET_TYPES
from .state import SERVICE, fis_arn, missing


def _action(ctx: Context, identifier: str) -> dict[str, Any]:
    kind = ACTIONS[identifier]
    return {
        "id": identifier,
        "arn": fis_arn(ctx, "action", identifier),
        "description": kind.description,
        "targets": {word: {"resourceType": resource} for word, resource in kind.targets.items()},
        "tags": {},
    }


@operation(SERVICE, "ListActions")
def list_actions(ctx: Context, params: Params) -> Result:
    return {"actions": [_action(ctx, identifier) for identifier in sorted(ACTIONS)]}


@operation(SERVICE, "GetAction")
def get_action(ctx: Context, params: Params) -> Result:
    if params["id"] not in ACTIONS:
        raise missing("Action", params["id"])
    parameters = {
        name: {"description": name, "required": required} for name, required in ACTIONS[params["id"]].parameters.items()
    }
    return {"action": _action(ctx, params["id"]) | {"parameters": parameters}}


@operation(SERVICE, "ListTargetResourceTypes")
def list_types(ctx: Context, params: Params) -> Result:
    return {"targetResourceTypes": [{"resourceType": kind, "description": kind} for kind in sorted(TARGET_TYPES)]}


@operation(SERVICE, "GetTargetResourceType")
def get_type(ctx: Context, params: Params) -> Result:
    kind = params["resourceType"]
    if kind not in TARGET_TYPES:
        raise missing("Resource type", kind)
    parameters = {name: {"description": name, "required": False} for name in TARGET_TYPES[kind]}
    return {"targetResourceType": {"resourceType": kind, "description": kind, "parameters": parameters}}

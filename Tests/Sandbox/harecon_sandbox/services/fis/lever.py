# SPDX-License-Identifier: Apache-2.0
"""The safety lever: engaged, it stops what runs and lets nothing start."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context, Params, Result, operation

from .experiments import stop_all
from .state import SERVICE, fis_arn, missing, state


def _render(ctx: Context, identifier: str) -> dict[str, Any]:
    if identifier != "default":
        raise missing("Safety lever", identifier)
    lever = state(ctx).lever
    return {
        "id": "default",
        "arn": fis_arn(ctx, "safety-lever", "default"),
        "state": {"status": lever.status, "reason": lever.reason},
    }


@operation(SERVICE, "GetSafetyLever")
def get_lever(ctx: Context, params: Params) -> Result:
    return {"safetyLever": _render(ctx, params["id"])}


@operation(SERVICE, "UpdateSafetyLeverState")
def pull_lever(ctx: Context, params: Params) -> Result:
    _render(ctx, params["id"])
    lever = state(ctx).lever
    lever.status, lever.reason = params["state"]["status"], params["state"]["reason"]
    if lever.status == "engaged":
        stop_all(ctx, "Experiment stopped by the safety lever.")
    return {"safetyLever": _render(ctx, params["id"])}

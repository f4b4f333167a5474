# SPDX-License-Identifier: Apache-2.0
"""AWS Backup: vaults, plans, selections, restore testing, and the jobs that schedules begin on the simulated clock.

Aurora clusters are all that is backed up and restored. A restored cluster has no instance until somebody attaches one.
"""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context, Params, before

from . import plans, testing, vaults  # noqa: F401  (each registers its operations)
from .jobs import state_of
from .state import SERVICE


@before("rds", "*")
def carry_on(ctx: Context, params: Params) -> None:
    """What was restored shows up, and what was tested goes away, also for who looks at the databases alone."""
    if (SERVICE, ctx.region) in ctx.store:
        state_of(ctx)


def inventory(ctx: Context) -> list[dict[str, Any]]:
    state = state_of(ctx)
    rows: list[dict[str, Any]] = [
        {"kind": f"backup/{kind}", "id": item.arn, "name": name, "arn": item.arn, "tags": dict(item.tags)}
        for kind, held in (("vault", state.vaults.values()), ("restore-testing-plan", state.testing.values()))
        for item in held  # type: ignore[attr-defined]
        for name in (item.name,)
    ]
    for plan in state.plans.values():
        row = {"kind": "backup/plan", "id": plan.id, "name": plan.body["BackupPlanName"], "arn": plan.arn}
        rows.append({**row, "tags": dict(plan.tags)})
        for identifier, selection in plan.selections.items():
            name = selection["BackupSelection"]["SelectionName"]
            rows.append({"kind": "backup/selection", "id": identifier, "name": name, "tags": {}})
    for tested in state.testing.values():
        for name in tested.selections:
            row = {"kind": "backup/restore-testing-selection", "id": f"{tested.name}/{name}", "name": name, "tags": {}}
            rows.append(row)
    return [{**row, "status": "available"} for row in rows]

# SPDX-License-Identifier: Apache-2.0
"""CloudWatch Logs: log groups with their metric filters, and the policies of the account."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context

from . import events, groups  # noqa: F401  (events: registers what it checks)
from .groups import SERVICE, find_group  # noqa: F401  (what other services use)
from .metric_filters import filters_of
from .resource_policies import policies_of


def inventory(ctx: Context) -> list[dict[str, Any]]:
    rows = groups.inventory(ctx)
    for group, name in filters_of(ctx):
        rows.append({"kind": "logs/metric-filter", "id": f"{group}:{name}", "name": name, "tags": {},
                     "status": "available"})  # fmt: skip
    for name in policies_of(ctx):
        rows.append({"kind": "logs/resource-policy", "id": name, "name": name, "tags": {}, "status": "available"})
    return rows

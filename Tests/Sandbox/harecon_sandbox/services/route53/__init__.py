# SPDX-License-Identifier: Apache-2.0
"""Route 53: hosted zones, record sets, health checks."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context

from . import health_checks, records, tags, zones  # noqa: F401  (each registers its operations)
from .state import escaped, state_of


def inventory(ctx: Context) -> list[dict[str, Any]]:
    state = state_of(ctx)
    rows = []
    for zone in state.zones.values():
        row = {"kind": "route53/hosted-zone", "id": zone.id, "name": zone.name}
        rows.append({**row, "arn": f"arn:{ctx.partition}:route53:::hostedzone/{zone.id}", "tags": dict(zone.tags),
                     "status": "available"})  # fmt: skip
        for name, kind, identifier in zone.records:
            if kind not in ("NS", "SOA") or name != zone.name:
                key = f"{zone.id}/{escaped(name)}/{kind}" + (f"/{identifier}" if identifier else "")
                rows.append({"kind": "route53/record-set", "id": key, "name": name, "tags": {}, "status": "available"})
    for check in state.health_checks.values():
        rows.append({
            "kind": "route53/health-check", "id": check.id, "name": check.id,
            "arn": f"arn:{ctx.partition}:route53:::healthcheck/{check.id}", "tags": dict(check.tags),
            "status": "available",
        })  # fmt: skip
    return rows

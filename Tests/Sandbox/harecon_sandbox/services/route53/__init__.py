# SPDX-License-Identifier: Apache-2.0
"""Route 53: hosted zones and record sets.  Health checks are the emulator's."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context

from . import records, tags, zones  # noqa: F401  (each registers its operations)
from .state import SERVICE, escaped, state_of


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
    for identifier in ctx.moto(SERVICE).health_checks:
        rows.append({
            "kind": "route53/health-check", "id": identifier, "name": identifier,
            "arn": f"arn:{ctx.partition}:route53:::healthcheck/{identifier}",
            "tags": dict(state.health_check_tags.get(identifier, {})), "status": "available",
        })  # fmt: skip
    return rows

# SPDX-License-Identifier: Apache-2.0
"""KMS: key policies that are judged, key states, rotation with its period and dates, alias rules."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context

from . import aliases, policies, states  # noqa: F401  (each registers its operations)
from .keys import (  # noqa: F401  (what other services use)
    SERVICE,
    accessible_key,
    allows_service,
    bury,
    find_key,
    require_usable,
)


def inventory(ctx: Context) -> list[dict[str, Any]]:
    """Keys that people made, and their aliases.  A key that waits for its deletion is listed as such."""
    bury(ctx)
    backend = ctx.moto(SERVICE)
    rows = []
    for key in backend.keys.values():
        if any(name.startswith("alias/aws/") for name in key.aliases):
            continue
        tags = {t["TagKey"]: t["TagValue"] for t in backend.list_resource_tags(key.id)["Tags"]}
        names = sorted(key.aliases)
        row = {"kind": "kms/key", "id": key.id, "name": names[0] if names else "", "arn": key.arn}
        rows.append({**row, "tags": tags, "status": key.key_state})
        rows += [{"kind": "kms/alias", "id": name, "name": name, "tags": {}, "status": "available"} for name in names]
    return rows

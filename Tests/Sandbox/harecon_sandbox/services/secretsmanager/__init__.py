# SPDX-License-Identifier: Apache-2.0
"""Secrets Manager: secrets with versions and stages, rotation, scheduled deletion, resource policies.

All of it is kept here. No rotation function runs: a rotation takes its time and leaves what one would leave behind.
"""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context

from . import lifecycle, policies, rotation, versions  # noqa: F401  (each registers its operations)
from .state import MANAGERS, SERVICE, Managed, state_of  # noqa: F401  (what other services use)


def inventory(ctx: Context) -> list[dict[str, Any]]:
    return [
        {
            "kind": "secretsmanager/secret",
            "id": secret.arn,
            "name": secret.name,
            "arn": secret.arn,
            "tags": dict(secret.tags),
            "status": "available" if secret.deletion is None else "PendingDeletion",
        }
        for secret in state_of(ctx).secrets.values()
    ]

# SPDX-License-Identifier: Apache-2.0
"""EventBridge: rules and their targets on event buses.  The buses themselves are the emulator's."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context

from . import rules, targets  # noqa: F401  (each registers its operations)
from .state import state_of


def inventory(ctx: Context) -> list[dict[str, Any]]:
    return [
        {"kind": "events/rule", "id": rule.name, "name": rule.name, "arn": rule.arn, "tags": dict(rule.tags),
         "status": rule.state}
        for rule in state_of(ctx).rules.values()
    ]  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
"""FIS: experiment templates, experiments that run on the account's clock and break the sandbox's own databases."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context

from . import experiments, lever, lists, tags, templates  # noqa: F401  (register operations)
from .experiments import settle  # noqa: F401  (what other services use)
from .running import on_status  # noqa: F401
from .state import SERVICE, fis_arn, state  # noqa: F401


def inventory(ctx: Context) -> list[dict[str, Any]]:
    return [
        {
            "kind": "fis/experiment-template",
            "id": template.id,
            "name": template.id,
            "arn": template.shape["arn"],
            "tags": dict(template.tags),
            "status": "available",
        }
        for template in state(ctx).templates.values()
    ]

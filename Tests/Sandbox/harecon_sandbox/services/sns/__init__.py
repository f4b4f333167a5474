# SPDX-License-Identifier: Apache-2.0
"""SNS: topics whose name is taken once, subscriptions that wait for their owner, deliveries by filter and policy."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context

from . import state, subscriptions, topics  # noqa: F401  (each registers its operations)
from .publish import Notice, publish_for  # noqa: F401  (what other services use)


def inventory(ctx: Context) -> list[dict[str, Any]]:
    """Topics, and subscriptions; a pending one with the token that its owner would send back."""
    kept = state.kept(ctx)
    rows: list[dict[str, Any]] = [
        {
            "kind": "sns/topic", "id": topic.arn, "name": topic.name, "arn": topic.arn, "tags": dict(topic.tags),
            "status": "available",
        }
        for _, topic in sorted(kept.topics.items())
    ]  # fmt: skip
    for one in kept.subscriptions:
        row = {"kind": "sns/subscription", "id": one.arn, "name": f"{one.protocol} {one.endpoint}", "tags": {}}
        status = {"status": "available"} if one.token is None else {"status": "pending", "token": one.token}
        rows.append(row | status)
    return rows

# SPDX-License-Identifier: Apache-2.0
"""Lambda: functions with their states, who may call them, URLs, asynchronous settings, event source mappings."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context

from . import async_settings, configuration, functions, mappings, permissions, urls  # noqa: F401  (each registers)
from .state import SERVICE, Function, find, functions_of, mappings_of  # noqa: F401  (what other services use)


def inventory(ctx: Context) -> list[dict[str, Any]]:
    """Functions and mappings, with ARN and tags; what belongs to a function by its function's name."""
    rows: list[dict[str, Any]] = []
    for function in functions_of(ctx).values():
        row = {"kind": "lambda/function", "id": function.name, "name": function.name, "arn": function.arn}
        rows.append({**row, "tags": dict(function.tags), "status": function.peek()})
        if function.url is not None:
            rows.append(_part("url", function.name))
        if function.async_settings is not None:
            rows.append(_part("async-invoke", function.name))
        rows += [_part("permission", f"{function.name}/{sid}") for sid in function.statements]
    for mapping in mappings_of(ctx).values():
        row = {"kind": "lambda/event-source", "id": mapping.id, "name": mapping.name, "arn": mapping.arn}
        rows.append({**row, "tags": dict(mapping.tags), "status": mapping.timeline.status()})
    return rows


def _part(kind: str, name: str) -> dict[str, Any]:
    return {"kind": f"lambda/{kind}", "id": name, "name": name, "tags": {}, "status": "available"}

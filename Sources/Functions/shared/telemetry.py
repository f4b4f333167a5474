# SPDX-License-Identifier: Apache-2.0
"""What a function says of itself, on its standard output, which Lambda takes to its log group: no call that could
hang."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

Unit = Literal["Count", "Milliseconds", "None", "Seconds"]


def note(what: str, **facts: Any) -> None:
    """One line of JSON: when, what, and everything that it was decided by. Never give it a password."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"at": at, "what": what, **facts}, default=str), flush=True)


def measure(
    values: Mapping[str, float],
    unit: Unit = "Count",
    dimensions: Mapping[str, str] | None = None,
    resolution: Literal[1, 60] = 60,
) -> None:
    """Metrics in CloudWatch's embedded metric format: CloudWatch takes them out of the log.

    `resolution` is in seconds. Metrics and dimensions have different names.
    """
    metrics = [{"Name": name, "Unit": unit, "StorageResolution": resolution} for name in values]
    directive = {
        "Namespace": os.environ["METRICS_NAMESPACE"],
        "Dimensions": [list(dimensions or {})],
        "Metrics": metrics,
    }
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        **(dimensions or {}),
        **values,
    }
    print(json.dumps(line), flush=True)

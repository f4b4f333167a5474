# SPDX-License-Identifier: Apache-2.0
"""What a function says of itself, on its standard output, which Lambda takes to its log group: no call that could
hang."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.metrics import Metric


def note(what: str, **facts: Any) -> None:
    """One line of JSON: when, what, and everything that it was decided by. Never give it a password."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"at": at, "what": what, **facts}, default=str), flush=True)


def measure(values: Mapping[Metric, float], of: str = "") -> None:
    """Metrics in CloudWatch's embedded metric format: CloudWatch takes them out of the log.

    `of` is the value of their dimension, which is one and the same for all; empty for metrics without.
    """
    (dimension,) = {metric.dimension for metric in values}
    dimensions = {dimension: of} if dimension else {}
    directive = {
        "Namespace": os.environ["METRICS_NAMESPACE"],
        "Dimensions": [list(dimensions)],
        "Metrics": [
            {"Name": metric.name, "Unit": metric.unit, "StorageResolution": metric.resolution} for metric in values
        ],
    }
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        **dimensions,
        **{metric.name: value for metric, value in values.items()},
    }
    print(json.dumps(line), flush=True)

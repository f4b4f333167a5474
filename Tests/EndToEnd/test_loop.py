# SPDX-License-Identifier: Apache-2.0
"""The reconcile loop tells that it is alive, so that its silence can raise an alarm."""

from __future__ import annotations

from typing import Any

import pytest

from harness import Account, Harecon


def told(account: Account) -> dict[str, float]:
    """What the loop has recorded: metric to the sum of its values."""
    metrics: dict[str, float] = {}
    watch = account.client("cloudwatch")
    for metric in ("ReconcilePass", "ReconcileDrift"):
        now = account.control("clock")["now"]
        points = watch.get_metric_statistics(
            Namespace="harecon/payments", MetricName=metric, StartTime=now - 3600, EndTime=now + 3600, Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]  # fmt: skip
        if points:
            metrics[metric] = sum(point["Sum"] for point in points)
    return metrics


def puts(account: Account) -> list[Any]:
    return [c for c in account.calls() if c["operation"] == "PutMetricData"]


@pytest.fixture
def watched(harecon: Harecon) -> Harecon:
    harecon.edit_spec("alerts:\n", "alerts:\n  reconciledWithin: 1h\n")
    return harecon


def test_a_pass_is_recorded_with_the_drift_that_it_saw(watched: Harecon, account: Account) -> None:
    observed = watched("reconcile", "-f", str(watched.spec), "-mode", "observe", "-o", "json").expect(2).json
    recorded = told(account)
    assert recorded["ReconcilePass"] == 1
    assert recorded["ReconcileDrift"] == len(observed["held"]) > 100
    watched.plan().expect(0)
    assert len(puts(account)) == 1, "a plan records nothing"


def test_a_spec_without_the_alarm_records_nothing(harecon: Harecon, account: Account) -> None:
    harecon("reconcile", "-f", str(harecon.spec), "-mode", "observe").expect(2)
    assert puts(account) == []


def test_a_pass_that_cannot_be_recorded_is_a_warning(watched: Harecon, account: Account) -> None:
    account.control("faults", [{"service": "cloudwatch", "operation": "PutMetricData", "kind": "denied", "times": 9}])
    seen = watched("reconcile", "-f", str(watched.spec), "-mode", "observe").expect(2)
    assert "could not be recorded" in seen.err and "cloudwatch:PutMetricData" in seen.err


def test_a_pass_that_could_not_look_is_not_recorded(watched: Harecon, account: Account) -> None:
    account.control("faults", [{"service": "ec2", "operation": "DescribeVpcs", "kind": "denied", "times": 9}])
    watched("reconcile", "-f", str(watched.spec), "-mode", "observe").expect(9)
    assert puts(account) == []

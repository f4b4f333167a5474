# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.metrics import MEMBER_PROBE, REPLAYED, Metric
from shared.telemetry import measure, note


def test_a_note_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    note("decided", verdict="observe", at_last=datetime(2026, 1, 2, tzinfo=UTC), where=Path("/x"), text="a\nb")
    (line,) = capsys.readouterr().out.splitlines()
    read = json.loads(line)
    datetime.fromisoformat(read.pop("at"))
    assert read == {
        "what": "decided", "verdict": "observe", "at_last": "2026-01-02 00:00:00+00:00", "where": "/x", "text": "a\nb",
    }


def test_metrics_are_written_as_cloudwatch_reads_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")
    other = Metric("Other", "Milliseconds", "Member", resolution=1)
    measure({MEMBER_PROBE: 1, other: 0.5}, of="a")
    (line,) = capsys.readouterr().out.splitlines()
    read = json.loads(line)
    assert abs(read["_aws"]["Timestamp"] / 1000 - time.time()) < 60
    assert read["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "harecon/payments",
            "Dimensions": [["Member"]],
            "Metrics": [
                {"Name": "MemberProbe", "Unit": "Count", "StorageResolution": 60},
                {"Name": "Other", "Unit": "Milliseconds", "StorageResolution": 1},
            ],
        }
    ]
    assert (read["Member"], read["MemberProbe"], read["Other"]) == ("a", 1, 0.5)


def test_metrics_without_dimensions_have_an_empty_set_of_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")
    measure({REPLAYED: 3})
    read = json.loads(capsys.readouterr().out)
    assert read["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]


def test_metrics_of_different_things_are_not_measured_in_one() -> None:
    with pytest.raises(ValueError, match="too many values"):
        measure({REPLAYED: 3, MEMBER_PROBE: 1}, of="a")

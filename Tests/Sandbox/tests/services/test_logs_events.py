# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from typing import Any

import pytest

from .conftest import refused

PLACE = {"logGroupName": "/harecon/payments/audit", "logStreamName": "harecon/run"}
HOUR = 3_600_000


@pytest.fixture
def logs(aws: Any) -> Any:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=PLACE["logGroupName"])
    logs.create_log_stream(**PLACE)
    return logs


def lines(*moments: int, text: str = "a line") -> list[dict[str, Any]]:
    now = int(time.time() * 1000)
    return [{"timestamp": now + moment, "message": text} for moment in moments]


def test_lines_are_read_as_they_were_written(logs: Any) -> None:
    assert "rejectedLogEventsInfo" not in logs.put_log_events(**PLACE, logEvents=lines(0, 1))
    assert [event["message"] for event in logs.get_log_events(**PLACE)["events"]] == ["a line"] * 2


def test_a_stream_is_made_once_and_before_its_lines(logs: Any) -> None:
    with refused("ResourceAlreadyExistsException"):
        logs.create_log_stream(**PLACE)
    for place in (PLACE | {"logStreamName": "harecon/other"}, PLACE | {"logGroupName": "/other"}):
        with refused("ResourceNotFoundException"):
            logs.put_log_events(**place, logEvents=lines(0))
    with refused("ResourceNotFoundException"):
        logs.create_log_stream(logGroupName="/other", logStreamName="a")


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(lines(1, 0), id="not in order"),
        pytest.param(lines(-25 * HOUR, 0), id="more than a day"),
        pytest.param(lines(*[0] * 33, text="x" * (32_768 - 25)), id="too many bytes"),
    ],
)
def test_a_batch_beyond_the_limits_is_refused_whole(logs: Any, batch: list[dict[str, Any]]) -> None:
    with refused("InvalidParameterException"):
        logs.put_log_events(**PLACE, logEvents=batch)
    assert logs.get_log_events(**PLACE)["events"] == []


def test_a_batch_at_the_limits_is_taken(logs: Any) -> None:
    logs.put_log_events(**PLACE, logEvents=lines(*[0] * 32, text="x" * (32_768 - 26)))
    logs.put_log_events(**PLACE, logEvents=lines(*[0] * 10_000))


def test_lines_out_of_time_are_counted_and_the_others_taken(logs: Any) -> None:
    batch = lines(-15 * 24 * HOUR, -15 * 24 * HOUR + 1, 0, 3 * HOUR, 4 * HOUR)
    answer = logs.put_log_events(**PLACE, logEvents=batch)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2, "tooNewLogEventStartIndex": 3}
    assert len(logs.get_log_events(**PLACE)["events"]) == 1

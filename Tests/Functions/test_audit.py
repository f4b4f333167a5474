# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from audit_double import GROUP, FakeLogs
from shared.audit import Audit
from world import error

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


class Clock:
    time = NOON

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def audit(logs: FakeLogs, clock: Clock) -> Audit:
    return Audit(logs, GROUP, "coordinator", clock)


def failures(capsys: pytest.CaptureFixture[str]) -> list[int]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line["AuditFailures"] for line in lines if "AuditFailures" in line]


def test_nothing_is_written_before_it_is_time(audit: Audit, logs: FakeLogs) -> None:
    audit.record("decision", verdict="observe")
    assert logs.calls == []
    audit.flush()
    assert logs.lines("coordinator") == [{"what": "decision", "verdict": "observe"}]
    audit.flush()
    assert logs.lines("coordinator") == [{"what": "decision", "verdict": "observe"}]


def test_a_line_says_when_and_who_and_is_in_the_function_s_own_log_too(
    audit: Audit, logs: FakeLogs, capsys: pytest.CaptureFixture[str]
) -> None:
    audit.record("decision", verdict="observe", when=datetime(2026, 1, 2, tzinfo=UTC))
    audit.flush()
    (event,) = logs.streams["coordinator/2026-11-22"]
    assert event["timestamp"] == NOON * 1000
    assert json.loads(event["message"]) == {
        "at": "2026-11-22T12:00:00.000+00:00", "function": "coordinator", "what": "decision", "verdict": "observe",
        "when": "2026-01-02 00:00:00+00:00",
    }  # fmt: skip
    noted = json.loads(capsys.readouterr().out)
    assert (noted["what"], noted["verdict"]) == ("decision", "observe")


def test_each_day_has_a_stream_that_is_made_once(audit: Audit, logs: FakeLogs, clock: Clock) -> None:
    for seconds in (0, 60, 86_400):
        clock.time = NOON + seconds
        audit.record("decision")
        audit.flush()
    assert {name: len(events) for name, events in logs.streams.items()} == {
        "coordinator/2026-11-22": 2, "coordinator/2026-11-23": 1,
    }  # fmt: skip
    assert logs.calls.count("CreateLogStream") == 2


def test_who_makes_the_stream_second_writes_to_it(audit: Audit, logs: FakeLogs) -> None:
    logs.faults = [logs.exceptions.ResourceNotFoundException({"Error": {"Code": "ResourceNotFoundException"}}, "Put")]
    logs.streams["coordinator/2026-11-22"] = []
    audit.record("decision")
    audit.flush()
    assert len(logs.lines("coordinator")) == 1


def test_lines_are_written_in_the_order_of_their_times(audit: Audit, logs: FakeLogs, clock: Clock) -> None:
    for seconds in (5, 0, 5):
        clock.time = NOON + seconds
        audit.record("decision", number=seconds)
    audit.flush()
    assert [line["number"] for line in logs.lines("coordinator")] == [0, 5, 5]


@pytest.mark.parametrize(
    "fault",
    [
        error("AccessDeniedException"),
        error("ServiceUnavailableException", status=503),
        EndpointConnectionError(endpoint_url="https://logs.us-east-1.amazonaws.com"),
    ],
)
def test_what_cannot_be_written_is_counted_and_stops_nobody(
    audit: Audit, logs: FakeLogs, capsys: pytest.CaptureFixture[str], fault: Exception
) -> None:
    logs.faults = [fault]
    audit.record("decision")
    audit.record("failover called")
    audit.flush()
    assert failures(capsys) == [2]
    audit.record("failure is over")
    audit.flush()
    assert [line["what"] for line in logs.lines("coordinator")] == ["failure is over"]
    assert failures(capsys) == []


def test_a_group_that_is_gone_is_not_made(
    audit: Audit, logs: FakeLogs, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.groups.clear()
    audit.record("decision")
    audit.flush()
    assert logs.calls == ["PutLogEvents", "CreateLogStream"]
    assert failures(capsys) == [1]


@pytest.mark.parametrize(
    ("rejection", "lost"),
    [
        ({"tooNewLogEventStartIndex": 1}, 2),
        ({"tooOldLogEventEndIndex": 1}, 1),
        ({"expiredLogEventEndIndex": 2, "tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}, 3),
    ],
)
def test_lines_that_cloudwatch_does_not_take_are_counted(
    audit: Audit, logs: FakeLogs, capsys: pytest.CaptureFixture[str], rejection: dict[str, int], lost: int
) -> None:
    logs.rejections = [rejection]
    for _ in range(3):
        audit.record("decision")
    audit.flush()
    assert failures(capsys) == [lost]


def test_it_is_set_up_by_the_environment(logs: FakeLogs) -> None:
    audit = Audit.of({"AUDIT_GROUP": "/harecon/other/audit"}, "drainer")
    assert (audit.logs, audit.group, audit.function) == (logs, "/harecon/other/audit", "drainer")


def test_the_double_refuses_as_boto3_does() -> None:
    with pytest.raises(ClientError):
        FakeLogs().put_log_events(logGroupName=GROUP, logStreamName="x", logEvents=[{"timestamp": 1, "message": "x"}])

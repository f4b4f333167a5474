# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from harecon_sandbox.runtime import timetable

from .conftest import Live, allow

ECHO = "def handle(event, context):\n    return event"


def schedule(live: Live, expression: str, target: str, role: str, **settings: Any) -> str:
    more = {name: settings.pop(name) for name in ("Input", "RetryPolicy", "DeadLetterConfig") if name in settings}
    made = live.client("scheduler").create_schedule(
        Name="s", ScheduleExpression=expression, FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": target, "RoleArn": role, **more}, **settings,
    )  # fmt: skip
    return str(made["ScheduleArn"])


def test_a_rate_fires_its_function_each_time_it_is_due(live: Live) -> None:
    target = live.function("f", ECHO)
    role = live.role("fires", "scheduler.amazonaws.com", allow("lambda:InvokeFunction", target))
    arn = schedule(live, "rate(5 minutes)", target, role)
    assert len(live.runs("f")) == 1, "a rate begins at once"
    live.advance(299)
    assert len(live.runs("f")) == 1
    live.advance(2)
    runs = live.runs("f")
    assert len(runs) == 2 and {run["source"] for run in runs} == {arn}
    seen = json.loads(runs[1]["answer"])
    assert (seen["source"], seen["detail"], seen["resources"]) == ("aws.scheduler", "{}", [arn])


def test_of_a_long_turn_of_the_clock_the_last_due_time_fires(live: Live) -> None:
    target = live.function("f", ECHO)
    role = live.role("fires", "scheduler.amazonaws.com", allow("lambda:InvokeFunction", target))
    schedule(live, "rate(1 minute)", target, role)
    live.settle()
    live.advance(3600)
    assert len(live.runs("f")) == 2


def test_a_disabled_schedule_fires_nothing(live: Live) -> None:
    target = live.function("f", ECHO)
    role = live.role("fires", "scheduler.amazonaws.com", allow("lambda:InvokeFunction", target))
    schedule(live, "rate(1 minute)", target, role, State="DISABLED")
    live.advance(120)
    assert live.runs("f") == []


def test_a_role_without_the_right_has_its_call_put_aside_by_its_own_rights(live: Live) -> None:
    target, dead = live.function("f", ECHO), live.queue("dead")
    role = live.role("weak", "scheduler.amazonaws.com", allow("sqs:SendMessage", dead))
    arn = schedule(live, "rate(1 minute)", target, role, Input='{"x": 1}', DeadLetterConfig={"Arn": dead})
    live.settle()
    (message,) = live.messages("dead")
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert (said["SCHEDULE_ARN"], said["ERROR_CODE"]) == (arn, "AccessDeniedException")
    assert message["Body"] == '{"x": 1}'
    assert live.runs("f") == []


def test_any_operation_can_be_a_target(live: Live) -> None:
    queue = live.queue("q")
    url = live.client("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    role = live.role("sends", "scheduler.amazonaws.com", allow("sqs:SendMessage", queue))
    body = "<aws.scheduler.execution-id>/<aws.scheduler.attempt-number>"
    asked = json.dumps({"QueueUrl": url, "MessageBody": body})
    schedule(live, "rate(1 minute)", "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", role, Input=asked)
    live.settle()
    (message,) = live.messages("q")
    execution, attempt = message["Body"].split("/")
    assert len(execution) == 36 and attempt == "1"


def test_input_with_members_that_the_operation_lacks_is_refused(live: Live) -> None:
    role = live.role("sends", "scheduler.amazonaws.com", allow("sqs:SendMessage"))
    schedule(live, "rate(1 minute)", "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", role, Input='{"Queue": "q"}')
    live.settle()
    (found,) = live.control("deliveries")["deliveries"]
    assert (found["code"], found["outcome"]) == ("ValidationException", "lost")


@pytest.mark.parametrize(
    ("expression", "zone", "after", "due"),
    [
        ("cron(0 3 ? * SUN *)", "UTC", "2026-11-23T04:00:00", "2026-11-29T03:00:00"),
        ("cron(30 2 1 * ? *)", "Europe/Vienna", "2026-06-02T00:00:00", "2026-07-01T00:30:00"),
        ("cron(30 2 1 * ? *)", "Europe/Vienna", "2026-11-02T00:00:00", "2026-12-01T01:30:00"),
        ("rate(2 hours)", "UTC", "2026-01-01T02:00:00", "2026-01-01T04:00:00"),
        ("at(2027-01-01T12:00:00)", "Asia/Tokyo", "2026-01-01T00:00:00", "2027-01-01T03:00:00"),
        ("at(2025-01-01T12:00:00)", "UTC", "2026-01-01T00:00:00", None),
    ],
)
def test_expressions_are_due_when_they_say(expression: str, zone: str, after: str, due: str | None) -> None:
    def at(text: str) -> float:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()

    found = timetable.following(expression, zone, at("2026-01-01T00:00:00"), at(after))
    assert found == (None if due is None else at(due))

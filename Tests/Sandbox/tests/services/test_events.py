# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest
from harecon_sandbox.services.events import patterns
from harecon_sandbox.services.events.rules import check_schedule

from .conftest import refused

PATTERN = json.dumps({"source": ["aws.rds"]})
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:payments-coordinator"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:payments-dead-letters"


@pytest.fixture
def events(auto: Any) -> Any:
    return auto.client("events")


@pytest.fixture
def rule(events: Any) -> str:
    tags = [{"Key": "harecon:stack", "Value": "payments"}]
    return events.put_rule(Name="payments-database", EventPattern=PATTERN, Description="one", Tags=tags)["RuleArn"]


def put(events: Any, *targets: dict[str, Any]) -> dict[str, Any]:
    return events.put_targets(Rule="payments-database", Targets=list(targets))


def test_a_put_replaces_all_of_a_rule_but_its_tags(events: Any, rule: str) -> None:
    events.put_rule(Name="payments-database", ScheduleExpression="rate(5 minutes)", Tags=[{"Key": "a", "Value": "b"}])
    found = events.describe_rule(Name="payments-database")
    assert "EventPattern" not in found and "Description" not in found
    assert found["Arn"] == rule and found["State"] == "ENABLED"
    assert events.list_tags_for_resource(ResourceARN=rule)["Tags"] == [{"Key": "harecon:stack", "Value": "payments"}]


def test_a_rule_needs_a_pattern_or_a_schedule_that_is_well_formed(events: Any) -> None:
    with refused("ValidationException", "must be specified"):
        events.put_rule(Name="payments-nothing")
    with refused("InvalidEventPatternException", "Unrecognized match type"):
        events.put_rule(Name="payments-odd", EventPattern=json.dumps({"source": [{"begins": "aws"}]}))
    with refused("ValidationException", "ScheduleExpression is not valid"):
        events.put_rule(Name="payments-odd", ScheduleExpression="rate(1 minutes)")


def test_the_listing_is_by_prefix_and_in_order(events: Any, rule: str) -> None:
    events.put_rule(Name="payments-alarms", EventPattern=PATTERN)
    events.put_rule(Name="orders-alarms", EventPattern=PATTERN)
    found = [rule["Name"] for rule in events.list_rules(NamePrefix="payments")["Rules"]]
    assert found == ["payments-alarms", "payments-database"]


def test_a_rule_with_targets_is_not_deleted(events: Any, rule: str) -> None:
    put(events, {"Id": "coordinator", "Arn": FUNCTION})
    with refused("ValidationException", "has targets"):
        events.delete_rule(Name="payments-database")
    assert events.remove_targets(Rule="payments-database", Ids=["coordinator"])["FailedEntryCount"] == 0
    events.delete_rule(Name="payments-database")
    with refused("ResourceNotFoundException"):
        events.describe_rule(Name="payments-database")


def test_targets_come_back_as_they_were_given(events: Any, rule: str) -> None:
    target = {
        "Id": "coordinator", "Arn": FUNCTION, "DeadLetterConfig": {"Arn": QUEUE},
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 300},
        "InputTransformer": {"InputPathsMap": {"id": "$.id"}, "InputTemplate": '{"id": <id>}'},
    }  # fmt: skip
    assert put(events, target)["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule="payments-database")["Targets"] == [target]
    assert events.list_rule_names_by_target(TargetArn=FUNCTION)["RuleNames"] == ["payments-database"]


def test_targets_that_cannot_work_are_refused(events: Any, rule: str) -> None:
    for target, text in (
        ({"Arn": FUNCTION, "Input": "{}", "InputPath": "$.detail"}, "Only one of"),
        ({"Arn": f"{QUEUE}.fifo"}, "SqsParameters must be specified"),
        ({"Arn": FUNCTION, "DeadLetterConfig": {"Arn": f"{QUEUE}.fifo"}}, "no standard queue"),
        ({"Arn": "arn:aws:states:us-east-1:111122223333:stateMachine:x"}, "RoleArn is required"),
        ({"Arn": FUNCTION, "RoleArn": "arn:aws:iam::111122223333:role/none"}, "cannot be assumed by principal"),
    ):
        with refused("ValidationException", text):
            put(events, {"Id": "one", **target})
    with refused("LimitExceededException"):
        put(events, *({"Id": f"t{number}", "Arn": FUNCTION} for number in range(6)))


def test_an_entry_fails_by_itself(auto: Any, events: Any, rule: str) -> None:
    auto.control("settings", {"failed_targets": {"second": "InternalException"}})
    answer = put(events, {"Id": "first", "Arn": FUNCTION}, {"Id": "second", "Arn": FUNCTION})
    assert answer["FailedEntryCount"] == 1
    assert answer["FailedEntries"][0]["TargetId"] == "second"
    assert [t["Id"] for t in events.list_targets_by_rule(Rule="payments-database")["Targets"]] == ["first"]
    gone = events.remove_targets(Rule="payments-database", Ids=["first", "second"])
    assert [entry["TargetId"] for entry in gone["FailedEntries"]] == ["second"]


EVENT = {
    "source": "aws.rds",
    "detail-type": "RDS DB Cluster Event",
    "resources": ["arn:aws:rds:us-east-1:111122223333:cluster:payments"],
    "detail": {"EventID": "RDS-EVENT-0071", "EventCategories": ["failover"], "lag": 7, "drill": False},
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["aws.rds"]}, True),
        ({"source": ["aws.fis"]}, False),
        ({"detail": {"EventID": ["RDS-EVENT-0069", "RDS-EVENT-0071"]}}, True),
        ({"resources": [{"prefix": "arn:aws:rds:us-east-1:111122223333:cluster:"}]}, True),
        ({"detail": {"EventCategories": ["failover", "failure"]}}, True),
        ({"detail": {"EventID": [{"anything-but": ["RDS-EVENT-0071"]}]}}, False),
        ({"detail": {"EventID": [{"anything-but": {"suffix": "69"}}]}}, True),
        ({"detail": {"lag": [{"numeric": [">", 5, "<=", 7]}]}}, True),
        ({"detail": {"drill": [0]}}, False),
        ({"detail": {"missing": [{"exists": False}]}}, True),
        ({"detail": {"missing": {"inner": [{"exists": True}]}}}, False),
        ({"detail": {"EventID": [{"wildcard": "RDS-*-0071"}]}}, True),
        ({"$or": [{"source": ["aws.fis"]}, {"detail": {"lag": [7]}}]}, True),
    ],
)
def test_patterns_match_as_on_eventbridge(pattern: dict[str, Any], expected: bool) -> None:
    assert patterns.matches(patterns.parse(json.dumps(pattern)), EVENT) is expected


def test_schedules_name_days_once() -> None:
    assert check_schedule("cron(0 3 ? * SUN *)") and check_schedule("rate(1 minute)")
    assert not check_schedule("cron(0 3 * * SUN *)") and not check_schedule("rate(0 minutes)")

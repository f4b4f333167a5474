# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import refused, trust

QUEUE = "arn:aws:sqs:us-east-1:111122223333:payments-dead-letters"
START = "arn:aws:scheduler:::aws-sdk:fis:startExperiment"


@pytest.fixture
def scheduler(auto: Any) -> Any:
    return auto.client("scheduler")


@pytest.fixture
def role(auto: Any) -> str:
    iam = auto.client("iam")
    made = iam.create_role(RoleName="payments-scheduler", AssumeRolePolicyDocument=trust("scheduler.amazonaws.com"))
    auto.control("clock", {"advance": 60})
    return made["Role"]["Arn"]


@pytest.fixture
def group(scheduler: Any) -> str:
    tags = [{"Key": "harecon:stack", "Value": "payments"}]
    return scheduler.create_schedule_group(Name="payments", Tags=tags)["ScheduleGroupArn"]


def schedule(role: str, **changes: Any) -> dict[str, Any]:
    target = {
        "Arn": START, "RoleArn": role, "Input": json.dumps({"ExperimentTemplateId": "EXT1"}),
        "RetryPolicy": {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 300},
        "DeadLetterConfig": {"Arn": QUEUE},
    }  # fmt: skip
    return {
        "Name": "drill", "GroupName": "payments", "ScheduleExpression": "cron(0 3 ? * SUN *)",
        "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target, **changes,
    }  # fmt: skip


def test_an_update_takes_away_what_it_leaves_out(scheduler: Any, group: str, role: str) -> None:
    scheduler.create_schedule(**schedule(role, Description="weekly", ScheduleExpressionTimezone="Europe/Berlin"))
    bare = {"Arn": START, "RoleArn": role, "Input": "{}"}
    scheduler.update_schedule(**schedule(role, Target=bare))
    found = scheduler.get_schedule(Name="drill", GroupName="payments")
    assert "Description" not in found and found["ScheduleExpressionTimezone"] == "UTC"
    assert found["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    assert "DeadLetterConfig" not in found["Target"]


def test_a_repeated_call_is_one_call(scheduler: Any, group: str, role: str) -> None:
    first = scheduler.create_schedule(**schedule(role, ClientToken="one"))
    assert scheduler.create_schedule(**schedule(role, ClientToken="one"))["ScheduleArn"] == first["ScheduleArn"]
    with refused("ConflictException", "already exists"):
        scheduler.create_schedule(**schedule(role, ClientToken="two"))
    with refused("ConflictException", "already exists"):
        scheduler.create_schedule_group(Name="payments")


def test_what_cannot_work_is_refused(scheduler: Any, group: str, role: str) -> None:
    target = schedule(role)["Target"]
    for changes, text in (
        ({"ScheduleExpression": "cron(0 3 * * SUN *)"}, "Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Middle/Earth"}, "Timezone"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"Target": {**target, "Arn": "arn:aws:scheduler:::aws-sdk:fis:getExperiment"}}, "not a supported target"),
        ({"Target": {**target, "RoleArn": f"{role}-not"}}, "to assume the role"),
    ):
        with refused("ValidationException", text):
            scheduler.create_schedule(**schedule(role, **changes))
    with refused("ResourceNotFoundException", "group"):
        scheduler.create_schedule(**schedule(role, GroupName="elsewhere"))


def test_a_new_role_is_not_assumable_at_once(auto: Any, scheduler: Any, group: str) -> None:
    auto.control("clock", {"freeze": True, "auto": False})
    iam = auto.client("iam")
    role = iam.create_role(RoleName="new", AssumeRolePolicyDocument=trust("scheduler.amazonaws.com"))["Role"]["Arn"]
    with refused("ValidationException", "must allow AWS EventBridge Scheduler to assume the role"):
        scheduler.create_schedule(**schedule(role))
    auto.control("clock", {"advance": 60})
    scheduler.create_schedule(**schedule(role))


def test_a_group_goes_with_all_that_is_in_it_after_a_while(auto: Any, scheduler: Any, group: str, role: str) -> None:
    scheduler.create_schedule(**schedule(role))
    auto.control("clock", {"auto": False, "freeze": True})
    scheduler.delete_schedule_group(Name="payments")
    assert scheduler.get_schedule_group(Name="payments")["State"] == "DELETING"
    with refused("ConflictException", "being deleted"):
        scheduler.create_schedule(**schedule(role, Name="other"))
    auto.control("clock", {"advance": 60})
    with refused("ResourceNotFoundException"):
        scheduler.get_schedule(Name="drill", GroupName="payments")
    with refused("ValidationException", "default"):
        scheduler.delete_schedule_group(Name="default")


def test_only_groups_carry_tags(scheduler: Any, group: str, role: str) -> None:
    scheduler.tag_resource(ResourceArn=group, Tags=[{"Key": "team", "Value": "dbre"}])
    scheduler.untag_resource(ResourceArn=group, TagKeys=["harecon:stack"])
    assert scheduler.list_tags_for_resource(ResourceArn=group)["Tags"] == [{"Key": "team", "Value": "dbre"}]


def test_the_listing_tells_little(scheduler: Any, group: str, role: str) -> None:
    scheduler.create_schedule(**schedule(role))
    found = scheduler.list_schedules(GroupName="payments")["Schedules"]
    assert [(s["Name"], s["State"], s["Target"]) for s in found] == [("drill", "ENABLED", {"Arn": START})]

# SPDX-License-Identifier: Apache-2.0
"""What others change over the whole stack, service by service: one plan names it all, one apply repairs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from harness import Account, Harecon


def raise_the_threshold(client: Callable[[str], Any]) -> None:
    cloudwatch = client("cloudwatch")
    (found,) = cloudwatch.describe_alarms(AlarmNames=["payments-replica-lag"])["MetricAlarms"]
    # What cannot be set, and what is not set.
    given = {
        name: value
        for name, value in found.items()
        if value != [] and not name.startswith("State") and name not in ("AlarmArn", "AlarmConfigurationUpdatedTimestamp")
    }
    cloudwatch.put_metric_alarm(**{**given, "Threshold": found["Threshold"] * 100})


def switch_the_drill_off(client: Callable[[str], Any]) -> None:
    scheduler = client("scheduler")
    found = scheduler.get_schedule(Name="payments-drill-weekly-failover", GroupName="payments")
    for name in ("ResponseMetadata", "Arn", "CreationDate", "LastModificationDate"):
        del found[name]
    scheduler.update_schedule(**{**found, "State": "DISABLED"})


def take_a_widget_away(client: Callable[[str], Any]) -> None:
    cloudwatch = client("cloudwatch")
    (entry,) = cloudwatch.list_dashboards()["DashboardEntries"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=entry["DashboardName"])["DashboardBody"])
    body["widgets"].pop()
    cloudwatch.put_dashboard(DashboardName=entry["DashboardName"], DashboardBody=json.dumps(body))


def back_up_less_often(client: Callable[[str], Any]) -> None:
    backup = client("backup")
    (listed,) = backup.list_backup_plans()["BackupPlansList"]
    plan = backup.get_backup_plan(BackupPlanId=listed["BackupPlanId"])["BackupPlan"]
    for rule in plan["Rules"]:
        del rule["RuleId"]
        rule["ScheduleExpression"] = "cron(0 5 1 * ? *)"
    backup.update_backup_plan(BackupPlanId=listed["BackupPlanId"], BackupPlan=plan)


def keep_queue_messages_for_a_minute(client: Callable[[str], Any]) -> None:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName="payments-replay.fifo")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})


def stop_nothing_in_the_drill(client: Callable[[str], Any]) -> None:
    fis = client("fis")
    (template,) = fis.list_experiment_templates()["experimentTemplates"]
    fis.update_experiment_template(id=template["id"], stopConditions=[{"source": "none"}])


def look_less_often(client: Callable[[str], Any]) -> None:
    route53 = client("route53")
    checks = route53.list_health_checks()["HealthChecks"]
    (check,) = (found for found in checks if found["HealthCheckConfig"]["Type"] == "HTTPS_STR_MATCH")
    route53.update_health_check(HealthCheckId=check["Id"], FailureThreshold=10)


def open_the_bucket(client: Callable[[str], Any]) -> None:
    s3 = client("s3")
    (bucket,) = s3.list_buckets()["Buckets"]
    s3.delete_public_access_block(Bucket=bucket["Name"])


def rotate_once_a_year(client: Callable[[str], Any]) -> None:
    secrets = client("secretsmanager")
    found = secrets.describe_secret(SecretId="payments/users/app")
    rules = {"ScheduleExpression": "rate(365 days)", "Duration": found["RotationRules"]["Duration"]}
    secrets.rotate_secret(SecretId="payments/users/app", RotationRules=rules, RotateImmediately=False)


# What is done, to which resource, and the attribute that tells of it.
EDITS: list[tuple[str, str, Callable[[Callable[[str], Any]], object]]] = [
    ("cloudwatch/alarm.replica-lag", "threshold", raise_the_threshold),
    ("cloudwatch/dashboard.main", "body", take_a_widget_away),
    ("scheduler/schedule.drill-weekly-failover", "state", switch_the_drill_off),
    ("backup/plan.daily", "rules", back_up_less_often),
    ("sqs/queue.replay", "retention", keep_queue_messages_for_a_minute),
    ("fis/experiment-template.weekly-failover", "stopConditions", stop_nothing_in_the_drill),
    ("route53/health-check.writer", "threshold", look_less_often),
    ("secretsmanager/rotation.app", "schedule", rotate_once_a_year),
    ("s3/bucket.evidence", "closed", open_the_bucket),
    ("lambda/function.coordinator", "timeout", lambda client: client("lambda").update_function_configuration(
        FunctionName="payments-coordinator", Timeout=3)),
    ("events/rule.cluster-events", "state", lambda client: client("events").disable_rule(
        Name="payments-cluster-events")),
    ("logs/group.audit", "retention", lambda client: client("logs").put_retention_policy(
        logGroupName="/harecon/payments/audit", retentionInDays=1)),
    ("dynamodb/table.decisions", "deletionProtection", lambda client: client("dynamodb").update_table(
        TableName="payments-decisions", DeletionProtectionEnabled=False)),
    ("rds/instance.c", "promotionTier", lambda client: client("rds").modify_db_instance(
        DBInstanceIdentifier="payments-c", PromotionTier=9, ApplyImmediately=True)),
]  # fmt: skip


def test_what_is_changed_over_the_whole_stack_is_named_and_repaired(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    for _, _, edit in EDITS:
        edit(account.client)
    planned = harecon.plan("-o", "json", "-detailed-exitcode").expect(2).json
    named = {(change["address"], told["name"]) for change in planned["changes"] for told in change["attributes"]}
    assert named == {(address, attribute) for address, attribute, _ in EDITS}
    shown = harecon.plan().expect(0).out
    assert all(address in shown for address, _, _ in EDITS)
    harecon.apply().expect(0)
    harecon.must_be_converged()

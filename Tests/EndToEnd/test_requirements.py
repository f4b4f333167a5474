# SPDX-License-Identifier: Apache-2.0
"""The finished stack as AWS's own client reads it, requirement by requirement; docs/requirements.md is the table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import ROOT, Account, Harecon, Sandbox

ZONES = {"us-east-1a", "us-east-1b", "us-east-1c"}


@pytest.fixture(scope="module")
def stack(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The reference stack, applied once; the tests here only read."""
    account = sandbox.account()
    account.control("reset", {})
    account.control("clock", {"auto": True})
    Harecon(tmp_path_factory.mktemp("stack"), account).apply().expect(0)
    yield account
    account.control("reset", {})


@pytest.fixture(scope="module")
def cluster(stack: Account) -> dict[str, Any]:
    (found,) = stack.client("rds").describe_db_clusters()["DBClusters"]
    return dict(found)


@pytest.fixture(scope="module")
def members(stack: Account) -> list[dict[str, Any]]:
    return list(stack.client("rds").describe_db_instances()["DBInstances"])


def schedule(stack: Account, name: str) -> dict[str, Any]:
    return dict(stack.client("scheduler").get_schedule(GroupName="payments", Name=name))


def rules(stack: Account) -> dict[str, dict[str, Any]]:
    return {rule["Name"]: json.loads(rule["EventPattern"]) for rule in stack.client("events").list_rules()["Rules"]}


def alarms(stack: Account) -> dict[str, dict[str, Any]]:
    pages = stack.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
    return {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}


def evidence(stack: Account) -> str:
    """The name of the only bucket."""
    (bucket,) = stack.client("s3").list_buckets()["Buckets"]
    name: str = bucket["Name"]
    return name


def key(stack: Account) -> str:
    aliases = {a["AliasName"]: a.get("TargetKeyId") for a in stack.client("kms").list_aliases()["Aliases"]}
    return str(aliases["alias/harecon/payments/main"])


# Business


def test_a_failure_is_detected_within_30_seconds(stack: Account) -> None:
    (check,) = stack.client("route53").list_health_checks()["HealthChecks"]
    config = check["HealthCheckConfig"]
    assert config["RequestInterval"] * config["FailureThreshold"] <= 30
    probe = alarms(stack)["payments-writer-down"]
    assert probe["Period"] * probe["EvaluationPeriods"] <= 30


def test_a_lost_commit_is_not_possible_and_connections_are_encrypted(stack: Account, cluster: dict[str, Any]) -> None:
    pages = stack.client("rds").get_paginator("describe_db_cluster_parameters").paginate(
        DBClusterParameterGroupName=cluster["DBClusterParameterGroup"])
    values = {p["ParameterName"]: p.get("ParameterValue") for page in pages for p in page["Parameters"]}
    assert values["synchronous_commit"] == "on"
    assert values["rds.force_ssl"] == "1"


# Database cluster


def test_the_cluster_is_aurora_postgresql_15_and_scales_by_itself(cluster: dict[str, Any], members: list[dict[str, Any]]) -> None:
    assert cluster["Engine"] == "aurora-postgresql" and cluster["EngineVersion"].startswith("15.")
    assert cluster["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 2.0, "MaxCapacity": 32.0}
    assert {m["DBInstanceClass"] for m in members} == {"db.serverless"}


def test_three_members_stand_in_three_zones_with_their_tiers(members: list[dict[str, Any]]) -> None:
    assert {m["AvailabilityZone"] for m in members} == ZONES
    tiers = {m["DBInstanceIdentifier"]: m["PromotionTier"] for m in members}
    assert tiers == {"payments-a": 0, "payments-b": 0, "payments-c": 1}
    assert not any(m["PubliclyAccessible"] for m in members)


# Networking


def test_private_subnets_span_three_zones_and_lead_nowhere_else(stack: Account, cluster: dict[str, Any]) -> None:
    ec2 = stack.client("ec2")
    (group,) = stack.client("rds").describe_db_subnet_groups(DBSubnetGroupName=cluster["DBSubnetGroup"])["DBSubnetGroups"]
    assert {s["SubnetAvailabilityZone"]["Name"] for s in group["Subnets"]} == ZONES
    inside = [{"Name": "vpc-id", "Values": [group["VpcId"]]}]
    subnets = ec2.describe_subnets(Filters=inside)["Subnets"]
    assert {s["AvailabilityZone"] for s in subnets} == ZONES
    assert not any(s["MapPublicIpOnLaunch"] for s in subnets)
    routes = [route for table in ec2.describe_route_tables(Filters=inside)["RouteTables"] for route in table["Routes"]]
    assert routes and not any("GatewayId" in r and r["GatewayId"].startswith("igw-") for r in routes)


def test_only_port_5432_is_open_and_not_to_the_internet(stack: Account, cluster: dict[str, Any]) -> None:
    (attached,) = cluster["VpcSecurityGroups"]
    (group,) = stack.client("ec2").describe_security_groups(GroupIds=[attached["VpcSecurityGroupId"]])["SecurityGroups"]
    assert {(p["IpProtocol"], p["FromPort"], p["ToPort"]) for p in group["IpPermissions"]} == {("tcp", 5432, 5432)}
    assert [r["CidrIp"] for p in group["IpPermissions"] for r in p["IpRanges"]] == ["10.40.0.0/16"]


def test_a_private_zone_fails_over_by_name(stack: Account, cluster: dict[str, Any]) -> None:
    route53 = stack.client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    assert zone["Name"] == "payments.internal." and zone["Config"]["PrivateZone"]
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    pair = {r["Failover"]: r for r in records if r["Name"] == "db.payments.internal." and r["Type"] == "CNAME"}
    assert pair["PRIMARY"]["ResourceRecords"] == [{"Value": cluster["Endpoint"]}] and pair["PRIMARY"]["HealthCheckId"]
    assert pair["SECONDARY"]["ResourceRecords"] == [{"Value": cluster["ReaderEndpoint"]}]
    assert {r["TTL"] for r in pair.values()} == {5}


# Health monitoring


def test_the_health_check_asks_every_10_seconds_for_a_string_that_sql_decides(stack: Account) -> None:
    (check,) = stack.client("route53").list_health_checks()["HealthChecks"]
    config = check["HealthCheckConfig"]
    assert (config["Type"], config["RequestInterval"], config["FailureThreshold"]) == ("HTTPS_STR_MATCH", 10, 2)
    assert config["SearchString"] == "HARECON-OK writer"
    url = stack.client("lambda").get_function_url_config(FunctionName="payments-health")["FunctionUrl"]
    assert config["FullyQualifiedDomainName"] in url
    settings = stack.client("lambda").get_function_configuration(FunctionName="payments-health")["Environment"]["Variables"]
    (sql,) = json.loads(settings["HEALTH_CHECKS"])
    assert sql["sql"] == "select not pg_is_in_recovery()"


def test_replica_lag_is_watched_and_lagging_members_step_back(stack: Account) -> None:
    lag = [alarm for name, alarm in alarms(stack).items() if name.startswith("payments-replica-lag")]
    assert sorted(alarm["Threshold"] for alarm in lag) == [500.0, 2000.0]
    guard = schedule(stack, "payments-lag-guard")
    assert guard["ScheduleExpression"] == "rate(1 minute)" and guard["State"] == "ENABLED"
    assert guard["Target"]["Arn"].endswith(":function:payments-lag-guard")


# Failover orchestration


def test_rules_hear_of_failovers_and_failed_health_checks(stack: Account) -> None:
    heard = rules(stack)
    events = heard["payments-cluster-events"]["detail"]["EventID"]
    assert {f"RDS-EVENT-00{n}" for n in range(69, 74)} == set(events)
    assert {arn.rsplit(":", 1)[1] for arn in heard["payments-alarms"]["resources"]} == {
        "payments-writer-down", "payments-endpoint-down"}
    for name in ("payments-cluster-events", "payments-alarms"):
        (target,) = stack.client("events").list_targets_by_rule(Rule=name)["Targets"]
        assert target["Arn"].endswith(":function:payments-coordinator")
        assert target["DeadLetterConfig"]["Arn"] and target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 300


def test_functions_of_python_3_11_coordinate_and_drain(stack: Account) -> None:
    functions = {f["FunctionName"]: f for f in stack.client("lambda").list_functions()["Functions"]}
    assert {"payments-coordinator", "payments-drainer"} <= set(functions)
    assert {f["Runtime"] for f in functions.values()} == {"python3.11"}


def test_the_data_api_is_on(cluster: dict[str, Any]) -> None:
    assert cluster["HttpEndpointEnabled"] is True


def test_transactions_wait_in_order_for_a_writer_and_none_is_dropped(stack: Account) -> None:
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="payments-replay.fifo")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert queue["FifoQueue"] == "true" and queue["MessageRetentionPeriod"] == str(4 * 86400)
    assert json.loads(queue["RedrivePolicy"])["deadLetterTargetArn"].endswith(":payments-replay-dead.fifo")
    (mapping,) = stack.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["EventSourceArn"] == queue["QueueArn"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


# Monitoring and alerting


def test_the_dashboard_shows_requests_connections_and_lag(stack: Account) -> None:
    body = json.loads(stack.client("cloudwatch").get_dashboard(DashboardName="payments-us-east-1")["DashboardBody"])
    titles = {widget["properties"].get("title") for widget in body["widgets"]}
    assert {"Requests per second", "Active connections", "Replication lag"} <= titles


def test_alerts_go_to_people_by_several_channels(stack: Account) -> None:
    told = {(s["TopicArn"].rsplit(":", 1)[1], s["Protocol"]) for s in stack.client("sns").list_subscriptions()["Subscriptions"]}
    assert told == {("payments-critical", "https"), ("payments-critical", "email"), ("payments-warning", "email")}
    published = {action for alarm in alarms(stack).values() for action in alarm["AlarmActions"]}
    assert {arn.rsplit(":", 1)[1] for arn in published if ":sns:" in arn} == {"payments-critical", "payments-warning"}


def test_the_audit_trail_is_kept_400_days_and_encrypted(stack: Account, cluster: dict[str, Any]) -> None:
    groups = {g["logGroupName"]: g for g in stack.client("logs").describe_log_groups()["logGroups"]}
    assert "/aws/events/harecon/payments" in groups
    assert {g.get("retentionInDays") for g in groups.values()} == {400}
    assert all(g.get("kmsKeyId", "").endswith(key(stack)) for g in groups.values())
    assert "postgresql" in cluster["EnabledCloudwatchLogsExports"]


# Data protection


def test_backups_are_made_and_restored_every_day(stack: Account, cluster: dict[str, Any]) -> None:
    backup = stack.client("backup")
    (plan,) = backup.list_backup_plans()["BackupPlansList"]
    (rule,) = backup.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]["Rules"]
    assert re.fullmatch(r"cron\(\d+ \d+ \* \* \? \*\)", rule["ScheduleExpression"]), "every day"
    assert rule["Lifecycle"]["DeleteAfterDays"] == 14 == cluster["BackupRetentionPeriod"]
    (tests,) = backup.list_restore_testing_plans()["RestoreTestingPlans"]
    assert tests["ScheduleExpression"] == "cron(0 3 * * ? *)"
    (selection,) = backup.list_restore_testing_selections(RestoreTestingPlanName=tests["RestoreTestingPlanName"])[
        "RestoreTestingSelections"]
    assert selection["ProtectedResourceType"] == "Aurora"
    assert rules(stack)["payments-restores"]["detail-type"] == ["Restore Job State Change"]
    assert schedule(stack, "payments-restore-sweep")["Target"]["Arn"].endswith(":function:payments-backup-verifier")


def test_every_password_is_a_secret_that_rotates(stack: Account) -> None:
    secrets = stack.client("secretsmanager").list_secrets()["SecretList"]
    assert len(secrets) == 2 and all(secret["RotationEnabled"] for secret in secrets)
    (master,) = [s for s in secrets if s.get("OwningService") == "rds"]
    assert master["RotationRules"]["ScheduleExpression"] == "cron(0 4 ? * SUN *)"
    (user,) = [s for s in secrets if s["Name"] == "payments/users/app"]
    assert user["RotationLambdaARN"].endswith(":function:payments-rotate-user")


def test_all_that_is_stored_is_encrypted_with_one_key_that_rotates(
    stack: Account, cluster: dict[str, Any], members: list[dict[str, Any]]
) -> None:
    mine = key(stack)
    rotation = stack.client("kms").get_key_rotation_status(KeyId=mine)
    assert rotation["KeyRotationEnabled"] and rotation["RotationPeriodInDays"] == 365
    assert cluster["StorageEncrypted"] and all(m["StorageEncrypted"] for m in members)
    dynamodb, sns, sqs = stack.client("dynamodb"), stack.client("sns"), stack.client("sqs")
    used = [cluster["KmsKeyId"], cluster["PerformanceInsightsKMSKeyId"]]
    used += [s["KmsKeyId"] for s in stack.client("secretsmanager").list_secrets()["SecretList"]]
    used += [v["EncryptionKeyArn"] for v in stack.client("backup").list_backup_vaults()["BackupVaultList"]]
    used += [f["KMSKeyArn"] for f in stack.client("lambda").list_functions()["Functions"]]
    for topic in sns.list_topics()["Topics"]:
        used.append(sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]["KmsMasterKeyId"])
    for url in sqs.list_queues()["QueueUrls"]:
        used.append(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["KmsMasterKeyId"])
    for table in dynamodb.list_tables()["TableNames"]:
        used.append(dynamodb.describe_table(TableName=table)["Table"]["SSEDescription"]["KMSMasterKeyArn"])
    for item in stack.client("scheduler").list_schedules()["Schedules"]:
        used.append(schedule(stack, item["Name"])["KmsKeyArn"])
    encryption = stack.client("s3").get_bucket_encryption(Bucket=evidence(stack))["ServerSideEncryptionConfiguration"]
    used += [r["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] for r in encryption["Rules"]]
    assert len(used) > 20 and {arn.rsplit("/", 1)[-1] for arn in used} == {mine}


# Testing and validation


def test_every_week_an_experiment_fails_the_writer_over(stack: Account, cluster: dict[str, Any]) -> None:
    (listed,) = stack.client("fis").list_experiment_templates()["experimentTemplates"]
    template = stack.client("fis").get_experiment_template(id=listed["id"])["experimentTemplate"]
    assert {a["actionId"] for a in template["actions"].values()} == {"aws:rds:failover-db-cluster"}
    (target,) = template["targets"].values()
    assert target["resourceArns"] == [cluster["DBClusterArn"]]
    (stop,) = template["stopConditions"]
    assert stop["source"] == "aws:cloudwatch:alarm" and stop["value"].endswith(":payments-data-safety")
    weekly = schedule(stack, "payments-drill-weekly-failover")
    assert weekly["ScheduleExpression"] == "cron(0 3 ? * SUN *)" and weekly["State"] == "ENABLED"
    assert json.loads(weekly["Target"]["Input"])["ExperimentTemplateId"] == listed["id"]
    assert weekly["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 300, "MaximumRetryAttempts": 1}


def test_every_drill_leaves_a_report_that_nobody_else_reads(stack: Account) -> None:
    (listed,) = stack.client("fis").list_experiment_templates()["experimentTemplates"]
    template = stack.client("fis").get_experiment_template(id=listed["id"])["experimentTemplate"]
    report = template["experimentReportConfiguration"]
    bucket = evidence(stack)
    assert report["outputs"]["s3Configuration"] == {"bucketName": bucket, "prefix": "drills/weekly-failover"}
    (dashboard,) = report["dataSources"]["cloudWatchDashboards"]
    assert dashboard["dashboardIdentifier"].endswith(":dashboard/payments-us-east-1")
    s3 = stack.client("s3")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["Expiration"]["Days"] == 400


# The table


def test_the_table_names_every_test_here_and_no_other() -> None:
    table = (ROOT / "docs/requirements.md").read_text()
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", table))
    here = set(re.findall(r"^def (test_\w+)", Path(__file__).read_text(), re.MULTILINE))
    assert named == here - {"test_the_table_names_every_test_here_and_no_other"}

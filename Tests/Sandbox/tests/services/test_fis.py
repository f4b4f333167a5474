# SPDX-License-Identifier: Apache-2.0
"""Templates are judged; experiments break what they are meant to break, on the account's clock."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Network, refused, trail, trust
from .rds.words import cluster, make_cluster, make_instance, settle, writer

WAIT = {"rest": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT5M"}}}
FAILOVER = {"over": {"actionId": "aws:rds:failover-db-cluster", "targets": {"Clusters": "database"}}}


@pytest.fixture
def role(auto: Any) -> str:
    return make_role(auto, "faults", "rds:FailoverDBCluster", "rds:RebootDBInstance")


def make_role(aws: Any, name: str, *actions: str) -> str:
    iam = aws.client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("fis.amazonaws.com"))
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="faults", PolicyDocument=json.dumps(document))
    aws.advance(60)
    return made["Role"]["Arn"]


@pytest.fixture
def fis(auto: Any) -> Any:
    return auto.client("fis")


@pytest.fixture
def database(auto: Any, network: Network) -> Any:
    """A cluster of three instances."""
    rds = auto.client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="payments", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    make_cluster(rds, network)
    settle(auto)
    for name in ("a", "b", "c"):
        make_instance(rds, f"payments-{name}")
    settle(auto)
    return rds


def target(arn: str, **more: Any) -> dict[str, Any]:
    return {"database": {"resourceType": "aws:rds:cluster", "resourceArns": [arn], "selectionMode": "ALL", **more}}


def make(fis: Any, role: str, actions: dict[str, Any] = WAIT, token: str = "first", **more: Any) -> dict[str, Any]:
    given = {"stopConditions": [{"source": "none"}], "targets": {}, "tags": {"harecon:id": "drill"}, **more}
    return fis.create_experiment_template(
        clientToken=token, description="a drill", actions=actions, roleArn=role, **given
    )["experimentTemplate"]


def start(fis: Any, template: dict[str, Any], token: str = "run", **more: Any) -> str:
    run = fis.start_experiment(clientToken=token, experimentTemplateId=template["id"], **more)["experiment"]
    assert run["state"]["status"] == "pending"
    return run["id"]


def state(fis: Any, run: str) -> dict[str, Any]:
    return fis.get_experiment(id=run)["experiment"]["state"]


def run_trail(fis: Any, run: str, last: str) -> list[str]:
    return trail(lambda: state(fis, run)["status"], last)


def test_template_keeps_what_was_asked_for(fis: Any, role: str, auto: Any) -> None:
    arn = f"arn:aws:rds:us-east-1:{auto.account}:cluster:payments"
    made = make(fis, role, FAILOVER, targets=target(arn))
    assert made["id"].startswith("EXT") and made["arn"].endswith(made["id"])
    seen = fis.get_experiment_template(id=made["id"])["experimentTemplate"]
    assert seen["experimentOptions"] == {"accountTargeting": "single-account", "emptyTargetResolutionMode": "fail"}
    assert (seen["targets"], seen["actions"], seen["roleArn"]) == (target(arn), FAILOVER, role)
    (listed,) = fis.list_experiment_templates()["experimentTemplates"]
    assert listed["tags"] == {"harecon:id": "drill"} and "actions" not in listed


def test_token_gives_the_same_template_also_when_it_is_gone(fis: Any, role: str) -> None:
    first = make(fis, role)
    assert make(fis, role)["id"] == first["id"]
    with refused("ConflictException"):
        make(fis, role, tags={"other": "1"})
    fis.delete_experiment_template(id=first["id"])
    assert make(fis, role)["id"] == first["id"]
    with refused("ResourceNotFoundException"):
        fis.get_experiment_template(id=first["id"])
    assert make(fis, role, token="second")["id"] != first["id"]


def test_update_replaces_what_it_names(fis: Any, role: str, auto: Any) -> None:
    group = f"arn:aws:logs:us-east-1:{auto.account}:log-group:/drills:*"
    log = {"logSchemaVersion": 2, "cloudWatchLogsConfiguration": {"logGroupArn": group}}
    made = make(fis, role, logConfiguration=log)
    changed = fis.update_experiment_template(id=made["id"], description="other")["experimentTemplate"]
    assert (changed["description"], changed["logConfiguration"]) == ("other", log)
    changed = fis.update_experiment_template(id=made["id"], logConfiguration={})["experimentTemplate"]
    assert "logConfiguration" not in changed


ARN = "arn:aws:rds:us-east-1:111122223333:cluster:payments"


@pytest.mark.parametrize(
    ("actions", "more", "words"),
    [
        ({"a": {"actionId": "aws:rds:explode"}}, {}, "not supported"),
        (FAILOVER, {}, "does not exist"),
        (WAIT, {"targets": target(ARN)}, "not used"),
        (FAILOVER, {"targets": target(ARN, resourceTags={"a": "1"})}, "either"),
        (FAILOVER, {"targets": target(ARN, selectionMode="SOME")}, "selection mode"),
        (FAILOVER, {"targets": target(ARN, parameters={"colour": "red"})}, "colour"),
        (FAILOVER, {"targets": target("arn:aws:ec2:us-east-1:111122223333:subnet/x")}, "not of type"),
        ({"a": {**WAIT["rest"], "startAfter": ["b"]}}, {}, "does not exist"),
        ({"a": {**WAIT["rest"], "startAfter": ["b"]}, "b": {**WAIT["rest"], "startAfter": ["a"]}}, {}, "each other"),
        ({"a": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT5S"}}}, {}, "one minute"),
        (WAIT, {"stopConditions": []}, "stop conditions"),
        (WAIT, {"stopConditions": [{"source": "aws:cloudwatch:alarm"}]}, "ARN of an alarm"),
    ],
)
def test_templates_are_judged(fis: Any, role: str, actions: Any, more: Any, words: str) -> None:
    with refused("ValidationException", words):
        make(fis, role, actions, **more)


def test_role_must_be_there_and_trust_the_service(fis: Any, auto: Any) -> None:
    absent = f"arn:aws:iam::{auto.account}:role/absent"
    other = auto.client("iam").create_role(
        RoleName="other", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
    )["Role"]["Arn"]
    auto.advance(60)
    for role in (absent, other):
        with refused("ValidationException", "assume role"):
            make(fis, role)
    fresh = auto.client("iam").create_role(
        RoleName="fresh", AssumeRolePolicyDocument=trust("fis.amazonaws.com")
    )["Role"]["Arn"]
    with refused("ValidationException", "assume role"):
        make(fis, fresh)
    assert make(fis, fresh)["roleArn"] == fresh


def test_experiment_fails_the_cluster_over(fis: Any, role: str, database: Any, auto: Any) -> None:
    before = writer(database)
    made = make(fis, role, FAILOVER, targets=target(cluster(database)["DBClusterArn"]))
    run = start(fis, made)
    assert run_trail(fis, run, "completed") == ["pending", "initiating", "running", "completed"]
    settle(auto)
    assert writer(database) != before
    seen = fis.get_experiment(id=run)["experiment"]
    assert seen["actions"]["over"]["state"]["status"] == "completed"
    assert seen["endTime"] > seen["startTime"]
    (resolved,) = fis.list_experiment_resolved_targets(experimentId=run)["resolvedTargets"]
    assert resolved["targetInformation"]["arn"] == cluster(database)["DBClusterArn"]


def test_failover_is_seen_in_rds_without_asking_fis(fis: Any, role: str, database: Any, auto: Any) -> None:
    start(fis, make(fis, role, FAILOVER, targets=target(cluster(database)["DBClusterArn"])))
    auto.control("clock", {"auto": False, "advance": 10})
    assert cluster(database)["Status"] == "failing-over"


def test_instances_are_restarted_in_order(fis: Any, role: str, database: Any, auto: Any) -> None:
    arn = database.describe_db_instances(DBInstanceIdentifier="payments-b")["DBInstances"][0]["DBInstanceArn"]
    actions = {
        "rest": WAIT["rest"],
        "restart": {"actionId": "aws:rds:reboot-db-instances", "targets": {"DBInstances": "b"}, "startAfter": ["rest"]},
    }
    made = make(
        fis, role, actions, targets={"b": {"resourceType": "aws:rds:db", "resourceArns": [arn], "selectionMode": "ALL"}}
    )
    auto.control("clock", {"auto": False})
    run = start(fis, made)
    auto.advance(20)
    assert fis.get_experiment(id=run)["experiment"]["actions"]["restart"]["state"]["status"] == "pending"
    auto.advance(300)
    assert database.describe_db_instances(DBInstanceIdentifier="payments-b")["DBInstances"][0][
        "DBInstanceStatus"
    ] == "rebooting"  # fmt: skip


@pytest.mark.parametrize(("mode", "last"), [("fail", "failed"), ("skip", "completed")])
def test_nothing_to_break(fis: Any, role: str, auto: Any, mode: str, last: str) -> None:
    arn = f"arn:aws:rds:us-east-1:{auto.account}:cluster:none"
    made = make(
        fis, role, FAILOVER, targets=target(arn), experimentOptions={"emptyTargetResolutionMode": mode}
    )
    run = start(fis, made)
    assert run_trail(fis, run, last)[-1] == last
    action = fis.get_experiment(id=run)["experiment"]["actions"]["over"]["state"]["status"]
    assert action == {"fail": "cancelled", "skip": "skipped"}[mode]


def test_a_dry_run_resolves_and_does_nothing(fis: Any, role: str, database: Any) -> None:
    before = writer(database)
    made = make(fis, role, FAILOVER, targets=target(cluster(database)["DBClusterArn"]))
    run = start(fis, made, experimentOptions={"actionsMode": "skip-all"})
    run_trail(fis, run, "completed")
    assert len(fis.list_experiment_resolved_targets(experimentId=run)["resolvedTargets"]) == 1
    assert writer(database) == before


def test_alarm_stops_the_experiment(fis: Any, role: str, auto: Any) -> None:
    cloudwatch = auto.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="ledger", MetricName="Gap", Namespace="harecon", Statistic="Maximum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    arn = f"arn:aws:cloudwatch:us-east-1:{auto.account}:alarm:ledger"
    made = make(fis, role, stopConditions=[{"source": "aws:cloudwatch:alarm", "value": arn}])
    auto.control("clock", {"auto": False})
    run = start(fis, made)
    auto.advance(30)
    assert state(fis, run)["status"] == "running"
    cloudwatch.set_alarm_state(AlarmName="ledger", StateValue="ALARM", StateReason="lost a row")
    assert state(fis, run) == {"status": "stopping", "reason": "Experiment halted by stop condition."}
    auto.advance(30)
    assert state(fis, run)["status"] == "stopped"
    assert fis.get_experiment(id=run)["experiment"]["actions"]["rest"]["state"]["status"] == "stopped"


def test_missing_right_fails_the_experiment(fis: Any, database: Any, auto: Any) -> None:
    made = make(
        fis, make_role(auto, "weak", "rds:DescribeDBClusters"), FAILOVER,
        targets=target(cluster(database)["DBClusterArn"]),
    )  # fmt: skip
    run = start(fis, made)
    run_trail(fis, run, "failed")
    assert state(fis, run)["error"]["code"] == "AccessDenied"


def test_safety_lever_stops_and_prevents(fis: Any, role: str, auto: Any) -> None:
    made = make(fis, role)
    auto.control("clock", {"auto": False})
    run = start(fis, made)
    auto.advance(30)
    fis.update_safety_lever_state(id="default", state={"status": "engaged", "reason": "change freeze"})
    assert fis.get_safety_lever(id="default")["safetyLever"]["state"]["status"] == "engaged"
    assert state(fis, run)["status"] == "stopping"
    later = fis.start_experiment(clientToken="later", experimentTemplateId=made["id"])["experiment"]
    assert later["state"]["status"] == "cancelled"


def test_a_person_stops_it_once(fis: Any, role: str, auto: Any) -> None:
    made = make(fis, role)
    run = start(fis, made)
    assert start(fis, made) == run
    fis.stop_experiment(id=run)
    assert run_trail(fis, run, "stopped")[-1] == "stopped"
    with refused("ValidationException", "cannot be stopped"):
        fis.stop_experiment(id=run)
    assert [e["id"] for e in fis.list_experiments(experimentTemplateId=made["id"])["experiments"]] == [run]


def test_each_step_is_written_to_the_log_group(fis: Any, role: str, auto: Any) -> None:
    logs = auto.client("logs")
    logs.create_log_group(logGroupName="/drills")
    group = logs.describe_log_groups(logGroupNamePrefix="/drills")["logGroups"][0]["arn"]
    log = {"logSchemaVersion": 2, "cloudWatchLogsConfiguration": {"logGroupArn": group}}
    run = start(fis, make(fis, role, logConfiguration=log))
    run_trail(fis, run, "completed")
    events = logs.filter_log_events(logGroupName="/drills")["events"]
    written = [json.loads(event["message"]) for event in events]
    assert [event["log_type"] for event in written] == [
        "experiment-start", "target-resolution-end", "action-start", "action-end", "experiment-end",
    ]  # fmt: skip
    assert {event["id"] for event in written} == {run}


def reported(account: str, dashboards: tuple[str, ...] = ("payments",)) -> dict[str, Any]:
    """A configuration whose bucket is the account's: bucket names are the world's."""
    arns = [f"arn:aws:cloudwatch::{account}:dashboard/{name}" for name in dashboards]
    return {
        "outputs": {"s3Configuration": {"bucketName": f"drills-of-{account}", "prefix": "drills/weekly"}},
        "dataSources": {"cloudWatchDashboards": [{"dashboardIdentifier": arn} for arn in arns]},
        "preExperimentDuration": "PT10M",
        "postExperimentDuration": "PT20M",
    }


def report_of(fis: Any, run: str) -> dict[str, Any]:
    return fis.get_experiment(id=run)["experiment"]["experimentReport"]


def report_trail(fis: Any, run: str, last: str) -> list[str]:
    return trail(lambda: report_of(fis, run)["state"]["status"], last)


@pytest.fixture
def bucket(auto: Any) -> str:
    """The bucket of reports, and the dashboard that they show."""
    auto.client("cloudwatch").put_dashboard(DashboardName="payments", DashboardBody='{"widgets": []}')
    name = f"drills-of-{auto.account}"
    auto.client("s3").create_bucket(Bucket=name)
    return name


def test_the_report_comes_when_what_follows_is_over(fis: Any, auto: Any, bucket: str) -> None:
    role = make_role(auto, "reporter", "s3:PutObject", "cloudwatch:GetDashboard", "cloudwatch:GetMetricWidgetImage")
    made = make(fis, role, experimentReportConfiguration=reported(auto.account))
    assert made["experimentReportConfiguration"] == reported(auto.account)
    run = start(fis, made)
    assert report_trail(fis, run, "completed") == ["pending", "running", "completed"]
    (listed,) = auto.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"drills/weekly/{run}/")["Contents"]
    assert [r["arn"] for r in report_of(fis, run)["s3Reports"]] == [f"arn:aws:s3:::{bucket}/{listed['Key']}"]


@pytest.mark.parametrize("missing", ["s3:PutObject", "cloudwatch:GetDashboard", "cloudwatch:GetMetricWidgetImage"])
def test_a_report_needs_rights_and_fails_without_the_experiment(
    fis: Any, auto: Any, bucket: str, missing: str
) -> None:
    rights = {"s3:PutObject", "cloudwatch:GetDashboard", "cloudwatch:GetMetricWidgetImage"} - {missing}
    role = make_role(auto, "reporter", *sorted(rights))
    run = start(fis, make(fis, role, experimentReportConfiguration=reported(auto.account)))
    assert report_trail(fis, run, "failed")[-1] == "failed"
    assert missing in report_of(fis, run)["state"]["reason"]
    assert state(fis, run)["status"] == "completed"
    assert "Contents" not in auto.client("s3").list_objects_v2(Bucket=bucket)


def test_a_report_needs_its_bucket(fis: Any, auto: Any) -> None:
    role = make_role(auto, "reporter", "s3:PutObject")
    run = start(fis, make(fis, role, experimentReportConfiguration=reported(auto.account, ())))
    assert report_trail(fis, run, "failed")[-1] == "failed"
    assert report_of(fis, run)["state"]["error"]["code"] == "NoSuchBucket"


def test_a_dashboard_is_named_by_its_arn(fis: Any, auto: Any, role: str) -> None:
    wrong = reported(auto.account) | {"dataSources": {"cloudWatchDashboards": [{"dashboardIdentifier": "payments"}]}}
    with refused("ValidationException", "ARN of a dashboard"):
        make(fis, role, experimentReportConfiguration=wrong)


def test_what_the_service_can_do_is_listed(fis: Any) -> None:
    assert "aws:rds:failover-db-cluster" in {action["id"] for action in fis.list_actions()["actions"]}
    reboot = fis.get_action(id="aws:rds:reboot-db-instances")["action"]
    assert reboot["parameters"] == {"forceFailover": {"description": "forceFailover", "required": False}}
    assert {"resourceType": "aws:rds:cluster", "description": "aws:rds:cluster"} in fis.list_target_resource_types()[
        "targetResourceTypes"
    ]
    assert "writerAvailabilityZoneIdentifiers" in fis.get_target_resource_type(resourceType="aws:rds:cluster")[
        "targetResourceType"
    ]["parameters"]  # fmt: skip
    with refused("ResourceNotFoundException"):
        fis.get_action(id="aws:rds:explode")


def test_tags_come_and_go(fis: Any, role: str) -> None:
    arn = make(fis, role)["arn"]
    fis.tag_resource(resourceArn=arn, tags={"a": "1"})
    fis.untag_resource(resourceArn=arn, tagKeys=["harecon:id"])
    assert fis.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1"}
    with refused("ResourceNotFoundException"):
        fis.list_tags_for_resource(resourceArn=arn + "x")

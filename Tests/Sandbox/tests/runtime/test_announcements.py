# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

from .conftest import Live

SENDERS = {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}
SENDS = {"Effect": "Allow", "Principal": SENDERS, "Action": "sqs:SendMessage"}
LETS_ALARMS = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish"}


def listen(live: Live, source: str) -> None:
    events = live.client("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule="all", Targets=[{"Id": "q", "Arn": live.queue("heard", SENDS)}])


def heard(live: Live) -> list[dict[str, Any]]:
    live.settle()
    found = [json.loads(message["Body"]) for message in live.messages("heard")]
    return sorted(found, key=lambda event: event["time"])


def test_an_alarm_tells_the_bus_and_its_topic_of_its_state(live: Live) -> None:
    listen(live, "aws.cloudwatch")
    sns, cloudwatch = live.client("sns"), live.client("cloudwatch")
    topic = sns.create_topic(Name="t")["TopicArn"]
    policy = {"Version": "2012-10-17", "Statement": [{**LETS_ALARMS, "Resource": topic}]}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=live.queue("told", SENDS))
    cloudwatch.put_metric_alarm(
        AlarmName="down", Namespace="shop", MetricName="Up", Statistic="Minimum", Period=10, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="LessThanThreshold", TreatMissingData="notBreaching", AlarmActions=[topic],
    )  # fmt: skip
    live.advance(20)
    live.settle()
    cloudwatch.put_metric_data(Namespace="shop", MetricData=[{"MetricName": "Up", "Value": 0, "StorageResolution": 1}])
    live.advance(20)
    good, bad = heard(live)
    assert [event["detail"]["state"]["value"] for event in (good, bad)] == ["OK", "ALARM"]
    assert bad["resources"] == [f"arn:aws:cloudwatch:us-east-1:{live.account}:alarm:down"]
    assert bad["detail"]["previousState"]["value"] == "OK"
    (message,) = live.messages("told")
    told = json.loads(json.loads(message["Body"])["Message"])
    assert (told["AlarmName"], told["NewStateValue"], told["OldStateValue"]) == ("down", "ALARM", "OK")


def test_a_topic_that_does_not_let_alarms_in_is_a_failed_action(live: Live) -> None:
    sns, cloudwatch = live.client("sns"), live.client("cloudwatch")
    topic = sns.create_topic(Name="t")["TopicArn"]
    other = {**LETS_ALARMS, "Principal": {"Service": "events.amazonaws.com"}, "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [other]})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    cloudwatch.put_metric_alarm(
        AlarmName="a", Namespace="shop", MetricName="Up", Statistic="Minimum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="LessThanThreshold", TreatMissingData="breaching", AlarmActions=[topic],
    )  # fmt: skip
    live.advance(120)
    live.settle()
    (line,) = cloudwatch.describe_alarm_history(AlarmName="a", HistoryItemType="Action")["AlarmHistoryItems"]
    assert line["HistorySummary"] == f"Failed to execute action {topic}"


def test_databases_tell_of_their_failovers_by_number(live: Live) -> None:
    listen(live, "aws.rds")
    ec2, rds = live.client("ec2"), live.client("rds")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    live.advance(60)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{i}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for i, zone in enumerate(("us-east-1a", "us-east-1b", "us-east-1c"))
    ]
    live.advance(60)
    rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="g", SubnetIds=subnets)
    rds.create_db_cluster(
        DBClusterIdentifier="c", Engine="aurora-postgresql", MasterUsername="postgres", ManageMasterUserPassword=True,
        DBSubnetGroupName="g",
    )  # fmt: skip
    live.advance(600)
    for name in ("one", "two"):
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBClusterIdentifier="c", Engine="aurora-postgresql",
            DBInstanceClass="db.r6g.large",
        )  # fmt: skip
    live.advance(900)
    live.settle()
    rds.failover_db_cluster(DBClusterIdentifier="c")
    live.advance(120)
    found = {event["detail"]["EventID"]: event for event in heard(live)}
    assert {"RDS-EVENT-0170", "RDS-EVENT-0005", "RDS-EVENT-0071"} <= found.keys()
    done = found["RDS-EVENT-0071"]
    assert done["detail-type"] == "RDS DB Cluster Event" and done["detail"]["SourceType"] == "CLUSTER"
    assert done["resources"] == [f"arn:aws:rds:us-east-1:{live.account}:cluster:c"]
    assert done["detail"]["EventCategories"] == ["failover"]

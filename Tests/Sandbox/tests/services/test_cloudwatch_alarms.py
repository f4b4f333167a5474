# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from .conftest import refused

LAG: dict[str, Any] = {
    "AlarmName": "payments-lag", "Namespace": "AWS/RDS", "MetricName": "AuroraReplicaLagMaximum",
    "Statistic": "Maximum", "Dimensions": [{"Name": "DBClusterIdentifier", "Value": "payments"}], "Period": 60, "EvaluationPeriods": 3,
    "Threshold": 1000.0, "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip
QUERY = {"Id": "m1", "MetricStat": {"Metric": {"Namespace": "a", "MetricName": "b"}, "Period": 60, "Stat": "Sum"}}


@pytest.fixture
def cloudwatch(aws: Any) -> Any:
    return aws.client("cloudwatch")


def alarm(cloudwatch: Any, name: str = "payments-lag") -> dict[str, Any]:
    (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def without(*members: str) -> dict[str, Any]:
    return {key: value for key, value in LAG.items() if key not in members}


def test_alarm_begins_without_data_and_keeps_its_state_when_it_is_put_again(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**LAG, AlarmDescription="lag", Tags=[{"Key": "a", "Value": "1"}])
    seen = alarm(cloudwatch)
    assert (seen["StateValue"], seen["ActionsEnabled"], seen["OKActions"]) == ("INSUFFICIENT_DATA", True, [])
    assert "TreatMissingData" not in seen and "Tags" not in seen
    cloudwatch.set_alarm_state(AlarmName="payments-lag", StateValue="ALARM", StateReason="a test")
    cloudwatch.put_metric_alarm(**{**LAG, "Threshold": 5.5}, Tags=[{"Key": "b", "Value": "2"}])
    seen = alarm(cloudwatch)
    assert (seen["StateValue"], seen["Threshold"]) == ("ALARM", 5.5)
    assert "AlarmDescription" not in seen, "a put leaves nothing of what it does not say"
    tags = cloudwatch.list_tags_for_resource(ResourceARN=seen["AlarmArn"])["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}], "a put that updates ignores tags"


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"Period": 7}, "multiple of 60"),
        ({"Period": 90}, "multiple of 60"),
        ({"EvaluationPeriods": 1441}, "across more than"),
        ({"DatapointsToAlarm": 4}, "DatapointsToAlarm"),
        ({"TreatMissingData": "guess"}, "TreatMissingData"),
        ({"ExtendedStatistic": "p99"}, "Exactly one of Statistic"),
        ({"Metrics": [QUERY]}, "Exactly one of MetricName"),
        ({"AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:topic"]}, "Invalid region"),
        ({"AlarmActions": ["topic"]}, "Invalid arn"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "percentiles"),
    ],
)
def test_alarm_that_makes_no_sense_is_refused(cloudwatch: Any, changed: dict[str, Any], text: str) -> None:
    with refused("ValidationError", text):
        cloudwatch.put_metric_alarm(**{**LAG, **changed})
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    "missing",
    ["Namespace", "Statistic", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator", "MetricName"],
)
def test_alarm_needs_all_of_its_parts(cloudwatch: Any, missing: str) -> None:
    with refused("ValidationError"):
        cloudwatch.put_metric_alarm(**without(missing))


def test_percentiles_and_short_periods_are_taken(cloudwatch: Any) -> None:
    given = {**without("Statistic"), "ExtendedStatistic": "p99.9", "Period": 10}
    cloudwatch.put_metric_alarm(**given, EvaluateLowSampleCountPercentile="ignore")
    assert alarm(cloudwatch)["ExtendedStatistic"] == "p99.9"
    with refused("ValidationError", "extended statistic"):
        cloudwatch.put_metric_alarm(**{**given, "ExtendedStatistic": "p101"})


def test_metric_math_watches_one_line(cloudwatch: Any) -> None:
    base = without("MetricName", "Namespace", "Dimensions", "Statistic", "Period")
    rate = {"Id": "e1", "Expression": "m1 * 2"}
    cloudwatch.put_metric_alarm(**base, Metrics=[{**QUERY, "ReturnData": False}, rate])
    seen = alarm(cloudwatch)
    assert [query["Id"] for query in seen["Metrics"]] == ["m1", "e1"] and "MetricName" not in seen
    wrong = [
        ([QUERY, rate], "one element"),
        ([{**QUERY, "Id": "M1"}], "lower case"),
        ([{"Id": "e1", "Expression": "SEARCH('x', 'Sum')"}], "SEARCH"),
        ([{"Id": "e1"}], "either MetricStat or Expression"),
    ]
    for metrics, text in wrong:
        with refused("ValidationError", text):
            cloudwatch.put_metric_alarm(**base, Metrics=metrics)


def test_alarms_are_found_by_name_prefix_state_and_action(cloudwatch: Any) -> None:
    topic = "arn:aws:sns:us-east-1:111122223333:critical"
    for name in ("a-1", "a-2", "b-1"):
        cloudwatch.put_metric_alarm(**{**LAG, "AlarmName": name}, AlarmActions=[topic] if name == "b-1" else [])

    def names(**given: Any) -> list[str]:
        return [a["AlarmName"] for a in cloudwatch.describe_alarms(**given)["MetricAlarms"]]

    assert names(AlarmNamePrefix="a-") == ["a-1", "a-2"]
    assert names(AlarmNames=["b-1", "none"]) == ["b-1"]
    assert names(ActionPrefix="arn:aws:sns") == ["b-1"]
    assert names(StateValue="OK") == [] and names(AlarmTypes=["CompositeAlarm"]) == []
    with refused("ValidationError", "mutually exclusive"):
        names(AlarmNames=["a-1"], AlarmNamePrefix="a")


def test_alarms_come_in_pages(cloudwatch: Any) -> None:
    for name in ("a-1", "a-2", "a-3"):
        cloudwatch.put_metric_alarm(**{**LAG, "AlarmName": name})
    first = cloudwatch.describe_alarms(MaxRecords=2)
    second = cloudwatch.describe_alarms(MaxRecords=2, NextToken=first["NextToken"])
    assert [a["AlarmName"] for a in first["MetricAlarms"] + second["MetricAlarms"]] == ["a-1", "a-2", "a-3"]
    assert "NextToken" not in second


def test_delete_removes_what_is_there_and_tells_of_the_rest(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**LAG)
    with refused("ResourceNotFound", "none"):
        cloudwatch.delete_alarms(AlarmNames=["payments-lag", "none"])
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_actions_are_switched_off_and_on(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**LAG)
    cloudwatch.disable_alarm_actions(AlarmNames=["payments-lag", "none"])
    assert alarm(cloudwatch)["ActionsEnabled"] is False
    cloudwatch.enable_alarm_actions(AlarmNames=["payments-lag"])
    assert alarm(cloudwatch)["ActionsEnabled"] is True


def test_tags_are_added_and_taken_away(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**LAG, Tags=[{"Key": "a", "Value": "1"}])
    arn = alarm(cloudwatch)["AlarmArn"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    with refused("ResourceNotFoundException"):
        cloudwatch.list_tags_for_resource(ResourceARN=f"{arn}-none")
    with refused("InvalidParameterValue", "reserved"):
        cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "aws:x", "Value": "1"}])


def test_tagging_api_lists_alarms(cloudwatch: Any, aws: Any) -> None:
    cloudwatch.put_metric_alarm(**LAG, Tags=[{"Key": "harecon:stack", "Value": "payments"}])
    aws.advance(10)
    tagging = aws.client("resourcegroupstaggingapi")
    found = tagging.get_resources(ResourceTypeFilters=["cloudwatch:alarm"])["ResourceTagMappingList"]
    assert [mapping["ResourceARN"] for mapping in found] == [alarm(cloudwatch)["AlarmArn"]]
    tagging.tag_resources(ResourceARNList=[found[0]["ResourceARN"]], Tags={"team": "dbre"})
    tags = cloudwatch.list_tags_for_resource(ResourceARN=found[0]["ResourceARN"])["Tags"]
    assert {"Key": "team", "Value": "dbre"} in tags

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from harecon_sandbox.services.cloudwatch.evaluation import judge

from .conftest import refused

DIMENSIONS = [{"Name": "Role", "Value": "WRITER"}]
MEANING = {"0": False, "X": True, "-": None}


@pytest.fixture
def cloudwatch(aws: Any) -> Any:
    aws.control("clock", {"freeze": True})
    now = aws.control("clock")["now"]
    aws.advance(600 - now % 600)
    return aws.client("cloudwatch")


def put(cloudwatch: Any, *values: float, **more: Any) -> None:
    datum = {"MetricName": "Failures", "Dimensions": DIMENSIONS, "Values": list(values), **more}
    cloudwatch.put_metric_data(Namespace="harecon", MetricData=[datum])


def watch(cloudwatch: Any, name: str = "a", **more: Any) -> None:
    cloudwatch.put_metric_alarm(**{
        "AlarmName": name, "Namespace": "harecon", "MetricName": "Failures", "Dimensions": DIMENSIONS, "Period": 60,
        "Statistic": "Maximum", "EvaluationPeriods": 2, "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", **more,
    })  # fmt: skip


def state(cloudwatch: Any, name: str = "a") -> str:
    found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
    return str(alarm["StateValue"])


@pytest.mark.parametrize(
    ("points", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0-X-X", "OK", "OK", "OK", "OK"),
        ("----0", "OK", "OK", "OK", "OK"),
        ("-----", "INSUFFICIENT_DATA", None, "ALARM", "OK"),
        ("0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("--X--", "ALARM", None, "ALARM", "OK"),
    ],
)
def test_missing_data_count_as_in_the_user_guide(
    points: str, missing: str, ignore: str | None, breaching: str, not_breaching: str
) -> None:
    """The table "Configuring how CloudWatch alarms treat missing data" for 3 of 3, oldest first."""
    seen = [MEANING[char] for char in reversed(points)]
    verdicts = [judge(seen, 3, 3, how) for how in ("missing", "ignore", "breaching", "notBreaching")]
    assert verdicts == [missing, ignore, breaching, not_breaching]


def test_alarm_rises_and_falls_with_its_data(cloudwatch: Any, aws: Any) -> None:
    watch(cloudwatch, AlarmActions=["arn:aws:sns:us-east-1:111122223333:critical"])
    assert state(cloudwatch) == "INSUFFICIENT_DATA"
    seen = []
    for value in (0, 1, 1, 1, 0):
        put(cloudwatch, value)
        aws.advance(60)
        seen.append(state(cloudwatch))
    assert seen == ["OK", "OK", "ALARM", "ALARM", "OK"]
    history = cloudwatch.describe_alarm_history(AlarmName="a", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert [line["HistorySummary"] for line in history][::-1] == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
    ]
    actions = cloudwatch.describe_alarm_history(AlarmName="a", HistoryItemType="Action")["AlarmHistoryItems"]
    assert len(actions) == 1, "actions run once, when the state changes"


def test_one_of_three_is_enough_when_asked_for(cloudwatch: Any, aws: Any) -> None:
    watch(cloudwatch, EvaluationPeriods=3, DatapointsToAlarm=1)
    for value in (0, 1, 0):
        put(cloudwatch, value)
        aws.advance(60)
    assert state(cloudwatch) == "ALARM"


def test_ten_seconds_are_seen_of_high_resolution_alone(cloudwatch: Any, aws: Any) -> None:
    watch(cloudwatch, "fine", Period=10, EvaluationPeriods=1)
    put(cloudwatch, 1)
    aws.advance(10)
    assert state(cloudwatch, "fine") == "INSUFFICIENT_DATA"
    put(cloudwatch, 1, StorageResolution=1)
    aws.advance(10)
    assert state(cloudwatch, "fine") == "ALARM"


def test_silence_breaches_later_than_after_its_periods(cloudwatch: Any, aws: Any) -> None:
    watch(cloudwatch, EvaluationPeriods=1, TreatMissingData="breaching")
    put(cloudwatch, 0)
    aws.advance(60)
    seen = []
    for _ in range(4):
        seen.append(state(cloudwatch))
        aws.advance(60)
    assert seen == ["OK", "OK", "OK", "ALARM"]


def warm_up(minutes: int, **more: bool) -> dict[str, Any]:
    return {"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": minutes, **more}}


def test_silence_is_no_news_while_an_alarm_warms_up(cloudwatch: Any, aws: Any) -> None:
    watch(cloudwatch, TreatMissingData="breaching", **warm_up(5))
    seen = []
    for _ in range(6):
        aws.advance(60)
        seen.append(state(cloudwatch))
    assert seen == ["INSUFFICIENT_DATA"] * 4 + ["ALARM"] * 2
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"]
    assert alarm["WarmUpConfiguration"] == {"WarmUpPeriodDurationInMinutes": 5}


def test_data_that_fill_the_window_end_the_warm_up_for_ever(cloudwatch: Any, aws: Any) -> None:
    watch(cloudwatch, TreatMissingData="breaching", **warm_up(60))
    seen = []
    for value in (1, 1, 0, 0):
        put(cloudwatch, value)
        aws.advance(60)
        seen.append(state(cloudwatch))
    assert seen == ["INSUFFICIENT_DATA", "ALARM", "OK", "OK"], "one point does not fill a window of two"
    watch(cloudwatch, TreatMissingData="breaching", **warm_up(120))
    aws.advance(240)
    assert state(cloudwatch) == "ALARM", "another length begins no second warm-up"


def test_who_wants_the_whole_warm_up_gets_it(cloudwatch: Any, aws: Any) -> None:
    watch(cloudwatch, **warm_up(4, OnlyStartEvaluatingAfterWarmUpPeriodEnds=True))
    seen = []
    for _ in range(4):
        put(cloudwatch, 1)
        aws.advance(60)
        seen.append(state(cloudwatch))
    assert seen == ["INSUFFICIENT_DATA"] * 3 + ["ALARM"]


def test_composite_follows_and_its_suppressor_keeps_it_quiet(cloudwatch: Any, aws: Any) -> None:
    watch(cloudwatch, EvaluationPeriods=1)
    watch(cloudwatch, "drill", MetricName="Drill", TreatMissingData="ignore")
    cloudwatch.put_composite_alarm(
        AlarmName="page", AlarmRule="ALARM(a)", AlarmActions=["arn:aws:sns:us-east-1:111122223333:critical"],
        ActionsSuppressor="drill", ActionsSuppressorWaitPeriod=60, ActionsSuppressorExtensionPeriod=120,
    )  # fmt: skip
    assert state(cloudwatch, "page") == "OK"

    def told() -> int:
        asked = {"AlarmName": "page", "HistoryItemType": "Action", "AlarmTypes": ["CompositeAlarm"]}
        return len(cloudwatch.describe_alarm_history(**asked)["AlarmHistoryItems"])

    cloudwatch.set_alarm_state(AlarmName="drill", StateValue="ALARM", StateReason="a drill")
    put(cloudwatch, 1)
    aws.advance(60)
    assert (state(cloudwatch, "page"), told()) == ("ALARM", 0)
    cloudwatch.set_alarm_state(AlarmName="drill", StateValue="OK", StateReason="over")
    for value in (0, 0, 1):
        put(cloudwatch, value)
        aws.advance(60)
    assert (state(cloudwatch, "page"), told()) == ("ALARM", 1)


def test_composite_names_only_alarms_that_are_there_and_keeps_them(cloudwatch: Any) -> None:
    with refused("ValidationError", "in the alarm rule do not exist"):
        cloudwatch.put_composite_alarm(AlarmName="page", AlarmRule="ALARM(none)")
    watch(cloudwatch)
    for rule in ("ALARM(a", "SOMETIMES(a)", "ALARM(a) OR", ""):
        if rule:
            with refused("ValidationError", "AlarmRule"):
                cloudwatch.put_composite_alarm(AlarmName="page", AlarmRule=rule)
    with refused("ValidationError", "together"):
        cloudwatch.put_composite_alarm(AlarmName="page", AlarmRule="ALARM(a)", ActionsSuppressor="a")
    cloudwatch.put_composite_alarm(AlarmName="page", AlarmRule="ALARM(a) OR NOT (OK(a) AND TRUE)")
    with refused("ValidationError", "composite alarm"):
        cloudwatch.delete_alarms(AlarmNames=["a"])
    assert cloudwatch.describe_alarms()["CompositeAlarms"] == [], "only who asks for them is told of composite alarms"
    cloudwatch.delete_alarms(AlarmNames=["page"])
    cloudwatch.delete_alarms(AlarmNames=["a"])


def test_metric_math_is_calculated(cloudwatch: Any, aws: Any) -> None:
    def query(name: str, metric: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": "harecon", "MetricName": metric}, "Period": 60, "Stat": "Sum"}
        return {"Id": name, "MetricStat": stat, "ReturnData": False}

    rate = {"Id": "e1", "Expression": "IF(m2 > 0, 100 * m1 / m2, 0)"}
    cloudwatch.put_metric_alarm(
        AlarmName="a", Metrics=[query("m1", "Errors"), query("m2", "Calls"), rate], EvaluationPeriods=1, Threshold=10.0,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    for errors, expected in ((1, "OK"), (3, "ALARM")):
        data = [{"MetricName": "Errors", "Value": errors}, {"MetricName": "Calls", "Value": 20}]
        cloudwatch.put_metric_data(Namespace="harecon", MetricData=data)
        aws.advance(60)
        assert state(cloudwatch) == expected


def test_namespace_of_aws_is_reserved_unless_a_test_is_aws(cloudwatch: Any, aws: Any) -> None:
    data = [{"MetricName": "AuroraReplicaLag", "Value": 5.0}]
    with refused("InvalidParameterValue", "reserved"):
        cloudwatch.put_metric_data(Namespace="AWS/RDS", MetricData=data)
    aws.settings(aws_metrics=True)
    cloudwatch.put_metric_data(Namespace="AWS/RDS", MetricData=data)
    assert [m["MetricName"] for m in cloudwatch.list_metrics(Namespace="AWS/RDS")["Metrics"]] == ["AuroraReplicaLag"]

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from .conftest import Network, refused
from .test_route53 import change, make_zone

ENDPOINT = {
    "Type": "HTTPS_STR_MATCH", "FullyQualifiedDomainName": "health.example.com", "ResourcePath": "/secret",
    "SearchString": "OK", "RequestInterval": 10, "FailureThreshold": 2,
}  # fmt: skip


@pytest.fixture
def route53(auto: Any) -> Any:
    return auto.client("route53")


def make(route53: Any, reference: str = "one", **config: Any) -> dict[str, Any]:
    answer = route53.create_health_check(CallerReference=reference, HealthCheckConfig=config or ENDPOINT)
    return answer["HealthCheck"]


def test_a_reference_is_given_once(route53: Any) -> None:
    check = make(route53)
    assert make(route53)["Id"] == check["Id"]
    with refused("HealthCheckAlreadyExists"):
        make(route53, **{**ENDPOINT, "FailureThreshold": 3})
    route53.delete_health_check(HealthCheckId=check["Id"])
    with refused("HealthCheckAlreadyExists"):
        make(route53)
    assert make(route53, "two")["HealthCheckConfig"]["EnableSNI"] is True


def test_an_update_names_the_version_and_changes_what_it_names(route53: Any) -> None:
    check = make(route53)
    changed = route53.update_health_check(
        HealthCheckId=check["Id"], HealthCheckVersion=1, FailureThreshold=3, ResetElements=["ResourcePath"]
    )["HealthCheck"]
    assert changed["HealthCheckVersion"] == 2
    assert changed["HealthCheckConfig"]["FailureThreshold"] == 3
    assert changed["HealthCheckConfig"]["SearchString"] == "OK"
    assert "ResourcePath" not in changed["HealthCheckConfig"]
    with refused("HealthCheckVersionMismatch"):
        route53.update_health_check(HealthCheckId=check["Id"], HealthCheckVersion=1, FailureThreshold=1)


def test_what_cannot_work_is_refused(route53: Any) -> None:
    for config, text in (
        ({**ENDPOINT, "RequestInterval": 17}, "RequestInterval"),
        ({**ENDPOINT, "IPAddress": "10.0.0.1"}, "private"),
        ({"Type": "HTTPS", "FullyQualifiedDomainName": "a.example.com", "SearchString": "OK"}, "SearchString"),
        ({"Type": "HTTP", "FullyQualifiedDomainName": "a.example.com", "EnableSNI": True}, "EnableSNI"),
        ({"Type": "CALCULATED", "RequestInterval": 10}, "RequestInterval"),
        ({"Type": "CLOUDWATCH_METRIC"}, "AlarmIdentifier"),
    ):
        with refused("InvalidInput", text):
            make(route53, "odd", **config)


def test_a_check_that_another_sums_up_stays(route53: Any) -> None:
    child = make(route53)["Id"]
    parent = make(route53, "sum", Type="CALCULATED", ChildHealthChecks=[child], HealthThreshold=1)["Id"]
    with refused("HealthCheckInUse"):
        route53.delete_health_check(HealthCheckId=child)
    route53.delete_health_check(HealthCheckId=parent)
    route53.delete_health_check(HealthCheckId=child)
    with refused("NoSuchHealthCheck"):
        route53.delete_health_check(HealthCheckId=child)


def put_alarm(auto: Any, **changes: Any) -> None:
    auto.client("cloudwatch").put_metric_alarm(**{
        "AlarmName": "payments-capacity", "Namespace": "AWS/RDS", "MetricName": "ACUUtilization",
        "Statistic": "Average", "Period": 60, "EvaluationPeriods": 3, "Threshold": 90.0,
        "ComparisonOperator": "GreaterThanThreshold", **changes,
    })  # fmt: skip


def test_an_alarm_is_remembered_as_it_was_when_it_was_named(auto: Any, route53: Any) -> None:
    put_alarm(auto)
    alarm = {"Region": "us-east-1", "Name": "payments-capacity"}
    check = make(route53, Type="CLOUDWATCH_METRIC", AlarmIdentifier=alarm)
    assert check["CloudWatchAlarmConfiguration"]["Threshold"] == 90.0
    put_alarm(auto, Threshold=80.0)
    found = route53.get_health_check(HealthCheckId=check["Id"])["HealthCheck"]
    assert found["CloudWatchAlarmConfiguration"]["Threshold"] == 90.0
    changed = route53.update_health_check(HealthCheckId=check["Id"], AlarmIdentifier=alarm)["HealthCheck"]
    assert changed["CloudWatchAlarmConfiguration"]["Threshold"] == 80.0


@pytest.mark.parametrize(
    ("change_of_alarm", "text"),
    [({"Period": 10}, "high-resolution"), ({"DatapointsToAlarm": 2}, "M out of N")],
)
def test_alarms_that_route_53_cannot_read_are_refused(
    auto: Any, route53: Any, change_of_alarm: dict[str, Any], text: str
) -> None:
    put_alarm(auto, **change_of_alarm)
    alarm = {"Region": "us-east-1", "Name": "payments-capacity"}
    with refused("InvalidInput", text):
        make(route53, Type="CLOUDWATCH_METRIC", AlarmIdentifier=alarm)


def test_the_status_is_that_of_the_endpoint(auto: Any, route53: Any) -> None:
    check = make(route53)["Id"]
    def status() -> str:
        found = route53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
        return found[0]["StatusReport"]["Status"].partition(":")[0]
    assert status() == "Success"
    auto.control("settings", {"unhealthy": ["health.example.com"]})
    assert status() == "Failure"


def test_a_failover_pair_stands_and_nothing_else_beside_it(route53: Any, network: Network) -> None:
    zone = make_zone(route53, network)["HostedZone"]["Id"].removeprefix("/hostedzone/")
    check = make(route53)["Id"]

    def record(identifier: str, failover: str, **more: Any) -> dict[str, Any]:
        values = [{"Value": f"{identifier}.example.com"}]
        return {"SetIdentifier": identifier, "Failover": failover, "TTL": 5, "ResourceRecords": values, **more}

    name = "db.payments.internal"
    change(route53, zone, ("CREATE", name, "CNAME", record("primary", "PRIMARY", HealthCheckId=check)))
    change(route53, zone, ("CREATE", name, "CNAME", record("secondary", "SECONDARY")))
    with refused("InvalidChangeBatch", "same name and type"):
        change(route53, zone, ("CREATE", name, "CNAME", "simple.example.com"))
    with refused("InvalidChangeBatch", "Failover record PRIMARY"):
        change(route53, zone, ("CREATE", name, "CNAME", record("third", "PRIMARY")))
    with refused("NoSuchHealthCheck"):
        change(route53, zone, ("UPSERT", name, "CNAME", record("primary", "PRIMARY", HealthCheckId="none")))
    with refused("InvalidChangeBatch", "takes no health check"):
        simple = {"TTL": 5, "ResourceRecords": [{"Value": "a.example.com"}], "HealthCheckId": check}
        change(route53, zone, ("CREATE", "other.payments.internal", "CNAME", simple))
